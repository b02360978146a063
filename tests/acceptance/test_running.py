"""The running system when parts of it die, and when it is told to stop."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.acceptance.customer import Customer
from tests.system import System, running_system, stop

pytestmark = pytest.mark.slow

BACK_SECONDS = 60


def children(process_id: int) -> dict[str, int]:
    """Process ids of a launcher's children, by what they run."""
    names = {"postgres": "postgres", "rasa": "--auth-token", "actions": "actions", "worker": "worker", "web": "web"}
    found = {}
    for task in Path(f"/proc/{process_id}/task").iterdir():
        for child in (task / "children").read_text().split():
            try:
                words = Path(f"/proc/{child}/cmdline").read_text().split("\0")
            except (FileNotFoundError, ProcessLookupError):
                continue  # it has just ended
            for name, sign in names.items():
                if any(sign in word for word in words[:6]):
                    found.setdefault(name, int(child))
    return found


def eventually(true: Callable[[], bool], seconds: float = BACK_SECONDS) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.2)
    return False


def ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


@pytest.mark.parametrize("name", ["worker", "web", "actions", "postgres"])
def test_a_killed_process_is_started_again_and_the_customer_gets_an_answer(system: System, name: str) -> None:
    before = children(system.process.pid)

    os.kill(before[name], signal.SIGKILL)

    assert eventually(lambda: children(system.process.pid).get(name) not in (None, before[name]))
    assert eventually(lambda: ready(system.url))
    assert "Larkspur Plus costs" in Customer(system.url).say("how much is the membership?")
    assert "killed by SIGKILL" in system.log.read_text()


def test_told_to_stop_it_leaves_nothing_behind(tmp_path: Path) -> None:
    with running_system(tmp_path) as other:
        processes = children(other.process.pid)
        code = stop(other.process)

    assert code == 0
    assert set(processes) == {"postgres", "rasa", "actions", "worker", "web"}
    assert not [each for each in processes.values() if Path(f"/proc/{each}").exists()]
    assert "no training needed" in other.log.read_text()

"""The real system, started as `make run` starts it, for acceptance and browser tests and for benchmarks."""

import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from switchboard.settings import Settings

ROOT = Path(__file__).parent.parent

START_SECONDS = 600
"""Training included."""

STATUS_ANSWER = re.compile(
    r"Your order #12345 is currently being processed and is expected to ship by (?:tomorrow|today)\."
)
"""What is said of the demo shop's first order. Its dates are counted from the day the shop was made, and midnight may
have passed since."""


@dataclass(frozen=True)
class System:
    """A running Switchboard: its address, its settings, and the process that holds it."""

    url: str
    settings: Settings
    process: subprocess.Popen[bytes]
    log: Path


def free_ports(count: int) -> list[int]:
    """Neighbouring ports that nobody listens on now, drawn at random from those that no connection goes out from."""
    for _ in range(1_000):
        first = random.randrange(20_000, 30_000)
        if all(map(is_free, range(first, first + count))):
            return list(range(first, first + count))
    raise RuntimeError("No free ports.")


def is_free(port: int) -> bool:
    try:
        with socket.create_server(("127.0.0.1", port)):
            return True
    except OSError:
        return False


@contextmanager
def running_system(folder: Path, **variables: str) -> Iterator[System]:
    """Start everything on free ports with data in `folder`; stopped, all of it, at the end."""
    port, rasa_port, actions_port = free_ports(3)
    chosen = {
        "PORT": str(port),
        "RASA_PORT": str(rasa_port),
        "ACTIONS_PORT": str(actions_port),
        "DATA_DIR": str(folder / "data"),
        "ENV_FILE": str(folder / "env"),
        **variables,
    }
    log = folder / "up.txt"
    with log.open("wb") as output:
        command = [sys.executable, "-m", "switchboard", "up"]
        process = subprocess.Popen(command, cwd=ROOT, env=os.environ | chosen, stdout=output, stderr=output)
    try:
        wait_until_ready(process, log)
        yield System(f"http://127.0.0.1:{port}", Settings.load(chosen), process, log)
    finally:
        stop(process)


def wait_until_ready(process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while "Switchboard is ready" not in log.read_text():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"The system did not start:\n{log.read_text()[-3000:]}")
        time.sleep(0.2)


def stop(process: subprocess.Popen[bytes]) -> int:
    """End the system as ctrl-C does; returns its exit code."""
    process.send_signal(signal.SIGTERM)
    return process.wait(timeout=180)

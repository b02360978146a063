"""The supervisor with small children that stand in for the real programs."""

import contextlib
import io
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from switchboard.console import Console
from switchboard.errors import StartError
from switchboard.supervisor import Program, Supervisor

READY_SECONDS = 60
SLEEPER = "import time; print('up', flush=True); time.sleep(600)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
)
PARENT = f"""
import subprocess, sys, time
print(subprocess.Popen([sys.executable, '-c', {SLEEPER!r}], stdout=subprocess.DEVNULL).pid, flush=True)
time.sleep(600)
"""
HARNESS = """
import sys
from contextlib import suppress
from pathlib import Path
from switchboard import supervisor as module
from switchboard.console import Console
from switchboard.supervisor import Program, Stopped, Supervisor

module.STOP_SECONDS = float(sys.argv[2])
supervisor = Supervisor(Path(sys.argv[1]), Console())
with suppress(Stopped), supervisor.until_stopped():
    for number, code in enumerate(sys.argv[3:], 1):
        child = supervisor.start(Program(f"child{number}", [sys.executable, "-c", code]))
        print(f"pid {child.process.pid}", flush=True)
    supervisor.supervise()
print("all stopped", flush=True)
"""


class Launched:
    """The harness as a process of its own, with its output in a file."""

    def __init__(self, folder: Path, *codes: str, patience: float = 1.0) -> None:
        self.folder, self.output = folder, folder / "output"
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-c", HARNESS, str(folder), str(patience), *codes],
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.count = len(codes)
        wait_until(lambda: len(self.pids()) == self.count and all(self.logs(n) for n in range(1, self.count + 1)))

    def said(self) -> str:
        return self.output.read_text()

    def pids(self) -> list[int]:
        return [int(line.split()[1]) for line in self.said().splitlines() if line.startswith("pid ")]

    def logs(self, number: int) -> str:
        path = self.folder / f"child{number}.log"
        return path.read_text() if path.exists() else ""

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(READY_SECONDS)


@pytest.fixture
def launch(tmp_path):
    launched = []

    def start(*codes, **options):
        launched.append(Launched(tmp_path, *codes, **options))
        return launched[-1]

    yield start
    for one in launched:
        with contextlib.suppress(ProcessLookupError):
            one.process.kill()
        one.process.wait()


def wait_until(condition, seconds=READY_SECONDS):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    """Whether a process runs; one that nobody has buried yet doesn't."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_killed_child_is_restarted_and_the_log_says_which_and_why(launch):
    launched = launch(SLEEPER, SLEEPER)
    os.kill(launched.pids()[1], signal.SIGKILL)
    wait_until(lambda: "child2 is started again." in launched.said())
    assert "child2 ended after" in launched.said()
    assert "(killed by SIGKILL; last line: up); starting it again in 0.5 s." in launched.said()
    assert "child1" not in launched.said()


def test_a_child_that_keeps_failing_is_restarted_ever_more_slowly(launch):
    launched = launch("print('no luck', flush=True); raise SystemExit(3)")
    wait_until(lambda: "starting it again in 2.0 s." in launched.said())
    assert launched.said().count("(exit code 3; last line: no luck)") == 3


def test_sigterm_stops_all(launch):
    launched = launch(SLEEPER, SLEEPER)
    assert launched.end(signal.SIGTERM) == 0
    assert launched.said().endswith("all stopped\n")
    assert not any(map(alive, launched.pids()))


def test_ctrl_c_stops_all(launch):
    launched = launch(SLEEPER)
    assert launched.end(signal.SIGINT) == 0
    assert not alive(launched.pids()[0])


def test_a_child_that_ignores_sigterm_is_killed(launch):
    launched = launch(SLEEPER, STUBBORN)
    assert launched.end(signal.SIGTERM) == 0
    assert "child2 did not stop by itself and was killed." in launched.said()
    assert not any(map(alive, launched.pids()))


def test_a_second_ctrl_c_does_not_wait(launch):
    launched = launch(STUBBORN, patience=600)
    launched.process.send_signal(signal.SIGINT)
    wait_until(lambda: "Stopping" in launched.said())
    assert launched.end(signal.SIGINT) == 0


def test_a_killed_launcher_leaves_no_child(launch):
    launched = launch(SLEEPER, STUBBORN)
    launched.end(signal.SIGKILL)
    wait_until(lambda: not any(map(alive, launched.pids())))


def test_a_childs_own_children_end_with_it(launch):
    launched = launch(PARENT)
    grandchild = int(launched.logs(1))
    assert alive(grandchild)
    os.kill(launched.pids()[0], signal.SIGKILL)
    wait_until(lambda: not alive(grandchild))


def test_a_child_that_ends_before_the_system_is_ready_ends_it_all(tmp_path):
    supervisor = Supervisor(tmp_path, Console(io.StringIO()))
    why = r"two ended before it was ready \(exit code 3; last line: no luck\)"
    with pytest.raises(StartError, match=why), supervisor.until_stopped(), supervisor.console.step("Waiting") as step:
        one = supervisor.start(python("one", SLEEPER))
        supervisor.start(python("two", "print('no luck'); raise SystemExit(3)"))
        supervisor.wait(lambda: False, step, READY_SECONDS)
    assert not alive(one.process.pid)


def test_a_warning_is_not_the_reason_for_an_end(tmp_path):
    supervisor = Supervisor(tmp_path, Console(io.StringIO()))
    code = "print('no luck', flush=True); import warnings; warnings.warn('old'); raise SystemExit(3)"
    (tmp_path / "old.py").write_text(code)
    child = supervisor.start(Program("one", [sys.executable, str(tmp_path / "old.py")]))
    wait_until(child.ended)
    assert "UserWarning" in child.log.read_text()
    assert child.why() == "exit code 3; last line: no luck"


def test_waiting_has_an_end(tmp_path):
    supervisor = Supervisor(tmp_path, Console(io.StringIO()))
    with pytest.raises(StartError, match="took longer than 0 s"), supervisor.console.step("Waiting") as step:
        supervisor.wait(lambda: False, step, 0)


def test_a_program_that_cannot_be_started_again_is_tried_later(tmp_path):
    """Its `prepare` fails: the database's folder is gone, say."""
    said = io.StringIO()
    supervisor = Supervisor(tmp_path, Console(said))
    child = supervisor.start(python("one", "pass"))
    wait_until(child.ended)
    child.program = replace(child.program, prepare=refuse)
    supervisor.look_after(child, now=100)
    supervisor.look_after(child, now=101)
    assert "one could not be started (The folder is gone.); starting it again in 1.0 s." in said.getvalue()


def test_a_minute_of_health_makes_the_pause_short_again(tmp_path):
    said = io.StringIO()
    supervisor = Supervisor(tmp_path, Console(said))
    child = supervisor.start(python("one", "pass"))
    child.pause = 16.0
    wait_until(child.ended)
    supervisor.look_after(child, now=child.started + 60)
    assert "starting it again in 0.5 s." in said.getvalue()


def test_a_large_log_is_put_aside(tmp_path):
    log = tmp_path / "one.log"
    log.write_bytes(b"x" * (11 * 1024 * 1024))
    supervisor = Supervisor(tmp_path, Console(io.StringIO()))
    wait_until(supervisor.start(python("one", "print('new')")).ended)
    assert log.read_text() == "new\n"
    assert (tmp_path / "one.log.1").stat().st_size == 11 * 1024 * 1024


def python(name: str, code: str) -> Program:
    return Program(name, [sys.executable, "-c", code])


def refuse():
    raise StartError("The folder is gone.")

"""Runs programs as children, restarts the ones that end, and leaves none behind.

One thread and a poll loop. Each child leads a process group of its own, so that ctrl-C reaches only us, and has
a parent-death signal, so that not even a `kill -9` of this process leaves a child running.
"""

import ctypes
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from switchboard.console import Console, Step
from switchboard.errors import StartError

POLL_SECONDS = 0.1
STOP_SECONDS = 10.0
"""How long a child may take to end before it is killed."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
HEALTHY_SECONDS = 60.0
"""A child that ran this long starts with the shortest pause again."""
LARGEST_LOG = 10 * 1024 * 1024
TAIL_BYTES = 64 * 1024

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)
ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
WARNINGS = re.compile(r"^.*\.py:\d+: \w*Warning: .*\n(  .*\n)?", re.MULTILINE)
"""Python's warnings with the line of code they show: never the reason for an end."""


class Stopped(KeyboardInterrupt):
    """Somebody asked us to stop, with ctrl-C or a signal."""


@dataclass(frozen=True)
class Program:
    """What to run and how to end it."""

    name: str
    command: Sequence[str]
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    options: Mapping[str, Any] = field(default_factory=dict)
    """Further arguments of `subprocess.Popen`, such as `user`."""
    prepare: Callable[[], None] = lambda: None
    """Called before each start."""
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGKILL
    """What the kernel sends the program when we are gone."""


class Child:
    """A program and its present process."""

    def __init__(self, program: Program, log: Path) -> None:
        self.program, self.log = program, log
        self.pause = FIRST_PAUSE
        self.restart_at: float | None
        self.start()

    def start(self) -> None:
        """Start the program, its output at the end of its log."""
        self.program.prepare()
        rotate(self.log)
        self.started = time.monotonic()
        self.log_begin = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                list(self.program.command),
                **{
                    "stdin": subprocess.DEVNULL,
                    "stdout": log,
                    "stderr": subprocess.STDOUT,
                    "start_new_session": True,
                    "env": dict(self.program.environ),
                    "preexec_fn": die_with_parent(self.program.death_signal),
                    **self.program.options,
                },
            )
        self.restart_at = None

    @property
    def running(self) -> bool:
        return self.process.returncode is None

    def ended(self) -> bool:
        """Whether the process has ended; then nothing of its group is left either."""
        if not self.running:
            return True
        end = os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if end is None:
            return False
        self.send(signal.SIGKILL)
        self.process.wait()
        return True

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process and its group."""
        pid = self.process.pid
        with suppress(ProcessLookupError, PermissionError):  # only zombies are left in the group
            os.killpg(pid, number) if os.getpgid(pid) == pid else os.kill(pid, number)

    def lines(self) -> list[str]:
        """What this run has written last, without colours, blank lines and Python's warnings."""
        with self.log.open("rb") as log:
            log.seek(max(self.log_begin, self.log.stat().st_size - TAIL_BYTES))
            text = log.read().decode("utf-8", "replace")
        lines = (line.strip() for line in re.split(r"[\r\n]+", WARNINGS.sub("", ESCAPES.sub("", text))))
        return [line for line in lines if line]

    def why(self) -> str:
        """Why the process ended: the signal's name or the exit code, and its last line."""
        code = self.process.returncode
        how = f"exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"
        last = self.lines()[-1:]
        return f"{how}; last line: {last[0]}" if last else how


class Supervisor:
    """Children by name, in the order in which they were started.

    Args:
        logs: folder of one log file a program.
        console: where restarts are told.
    """

    def __init__(self, logs: Path, console: Console) -> None:
        self.logs, self.console = logs, console
        self.children: dict[str, Child] = {}
        self.stop_requested = self.hurry = False

    @contextmanager
    def until_stopped(self) -> Iterator[None]:
        """Within it, SIGINT, SIGTERM and SIGHUP end what is done; after it, no child is left.

        Raises:
            Stopped: one of the signals came.
        """
        before = {number: signal.signal(number, self._on_signal) for number in STOP_SIGNALS}
        try:
            yield
        except Stopped:
            self.console.say("Stopping …")
            raise
        finally:
            self.stop()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _on_signal(self, number: int, frame: object) -> None:
        """Only a second ctrl-C is impatience: `make` passes a SIGTERM on that we may have had already."""
        self.hurry = self.stop_requested and number == signal.SIGINT
        self.stop_requested = True

    def start(self, program: Program) -> Child:
        """Start a program that is meant to run until we stop."""
        child = Child(program, self.logs / f"{program.name}.log")
        self.children[program.name] = child
        return child

    def run(self, program: Program, watch: Callable[[Child], None] = lambda child: None) -> Child:
        """Run a program that ends by itself, calling `watch` with it many times a second; returns it when it has ended."""
        child = self.start(program)
        try:
            while not child.ended():
                self.pause(but_not=program.name)
                watch(child)
        finally:
            del self.children[program.name]
            end(child)
        return child

    def wait(self, ready: Callable[[], bool], step: Step, seconds: float, every: float = POLL_SECONDS) -> None:
        """Wait until `ready()`, asking `every` so many seconds.

        Raises:
            StartError: a child has ended, or it takes too long.
        """
        while not ready():
            if step.seconds > seconds:
                raise StartError(f"{step.what} took longer than {seconds:.0f} s; see the logs in {self.logs}.")
            asked = time.monotonic()
            while time.monotonic() < asked + every:
                self.pause()

    def pause(self, but_not: str = "") -> None:
        """Sleep a little while nothing is supposed to end.

        Raises:
            StartError: a child has ended.
            Stopped: somebody asked for it.
        """
        self._rest()
        for name, child in self.children.items():
            if name != but_not and child.ended():
                raise StartError(f"{name} ended before it was ready ({child.why()}). Its log is {child.log}.")

    def supervise(self) -> None:
        """Restart whatever ends, until somebody asks to stop."""
        while True:
            self._rest()
            for child in self.children.values():
                self.look_after(child, time.monotonic())

    def _rest(self) -> None:
        if self.stop_requested:
            raise Stopped
        time.sleep(POLL_SECONDS)

    def look_after(self, child: Child, now: float) -> None:
        """Notice an end, restart after the pause."""
        if child.restart_at is not None:
            if now >= child.restart_at:
                self._restart(child, now)
        elif child.ended():
            lived = now - child.started
            if lived >= HEALTHY_SECONDS:
                child.pause = FIRST_PAUSE
            self._postpone(child, now, f"ended after {lived:.1f} s ({child.why()})")

    def _restart(self, child: Child, now: float) -> None:
        try:
            child.start()
            self.console.say(f"{child.program.name} is started again.")
        except (StartError, OSError) as error:
            self._postpone(child, now, f"could not be started ({error})")

    def _postpone(self, child: Child, now: float, what: str) -> None:
        """Say what happened, and set the time of the next start."""
        self.console.say(f"{child.program.name} {what}; starting it again in {child.pause:.1f} s.")
        child.restart_at, child.pause = now + child.pause, min(child.pause * 2, LONGEST_PAUSE)

    def stop(self) -> None:
        """End all children, the last started first; a second ctrl-C kills at once."""
        for child in reversed(list(self.children.values())):
            if not end(child, lambda: self.hurry):
                self.console.say(f"{child.program.name} did not stop by itself and was killed.")
        self.children.clear()


def end(child: Child, hurry: Callable[[], bool] = lambda: False) -> bool:
    """End a child, by force if it takes too long or we are in a hurry; returns whether it ended by itself."""
    deadline = time.monotonic() + STOP_SECONDS
    if not child.ended():
        child.send(child.program.stop_signal)
    while not child.ended():
        if time.monotonic() > deadline or hurry():
            child.send(signal.SIGKILL)
            child.process.wait()
            return False
        time.sleep(POLL_SECONDS / 2)
    return True


def die_with_parent(number: signal.Signals) -> Callable[[], None]:
    """What a new child does before it becomes its program: ask for `number` when we die, even if that was just now."""
    parent = os.getpid()

    def ask() -> None:
        LIBC.prctl(PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:
            os._exit(1)

    return ask


def rotate(log: Path) -> None:
    """Put a log that has grown large aside."""
    if log.exists() and log.stat().st_size > LARGEST_LOG:
        log.replace(log.with_suffix(".log.1"))

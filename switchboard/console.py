"""What the launcher says while it works: whole lines, and one line that changes during a long step."""

import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TextIO

REMINDER_SECONDS = 10.0
"""How often a long step says where it is when there is no terminal to rewrite a line on."""


class Console:
    """Says things on `stream`, and keeps them in the file `log` where one is given."""

    def __init__(self, stream: TextIO | None = None, log: Path | None = None) -> None:
        self.stream = stream or sys.stdout
        self.log = log

    def say(self, text: str) -> None:
        """One line."""
        self._write(f"{self._clear}{text}\n")
        if self.log:
            with self.log.open("a", encoding="utf-8") as file:
                file.write(f"{datetime.now().astimezone().isoformat(timespec='seconds')} {text}\n")

    def rewrite(self, text: str) -> None:
        """A line that the next one takes the place of, cut to the terminal's width; for terminals only."""
        self._write(f"{self._clear}{text[: shutil.get_terminal_size().columns - 1]}")

    @property
    def terminal(self) -> bool:
        return self.stream.isatty()

    @property
    def _clear(self) -> str:
        return "\r\x1b[K" if self.terminal else ""

    def _write(self, text: str) -> None:
        """A reader that has gone away (`| head`) must not end what is being run."""
        try:
            self.stream.write(text)
            self.stream.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.stream.fileno())

    @contextmanager
    def step(self, what: str) -> Iterator["Step"]:
        """A long step: says that it began, shows where it is, says how long it took."""
        step = Step(self, what)
        step.show()
        yield step
        self.say(f"{what}: done in {step.seconds:.1f} s.")


class Step:
    """A long step under way."""

    def __init__(self, console: Console, what: str) -> None:
        self.console, self.what = console, what
        self.began = time.monotonic()
        self.shown_at = float("-inf")

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

    def show(self, where: str = "") -> None:
        """Show the seconds so far and `where` in the step we are; call it as often as you like."""
        line = f"{self.what} … {self.seconds:.0f} s" + (f", {where}" if where else "")
        if self.console.terminal:
            self.console.rewrite(line)
        elif self.seconds - self.shown_at >= REMINDER_SECONDS:
            self.shown_at = self.seconds
            self.console.say(line if self.seconds >= 1 else f"{self.what} …")

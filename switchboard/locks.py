"""One process at a time: a lock on a file, freed by the kernel when its holder ends, however it ends."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from switchboard.errors import StartError

SHARED: list[BinaryIO] = []
"""Files that this process holds: closing one would give up its lock."""


@contextmanager
def exclusive(path: Path, refusal: StartError) -> Iterator[None]:
    """Hold the lock on `path`.

    Raises:
        StartError: the `refusal`, when another process holds it.
    """
    with path.open("a", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise refusal from None
        yield


def share(path: Path) -> None:
    """Hold a lock on `path` together with others, until this process ends."""
    file = path.open("rb")
    fcntl.flock(file, fcntl.LOCK_SH)
    SHARED.append(file)


def is_shared(path: Path) -> bool:
    """Whether a process holds the file with `share`."""
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False

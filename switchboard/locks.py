"""One process at a time: a lock on a file, freed by the kernel when its holder ends, however it ends."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from switchboard.errors import StartError


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

"""How many messages wait in all: the measure of whether more can be taken."""

import threading
import time
from weakref import WeakKeyDictionary

from sqlalchemy import text
from sqlalchemy.engine import Connection, Engine

REFRESH_SECONDS = 1.0

WAITING = text("select coalesce(sum(waiting), 0) from switchboard.conversations where claimable_at is not null")


class Backlog:
    """An estimate of the waiting messages: counted once a second, and in between what this process has taken is added.

    Counting for each message would cost as much as the queue is long, just when it is long. So the estimate misses
    what others did within the second: limits that rely on it are exact to about a second's messages.
    """

    def __init__(self) -> None:
        self._waiting, self._counted = 0, -REFRESH_SECONDS
        self._lock = threading.Lock()

    def waiting(self, connection: Connection) -> int:
        """Messages that wait, as far as is known."""
        with self._lock:
            due = time.monotonic() >= self._counted + REFRESH_SECONDS
            if due:
                self._counted = time.monotonic()
        if due:
            self._waiting = int(connection.execute(WAITING).scalar_one())
        return self._waiting

    def taken(self) -> None:
        """One message more waits."""
        self._waiting += 1


_backlogs: "WeakKeyDictionary[Engine, Backlog]" = WeakKeyDictionary()


def backlog_of(connection: Connection) -> Backlog:
    """This process's estimate for the connection's database."""
    return _backlogs.setdefault(connection.engine, Backlog())

"""The sweep: a thread in every worker process, of which one at a time puts everything about people in order.

It looks at the rows, not at what happened: whatever was missed is found by the next sweep.
"""

import logging
import threading
from collections.abc import Callable

from sqlalchemy import text
from sqlalchemy.engine import Connection, Engine

from switchboard.conversations.changes import DESK
from switchboard.database.listen import Listener
from switchboard.errors import first_line
from switchboard.routing import sla
from switchboard.routing.arrivals import notice_next
from switchboard.routing.assignment import assign_next
from switchboard.routing.presence import expire
from switchboard.routing.teams import load_teams, store_teams
from switchboard.settings import Settings

log = logging.getLogger(__name__)

SWEEP_SECONDS = 1.0
"""How long something can stay unnoticed if its notification is lost."""

REST_SECONDS = 0.1
"""Between two sweeps, so that many notifications are one."""

TURN = text("select pg_try_advisory_xact_lock(20731003)")


class Router(threading.Thread):
    """Sweeps until stopped.

    Args:
        settings: the teams' file, and when a silent agent is away.
        engine: connections to the database; two at a time are used.

    Raises:
        StartError: the teams' file can't be used.
    """

    def __init__(self, settings: Settings, engine: Engine) -> None:
        super().__init__(name="router", daemon=True)
        self.settings, self.engine = settings, engine
        self.teams = load_teams(settings.teams_file)
        self.stopped = threading.Event()
        self._listener = Listener(settings, DESK, self._notice)
        self._due = threading.Event()
        self._stored = False

    def run(self) -> None:
        self._listener.start()
        while not self.stopped.is_set():
            self._due.clear()
            try:
                self.sweep()
            except Exception as error:  # mostly the database is away; a thread that ends here would be missed by nobody
                log.error("Conversations wait to be assigned: %s", first_line(error))
            self.stopped.wait(REST_SECONDS)
            self._due.wait(SWEEP_SECONDS)

    def stop(self) -> None:
        """Finish the sweep under way and begin no more."""
        self.stopped.set()
        self._due.set()
        self._listener.stop()
        if self.is_alive():
            self.join()

    def sweep(self) -> bool:
        """Put everything in order, unless another worker is doing it; returns whether it was our turn."""
        with self.engine.begin() as turn:
            if not turn.execute(TURN).scalar_one():
                return False
            self._store_teams()
            self._each(lambda connection: expire(connection, self.settings.agent_away_seconds))
            self._while(lambda connection: notice_next(connection, self.teams))
            self._each(lambda connection: sla.start_next_responses(connection, self.teams))
            self._each(sla.sweep)
            self._while(assign_next)
        return True

    def _store_teams(self) -> None:
        if not self._stored:
            self._each(lambda connection: store_teams(connection, self.teams))
            self._stored = True

    def _while(self, step: Callable[[Connection], object]) -> None:
        """Step by step, each in a transaction of its own, until there is nothing left to do."""
        while not self.stopped.is_set() and self._each(step):
            pass

    def _each(self, step: Callable[[Connection], object]) -> object:
        with self.engine.begin() as connection:
            return step(connection)

    def _notice(self, _payload: str) -> None:
        self._due.set()

"""What every request of the web process shares; made once, at start."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx
from sqlalchemy.engine import Engine
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from switchboard.escalation.rules import Rules
from switchboard.identity.checking import Identity
from switchboard.routing.teams import Teams
from switchboard.routing.waits import Flows
from switchboard.settings import Settings
from switchboard.turns.rasa import RasaClient
from switchboard.web.changes import Changes
from switchboard.web.typists import Typists

T = TypeVar("T")


@dataclass(frozen=True)
class Context:
    """The web process's parts."""

    settings: Settings
    engine: Engine
    rasa: RasaClient
    rules: Rules
    identity: Identity
    changes: Changes
    typists: Typists
    teams: Teams
    flows: Flows
    probe: httpx.AsyncClient

    async def transaction(self, work: Callable[..., T], *args: Any) -> T:
        """Call `work(connection, *args)` in a transaction of its own, in a thread."""
        return await run_in_threadpool(_within, self.engine, work, *args)

    async def snapshot(self, read: Callable[..., T], *args: Any) -> T:
        """As `transaction`, for reads that must fit together: all of them see the same state of the database."""
        engine = self.engine.execution_options(isolation_level="REPEATABLE READ")
        return await run_in_threadpool(_within, engine, read, *args)


def _within(engine: Engine, work: Callable[..., T], *args: Any) -> T:
    with engine.begin() as connection:
        return work(connection, *args)


def context(request: Request) -> Context:
    """The web process's parts, from a request."""
    parts: Context = request.app.state.context
    return parts

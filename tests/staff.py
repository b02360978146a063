"""Agents of a running system: hired for a test and gone after it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from sqlalchemy import text
from sqlalchemy.engine import Engine

from switchboard.conversations import holder
from switchboard.database.engine import make_engine
from switchboard.desk import sessions
from switchboard.settings import Settings
from tests.talking import hire, rows

WITH_PEOPLE = text("select conversation_id::text from switchboard.conversations where holder in ('queue', 'agent')")
HOLD = text("select 1 from shop.orders where number = :number for update")
BLOCKED = """
    select 1 from pg_stat_activity
     where datname = current_database() and wait_event_type = 'Lock' and cardinality(pg_blocking_pids(pid)) > 0
"""
ORDER_TO_CANCEL = """
    select o.number, c.email from shop.orders o join shop.customers c using (customer_id)
     where o.state = 'pending' and o.number !~ '^(12346|12347|67890|W1234567)$' order by o.number limit 1
"""
"""One that no other test is about, and its customer."""

OVERDUE = """
    update switchboard.sla_timers set started_at = now() - interval '1 h', warn_at = now(), due_at = now()
      from switchboard.handoffs h
     where h.handoff_id = sla_timers.handoff_id and h.conversation_id = :id and kind = 'first_response'
"""
"""Time has passed: the first response to a conversation is due."""

GONE = "update switchboard.agents set active = false, presence = 'away' where agent_id = any(:ids)"


class Staff:
    """Who works at the desk of a system. Nobody waits at the beginning, and nobody at the end.

    Attributes:
        engine: the system's database.
        url: the system's address.
    """

    def __init__(self, settings: Settings, url: str) -> None:
        self.engine: Engine = make_engine(settings, pool_size=5)
        self.url = url
        self._hired: list[int] = []

    def __enter__(self) -> "Staff":
        self._serve_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._serve_all()
        rows(self.engine, GONE, ids=self._hired)
        self.engine.dispose()

    def hire(self, name: str, *teams: str, **values: Any) -> int:
        """Somebody who takes conversations and is given none, unless they are said to be online; returns their id."""
        address = f"{name.lower()}-{uuid4().hex[:8]}@larkspur.example"
        agent_id = hire(self.engine, name, *teams, **{"presence": "busy", "email": address, **values})
        self._hired.append(agent_id)
        return agent_id

    def session(self, agent_id: int) -> str:
        """What an agent's browser has after signing in."""
        with self.engine.begin() as connection:
            return sessions.start(connection, agent_id, hours=1)

    def rows(self, statement: str, **values: Any) -> list[Any]:
        """What a statement on the system's database returns, as tuples; it is committed."""
        return rows(self.engine, statement, **values)

    @contextmanager
    def held_order(self, number: str) -> Iterator[None]:
        """Nobody can change an order until the block ends: whoever tries waits."""
        with self.engine.begin() as connection:
            connection.execute(HOLD, {"number": number})
            yield

    def waits_for_order(self) -> bool:
        """Whether somebody tries to change an order that is held."""
        return bool(self.rows(BLOCKED))

    def _serve_all(self) -> None:
        """Other tests leave conversations behind, which would be more urgent, or first in line."""
        with self.engine.begin() as connection:
            waiting = connection.execute(WITH_PEOPLE).scalars().all()
        for conversation in waiting:
            with self.engine.begin() as connection:
                holder.lock(connection, conversation)
                holder.close(connection, conversation)

"""Rasa's memory of conversations, in the same PostgreSQL as everything else.

Differs from Rasa's SQL store where that costs or loses: a conversation just saved is handed out again instead
of being replayed from its events, the current session is found by its first event instead of by comparing times
row by row, and two writers of one conversation are an error instead of lost events.
"""

import json
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import SQLTrackerStore, TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered, Event, SessionStarted
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.utils.common import all_subclasses
from sqlalchemy.engine import Connection
from sqlalchemy.orm import sessionmaker

from switchboard.components.recorded_turn import latest_turn
from switchboard.components.running_turn import RunningTurn, running_turn
from switchboard.connecting import CONNECT

KNOWN_CONVERSATIONS = 2_000
"""Conversations kept ready in memory, some 50 kB each."""

POOL_SIZE = 3
"""The store works in the event loop, so one connection is busy at a time."""

EVENT_TYPES: dict[str, type[Event]] = {c.type_name: c for c in all_subclasses(Event) if getattr(c, "type_name", None)}

LATEST = sa.text("select coalesce(max(id), 0) from events where sender_id = :sender")
SESSION = sa.text(f"""
    select id, data from events
     where sender_id = :sender
       and id >= coalesce(
           (select max(id) from events where sender_id = :sender and type_name = '{SessionStarted.type_name}'), 0)
     order by id
""")
ALL = sa.text("select id, data from events where sender_id = :sender order by id")


class TwoWriters(Exception):
    """Somebody else stored events of this conversation during the turn."""


@dataclass
class Known:
    """A conversation as it is in the database: its last row, how many of the tracker's events are stored,
    and the tracker itself while nobody works on it."""

    last_id: int
    stored: int
    tracker: DialogueStateTracker | None = None


class PostgresTrackerStore(SQLTrackerStore):
    """Tracker store in the schema `rasa`.

    Args:
        domain: Rasa's domain.
        host: the database's address, `url` in endpoints.yml.
        event_broker: Rasa's event broker, if any.
    """

    def __init__(
        self, domain: Domain | None = None, host: str = "", event_broker: EventBroker | None = None, **kwargs: Any
    ) -> None:
        self.engine = sa.create_engine(
            host,
            pool_size=POOL_SIZE,
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args={**CONNECT, "options": "-c search_path=rasa -c statement_timeout=15000"},
        )
        self._make_table()
        self.sessionmaker = sessionmaker(bind=self.engine)
        self.known: OrderedDict[str, Known] = OrderedDict()
        TrackerStore.__init__(self, domain, event_broker, **kwargs)

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The conversation's current session; within a turn of our channel, what that turn has already."""
        turn = running_turn.get()
        if turn and (turn.tracker or not turn.keep):
            return turn.tracker
        return self._noting(lambda: self._load(sender_id))

    async def retrieve_full_tracker(self, conversation_id: str) -> DialogueStateTracker | None:
        """The conversation with all its sessions."""
        with self.engine.connect() as connection:
            return self._tracker(conversation_id, connection.execute(ALL, {"sender": conversation_id}).all())

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Store the tracker's new events; nothing of a turn that failed or is not to be kept."""
        turn = running_turn.get()
        if turn:
            note_silence(turn, tracker)
            turn.tracker = tracker
        if turn and (turn.failed or not turn.keep):
            self.known.pop(tracker.sender_id, None)
            return
        await self.stream_events(tracker)
        self._noting(lambda: self._store(tracker))

    def _noting(self, work: Callable[[], Any]) -> Any:
        """Do it, and tell the running turn if it fails, because Rasa won't."""
        try:
            return work()
        except Exception as error:
            if turn := running_turn.get():
                turn.store_failures.append(f"Rasa's memory failed: {type(error).__name__}")
            raise

    def _make_table(self) -> None:
        """Make Rasa's table, one replica at a time."""
        with self.engine.begin() as connection:
            connection.execute(sa.text("select pg_advisory_xact_lock(hashtextextended('rasa.events', 0))"))
            self.Base.metadata.create_all(connection)

    def _load(self, sender: str) -> DialogueStateTracker | None:
        known = self.known.pop(sender, None)
        with self.engine.connect() as connection:
            if known and known.tracker and known.last_id == connection.execute(LATEST, {"sender": sender}).scalar():
                tracker = known.tracker
            else:
                rows = connection.execute(SESSION, {"sender": sender}).all()
                tracker = self._tracker(sender, rows)
                known = Known(rows[-1].id if rows else 0, len(rows))
        self._remember(sender, Known(known.last_id, known.stored))
        return tracker

    def _store(self, tracker: DialogueStateTracker) -> None:
        sender = tracker.sender_id
        with self.engine.begin() as connection:
            known = self.known.pop(sender, None) or self._stored(connection, sender)
            events = list(tracker.events)[known.stored :]
            last_id = self._insert(connection, known, sender, events)
        if not any(isinstance(event, SessionStarted) for event in events):
            self._remember(sender, Known(last_id, len(tracker.events), tracker))

    def _stored(self, connection: Connection, sender: str) -> Known:
        rows = connection.execute(SESSION, {"sender": sender}).all()
        return Known(rows[-1].id if rows else 0, len(rows))

    def _insert(self, connection: Connection, known: Known, sender: str, events: Iterable[Event]) -> int:
        if connection.execute(LATEST, {"sender": sender}).scalar() != known.last_id:
            raise TwoWriters
        table = self.SQLEvent.__table__
        rows = [row_of(sender, event) for event in events]
        if not rows:
            return known.last_id
        return max(connection.execute(sa.insert(table).values(rows).returning(table.c.id)).scalars())

    def _remember(self, sender: str, known: Known) -> None:
        self.known[sender] = known
        while len(self.known) > KNOWN_CONVERSATIONS:
            self.known.popitem(last=False)

    def _tracker(self, sender: str, rows: Iterable[Any]) -> DialogueStateTracker | None:
        events = [event_of(row.data) for row in rows]
        slots = self.domain.slots if self.domain else []
        return DialogueStateTracker.from_events(sender, events, slots) if events else None


def note_silence(turn: RunningTurn, tracker: DialogueStateTracker) -> None:
    """A turn in which the assistant said nothing has failed."""
    heard = latest_turn(tracker)
    if heard and not turn.failed and not any(isinstance(event, BotUttered) for event in heard[1]):
        turn.failures.append("The assistant said nothing.")


def event_of(data: str) -> Event:
    parameters = json.loads(data)
    return EVENT_TYPES[parameters["event"]]._from_parameters(parameters)


def row_of(sender: str, event: Event) -> dict[str, Any]:
    data = event.as_dict()
    return {
        "sender_id": sender,
        "type_name": event.type_name,
        "timestamp": data.get("timestamp"),
        "intent_name": (data.get("parse_data", {}).get("intent") or {}).get("name"),
        "action_name": data.get("name"),
        "data": json.dumps(data),
    }

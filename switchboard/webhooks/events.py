"""Events that are to be delivered. A row is there until its receiver has taken it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.engine import Connection

from switchboard.conversations.transcript import Message, read_message
from switchboard.database.tables import conversations, webhook_events

TRIED_AGAIN = text("""
    update procrastinate.procrastinate_jobs set scheduled_at = null
     where task_name = 'deliver_webhook' and status = 'todo' and scheduled_at is not null
""")
TAKEN_UP_AGAIN = text("""
    with again as (
        update switchboard.webhook_events set given_up_at = null, tries = 0
         where given_up_at is not null
        returning receiver, conversation_id)
    select count(switchboard.defer_webhook(receiver, conversation_id)) from again
""")


class Event(msgspec.Struct, omit_defaults=True):
    """What a receiver is told: a message to the customer, the outcome of one of theirs, or who holds the conversation.

    `sender` is the caller's own name for the conversation.
    """

    id: str
    type: str
    at: datetime
    conversation_id: str
    sender: str
    message: Message | None = None
    seq: int | None = None
    outcome: str | None = None
    holder: str | None = None
    team: str | None = None


@dataclass(frozen=True)
class Failing:
    """An event that could not be delivered so far, or was given up."""

    event_id: int
    receiver: str
    conversation_id: str
    kind: str
    created_at: datetime
    tries: int
    error: str
    given_up_at: datetime | None


def next_event(connection: Connection, conversation_id: str) -> Event | None:
    """The conversation's oldest event that is to be delivered, as it is told; None if there is none."""
    query = (
        select(webhook_events, conversations.c.sender)
        .join(conversations, conversations.c.conversation_id == webhook_events.c.conversation_id)
        .where(webhook_events.c.conversation_id == conversation_id, webhook_events.c.given_up_at.is_(None))
        .order_by(webhook_events.c.event_id)
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    sender = row.sender.partition(":")[2]
    return Event(str(row.event_id), row.kind, row.created_at, row.conversation_id, sender, **_told(connection, row))


def delivered(connection: Connection, event_id: str) -> None:
    """The receiver has taken it."""
    connection.execute(delete(webhook_events).where(webhook_events.c.event_id == int(event_id)))


def failed(connection: Connection, event_id: str, error: str) -> tuple[int, float]:
    """A try failed; returns how many have, and the event's age in seconds. Both are 0 if it has been delivered."""
    query = (
        update(webhook_events)
        .where(webhook_events.c.event_id == int(event_id))
        .values(tries=webhook_events.c.tries + 1, error=error)
        .returning(webhook_events.c.tries, func.extract("epoch", func.now() - webhook_events.c.created_at))
    )
    row = connection.execute(query).one_or_none()
    return (row[0], float(row[1])) if row else (0, 0.0)


def give_up(connection: Connection, event_id: str) -> None:
    """It is not tried any more, until somebody asks for it."""
    query = update(webhook_events).where(webhook_events.c.event_id == int(event_id))
    connection.execute(query.values(given_up_at=func.now()))


def list_failing(connection: Connection) -> list[Failing]:
    """Events that were tried in vain, oldest first."""
    columns = [webhook_events.c[name] for name in Failing.__dataclass_fields__]
    query = select(*columns).where(webhook_events.c.error.is_not(None)).order_by(webhook_events.c.event_id)
    return [Failing(*row) for row in connection.execute(query)]


def count_waiting(connection: Connection) -> int:
    """Events that are to be delivered and have not been tried yet."""
    query = select(func.count()).select_from(webhook_events).where(webhook_events.c.error.is_(None))
    return int(connection.execute(query).scalar_one())


def try_all_again(connection: Connection) -> None:
    """Those that wait for their next try are due now, and those given up are taken up once more."""
    connection.execute(TRIED_AGAIN)
    connection.execute(TAKEN_UP_AGAIN)


def _told(connection: Connection, row: Any) -> dict[str, Any]:
    if row.kind == "message":
        return {"message": read_message(connection, row.conversation_id, row.seq)}
    if row.kind == "outcome":
        return {"seq": row.seq, "outcome": row.outcome}
    return {"holder": row.holder, "team": row.team}

"""What a claimed conversation has to be dealt with next: one message, or several gathered into one turn.

A turn is named by its last message, and Rasa and the effects ledger know it by that name. So which messages
belong to it is written down before Rasa is asked, and a second try takes up the same ones, whatever came since.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.engine import Connection

from switchboard import queue
from switchboard.database.tables import conversations, messages
from switchboard.errors import LeaseLost
from switchboard.identity.customers import NOTHING_BEGUN, speaks_by_link
from switchboard.queue import Claim
from switchboard.settings import Settings

MOST = 50
"""Messages looked at, and so gathered, at once."""


@dataclass(frozen=True)
class Waiting:
    """The oldest unprocessed messages of a claimed conversation that make a turn.

    Attributes:
        seqs: their numbers; one, unless messages are gathered.
        text: what Rasa is sent.
        tries: counted tries so far.
        away: seconds since Rasa was first found away for them; None if it never was.
        resume: what the assistant is to be told first, when a person has given the conversation back, or another may be
            writing.
        early: they were written before the latest that was said to the customer, and so can't answer that.
    """

    seqs: Sequence[int]
    text: str
    tries: int
    away: float | None
    resume: dict[str, Any] | None = None
    early: bool = False


def take_up(connection: Connection, claim: Claim, settings: Settings) -> Waiting:
    """The messages of the next turn.

    Raises:
        LeaseLost: another worker has the conversation now.
    """
    found = _waiting(connection, claim)
    if not found:
        raise LeaseLost  # others have dealt with all that there was
    rows = _together(found, settings)
    seqs = [row.seq for row in rows]
    if settings.gather_seconds and not rows[0].gathered:
        queue.hold(connection, claim)
        these = update(messages).where(messages.c.conversation_id == claim.conversation_id, messages.c.seq.in_(seqs))
        connection.execute(these.values(gathered=seqs[-1]))
    first = rows[0]
    resume = first.resume
    if first.by_link != first.last_by_link:
        queue.hold(connection, claim)
        speaks_by_link(connection, claim.conversation_id, first.by_link)
        resume = resume or NOTHING_BEGUN
    return Waiting(seqs, _text(rows), first.tries, first.away, resume, _early(connection, claim, rows[-1]))


def _waiting(connection: Connection, claim: Claim) -> list[Any]:
    away = func.extract("epoch", func.now() - messages.c.away_since).label("away")
    columns = (
        messages.c.seq,
        messages.c.text,
        messages.c.payload,
        messages.c.tries,
        messages.c.gathered,
        messages.c.by_link,
        away,
    )
    query = (
        select(
            *columns, conversations.c.resume, conversations.c.by_link.label("last_by_link"), conversations.c.last_seq
        )
        .join(conversations)
        .where(
            messages.c.conversation_id == claim.conversation_id,
            messages.c.sender == "customer",
            messages.c.outcome.is_(None),
        )
        .order_by(messages.c.seq)
        .limit(MOST)
    )
    return list(connection.execute(query))


def _together(rows: Sequence[Any], settings: Settings) -> list[Any]:
    """Those that make a turn with the first: from the same door, and a pressed button is always one by itself."""
    first, *others = rows
    if first.gathered:
        return [row for row in rows if row.gathered == first.gathered]
    together = [first]
    if not settings.gather_seconds or first.payload is not None:
        return together
    for row in others:
        if (
            row.payload is not None
            or row.by_link != first.by_link
            or len(_text([*together, row])) > settings.max_message_chars
        ):
            break
        together.append(row)
    return together


def _early(connection: Connection, claim: Claim, latest: Any) -> bool:
    """Whether something was said to the customer since they wrote it, other than about this."""
    said_since = select(messages.c.seq).where(
        messages.c.conversation_id == claim.conversation_id,
        messages.c.seq > latest.seq,
        messages.c.sender != "customer",
        messages.c.suppressed.is_(False),
        messages.c.in_reply_to.is_distinct_from(latest.seq),
    )
    return latest.last_seq > latest.seq and connection.execute(said_since.limit(1)).first() is not None


def _text(rows: Sequence[Any]) -> str:
    return "\n".join(row.payload or row.text for row in rows)

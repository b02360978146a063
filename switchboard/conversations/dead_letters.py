"""Dead letters: messages that failed for good. They are listed, and can be run again."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, text, update
from sqlalchemy.engine import Connection

from switchboard import queue
from switchboard.conversations.changes import announce
from switchboard.conversations.holder import lock, take_back
from switchboard.database.tables import conversations, handoffs, messages
from switchboard.errors import NotReplayable

REASON = "assistant_failed"
"""Why a conversation with a failed message was handed over."""


@dataclass(frozen=True)
class DeadLetter:
    """A customer's message whose tries are used up."""

    conversation_id: str
    seq: int
    created_at: datetime
    tries: int
    error: str
    text: str

    @property
    def name(self) -> str:
        return f"{self.conversation_id}:{self.seq}"


def list_dead_letters(connection: Connection) -> list[DeadLetter]:
    """All of them, the oldest first; those of one conversation in the order in which they were accepted."""
    since = func.max(messages.c.created_at).over(partition_by=messages.c.conversation_id, order_by=messages.c.seq)
    columns = (messages.c.conversation_id, messages.c.seq, messages.c.created_at, messages.c.tries)
    query = (
        select(*columns, messages.c.error, messages.c.text)
        .where(messages.c.outcome == "failed")
        .order_by(since, messages.c.conversation_id, messages.c.seq)
    )
    rows = connection.execute(query)
    return [DeadLetter(str(r.conversation_id), r.seq, r.created_at, r.tries, r.error or "", r.text) for r in rows]


def replay(connection: Connection, conversation_id: str, seq: int) -> list[int]:
    """Let a failed message wait for the bot again, with all its tries; messages gathered with it come along.

    What the customer was told stays; the new replies answer the same message. If the conversation waits in a queue
    only because of the failure, the bot takes it back. What the customer or an agent has written since may have taken the
    message back, or answered it; only later messages that failed too can't have, nobody has dealt with them.

    Returns:
        The messages' numbers.

    Raises:
        UnknownConversation: no such conversation.
        NotReplayable: the message hasn't failed, the conversation has gone on, or somebody else has it.
    """
    holder, waiting = lock(connection, conversation_id)
    seqs = _failed(connection, conversation_id, seq)
    if not seqs:
        raise NotReplayable(f"Message {seq} is no failed message.")
    if waiting:
        raise NotReplayable("Other messages of the conversation wait; try again when they are dealt with.")
    if _has_gone_on(connection, conversation_id, seqs[-1]):
        raise NotReplayable("The customer or an agent has written since; what was meant then may not hold any more.")
    if holder == "queue" and _called_because_of_a_failure(connection, conversation_id):
        take_back(connection, conversation_id)
    elif holder != "bot":
        raise NotReplayable(f"The conversation is no longer the bot's: {HOLDERS[holder]}.")
    _wait_again(connection, conversation_id, seqs)
    return seqs


HOLDERS = {"queue": "the customer waits for a person", "agent": "an agent holds it", "closed": "it is closed"}


def _failed(connection: Connection, conversation_id: str, seq: int) -> list[int]:
    """The failed message, and the failed ones that were taken up together with it; empty if it hasn't failed."""
    failed = select(messages.c.seq, messages.c.gathered).where(
        messages.c.conversation_id == conversation_id, messages.c.outcome == "failed"
    )
    turn_of = {row.seq: row.gathered or row.seq for row in connection.execute(failed)}
    return sorted(each for each, turn in turn_of.items() if turn == turn_of.get(seq))


def _has_gone_on(connection: Connection, conversation_id: str, seq: int) -> bool:
    """Whether the customer or an agent has written after this message, but for what failed too."""
    later = select(messages.c.seq).where(
        messages.c.conversation_id == conversation_id,
        messages.c.seq > seq,
        messages.c.sender.in_(("customer", "agent")),
        messages.c.outcome.is_distinct_from("failed"),
    )
    return bool(connection.execute(select(later.exists())).scalar_one())


def _called_because_of_a_failure(connection: Connection, conversation_id: str) -> bool:
    query = select(handoffs.c.reason).where(
        handoffs.c.conversation_id == conversation_id, handoffs.c.ended_at.is_(None)
    )
    return connection.execute(query).scalar_one_or_none() == REASON


def _wait_again(connection: Connection, conversation_id: str, seqs: list[int]) -> None:
    these = update(messages).where(messages.c.conversation_id == conversation_id, messages.c.seq.in_(seqs))
    connection.execute(these.values(outcome=None, tries=0, error=None, away_since=None))
    waiting = update(conversations).where(conversations.c.conversation_id == conversation_id)
    connection.execute(
        waiting.values(
            waiting=conversations.c.waiting + len(seqs),
            claimable_at=text("coalesce(claimable_at, now())"),
            updated_at=text("now()"),
        )
    )
    queue.wake(connection)
    announce(connection, conversation_id)

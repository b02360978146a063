"""Writing down how a message ended: its outcome, the replies and the handoff, in the caller's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.engine import Connection

from switchboard import queue
from switchboard.conversations.changes import announce
from switchboard.conversations.holder import hand_over
from switchboard.database.tables import conversations, messages
from switchboard.queue import Claim, Held
from switchboard.turns.rasa import Choice, Handoff, Reply, Turn

APOLOGY = (
    "I'm sorry, something went wrong on our side and I couldn't deal with your message. "
    "I have passed it to one of my colleagues, who will answer here."
)
PASSED_ON = "Thank you, I have passed this on. One of my colleagues will answer you here."


@dataclass(frozen=True)
class Waiting:
    """The oldest unprocessed message of a claimed conversation."""

    seq: int
    text: str
    payload: str | None
    tries: int


def oldest_waiting(connection: Connection, conversation_id: str) -> Waiting:
    query = (
        select(messages.c.seq, messages.c.text, messages.c.payload, messages.c.tries)
        .where(
            messages.c.conversation_id == conversation_id,
            messages.c.sender == "customer",
            messages.c.outcome.is_(None),
        )
        .order_by(messages.c.seq)
        .limit(1)
    )
    return Waiting(**connection.execute(query).one()._mapping)


def commit_turn(connection: Connection, claim: Claim, seq: int, turn: Turn) -> None:
    """The bot's turn has run. If a person took over meanwhile, what the bot said is kept but not shown.

    Raises:
        LeaseLost: another worker has the conversation now.
    """
    held = queue.hold(connection, claim)
    overtaken = held.holder in ("queue", "agent")
    understood = {"intent": turn.intent, "confidence": turn.confidence, "stage": turn.stage, "actions": turn.actions}
    _record(connection, claim, seq, "forwarded" if overtaken else "answered", understood)
    _reply(connection, claim, held, seq, "bot", turn.replies, suppressed=overtaken)
    if turn.handoff and held.holder == "bot":
        hand_over(connection, claim.conversation_id, seq, turn.handoff.team, turn.handoff.reason)


def commit_forward(connection: Connection, claim: Claim, seq: int) -> None:
    """A person holds the conversation: the message goes to them. In a queue the customer is told so.

    Raises:
        LeaseLost: another worker has the conversation now.
    """
    held = queue.hold(connection, claim)
    _record(connection, claim, seq, "forwarded")
    _reply(connection, claim, held, seq, "system", [Reply(PASSED_ON)] if held.holder == "queue" else [])


def commit_failure(connection: Connection, claim: Claim, seq: int, error: str) -> None:
    """The message could not be dealt with: the customer is told, and a person called.

    Raises:
        LeaseLost: another worker has the conversation now.
    """
    held = queue.hold(connection, claim)
    _record(connection, claim, seq, "failed", {"error": error})
    _reply(connection, claim, held, seq, "system", [Reply(APOLOGY)])
    if held.holder == "bot":
        call = Handoff("support", "assistant_failed")
        hand_over(connection, claim.conversation_id, seq, call.team, call.reason)


def commit_try(connection: Connection, claim: Claim, seq: int, error: str, pause: float) -> None:
    """A try failed; the next one comes after `pause` seconds.

    Raises:
        LeaseLost: another worker has the conversation now.
    """
    queue.hold(connection, claim)
    query = update(messages).where(messages.c.conversation_id == claim.conversation_id, messages.c.seq == seq)
    connection.execute(query.values(tries=messages.c.tries + 1, error=error))
    queue.postpone(connection, claim, pause)


def _record(connection: Connection, claim: Claim, seq: int, outcome: str, values: dict[str, Any] | None = None) -> None:
    query = update(messages).where(messages.c.conversation_id == claim.conversation_id, messages.c.seq == seq)
    connection.execute(query.values(outcome=outcome, tries=messages.c.tries + 1, **(values or {})))
    queue.finish(connection, claim)
    announce(connection, claim.conversation_id)


def _reply(
    connection: Connection,
    claim: Claim,
    held: Held,
    seq: int,
    sender: str,
    replies: Sequence[Reply],
    suppressed: bool = False,
) -> None:
    rows = [
        {
            "conversation_id": claim.conversation_id,
            "seq": number,
            "sender": sender,
            "text": reply.text,
            "buttons": _buttons(number, reply.buttons),
            "in_reply_to": seq,
            "suppressed": suppressed,
        }
        for number, reply in enumerate(replies, start=held.last_seq + 1)
    ]
    if not rows:
        return
    connection.execute(insert(messages), rows)
    query = update(conversations).where(conversations.c.conversation_id == claim.conversation_id)
    connection.execute(query.values(last_seq=held.last_seq + len(rows)))


def _buttons(seq: int, choices: Sequence[Choice]) -> list[dict[str, str]]:
    return [{"id": f"{seq}.{n}", "title": c.title, "payload": c.payload} for n, c in enumerate(choices, start=1)]

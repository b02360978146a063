"""Writing down how messages ended: their outcome, the replies and the handoff, in the caller's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, insert, update
from sqlalchemy.engine import Connection

from switchboard import queue
from switchboard.conversations.changes import announce
from switchboard.conversations.dead_letters import REASON
from switchboard.conversations.holder import Call, hand_over
from switchboard.database.tables import messages
from switchboard.queue import Claim, Held
from switchboard.turns.rasa import Choice, Reply, Turn

APOLOGY = (
    "I'm sorry, something went wrong on our side and I couldn't deal with your message. "
    "I have passed it to one of my colleagues, who will answer here."
)
PASSED_ON = "Thank you, I have passed this on. One of my colleagues will answer you here."


@dataclass(frozen=True)
class Try:
    """A try that failed.

    Attributes:
        error: what went wrong, in one line.
        pause: seconds until the next try.
        counts: whether it counts towards the tries a message has; it doesn't while Rasa is away.
    """

    error: str
    pause: float
    counts: bool = True


def commit_turn(connection: Connection, claim: Claim, seqs: Sequence[int], turn: Turn) -> str:
    """The bot's turn on these messages has run; returns their outcome.

    If a person took over meanwhile, what the bot said is kept but not shown.

    Raises:
        LeaseLost: another worker has the conversation now.
    """
    held = queue.hold(connection, claim)
    overtaken = held.holder in ("queue", "agent")
    outcome = "forwarded" if overtaken else "answered"
    understood = {"intent": turn.intent, "confidence": turn.confidence, "stage": turn.stage, "actions": turn.actions}
    _record(connection, claim, seqs, outcome, replies=len(turn.replies), **understood)
    _reply(connection, claim, held, seqs[-1], "bot", turn.replies, suppressed=overtaken)
    if turn.handoff and held.holder == "bot":
        hand_over(connection, claim.conversation_id, seqs[-1], Call(turn.handoff.team, turn.handoff.reason))
    return outcome


def commit_forward(connection: Connection, claim: Claim, seqs: Sequence[int]) -> str:
    """A person holds the conversation: the messages go to them. In a queue the customer is told so.

    Raises:
        LeaseLost: another worker has the conversation now.
    """
    held = queue.hold(connection, claim)
    replies = [Reply(PASSED_ON)] if held.holder == "queue" else []
    _record(connection, claim, seqs, "forwarded", replies=len(replies))
    _reply(connection, claim, held, seqs[-1], "system", replies)
    return "forwarded"


def commit_failure(connection: Connection, claim: Claim, seqs: Sequence[int], error: str) -> str:
    """The messages could not be dealt with: the customer is told, and a person called.

    Raises:
        LeaseLost: another worker has the conversation now.
    """
    held = queue.hold(connection, claim)
    _record(connection, claim, seqs, "failed", replies=1, error=error)
    _reply(connection, claim, held, seqs[-1], "system", [Reply(APOLOGY)])
    if held.holder == "bot":
        hand_over(connection, claim.conversation_id, seqs[-1], Call("support", REASON))
    return "failed"


def commit_try(connection: Connection, claim: Claim, seqs: Sequence[int], failed: Try) -> None:
    """A try failed; the next one comes after a pause.

    Raises:
        LeaseLost: another worker has the conversation now.
    """
    queue.hold(connection, claim)
    noted = (
        {"tries": messages.c.tries + 1}
        if failed.counts
        else {"away_since": func.coalesce(messages.c.away_since, func.now())}
    )
    connection.execute(_these(claim, seqs).values(error=failed.error, **noted))
    queue.postpone(connection, claim, failed.pause)


def _record(
    connection: Connection, claim: Claim, seqs: Sequence[int], outcome: str, replies: int, **values: Any
) -> None:
    connection.execute(_these(claim, seqs).values(outcome=outcome, tries=messages.c.tries + 1, **values))
    queue.finish(connection, claim, len(seqs), replies)
    announce(connection, claim.conversation_id)


def _these(claim: Claim, seqs: Sequence[int]) -> Any:
    return update(messages).where(messages.c.conversation_id == claim.conversation_id, messages.c.seq.in_(seqs))


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
    if rows:
        connection.execute(insert(messages), rows)


def _buttons(seq: int, choices: Sequence[Choice]) -> list[dict[str, str]]:
    return [{"id": f"{seq}.{n}", "title": c.title, "payload": c.payload} for n, c in enumerate(choices, start=1)]

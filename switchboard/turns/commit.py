"""Writing down how messages ended: their outcome, the replies and the handoff, in the caller's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.engine import Connection, Row

from switchboard import queue
from switchboard.conversations.changes import announce
from switchboard.conversations.dead_letters import REASON
from switchboard.conversations.holder import PRIORITIES, Call, hand_over
from switchboard.conversations.saying import note
from switchboard.crm.outside_effects import PLAN
from switchboard.database.tables import effects, handoffs, messages
from switchboard.escalation.rules import Decision
from switchboard.queue import Claim
from switchboard.turns.rasa import Choice, Reply, Turn

APOLOGY = (
    "I'm sorry, something went wrong on our side and I couldn't deal with your message. "
    "I have passed it to one of my colleagues, who will answer here."
)
UNTOLD = "The assistant did this, and the customer has not been told:"
IN_DOUBT = "The assistant may have done this; nobody knows, so please look:"
WROTE_MEANWHILE = "While waiting, the customer wrote what this rule of escalation is about:"
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


def commit_turn(
    connection: Connection,
    claim: Claim,
    seqs: Sequence[int],
    turn: Turn | None,
    decision: Decision | None = None,
    overtaken: bool = False,
) -> str:
    """The bot's turn on these messages has run, or none was needed; a person is called if so decided.

    What the bot said is kept but not shown if a person took over meanwhile, or if the decision is that it had better
    not be said. Agents find in a note what was done all the same, and what may have been done where nobody can be called
    any more because the customer has ended the conversation.

    Args:
        overtaken: whether a person had the conversation during the turn, also if they have given it back.

    Returns:
        The messages' outcome.

    Raises:
        LeaseLost: another worker has the conversation now.
    """
    held = queue.hold(connection, claim)
    overtaken = overtaken or held.peoples
    called = decision if held.holder == "bot" and not overtaken else None
    hidden = overtaken or (called is not None and not called.keep_reply)
    said = turn.replies if turn else []
    announced = [Reply(called.say)] if called else []
    outcome = "forwarded" if overtaken else "answered"
    _record(connection, claim, seqs, outcome, replies=len(said) + len(announced), **_understood(turn))
    _reply(connection, claim, held.last_seq, seqs[-1], "bot", said, suppressed=hidden)
    _reply(connection, claim, held.last_seq + len(said), seqs[-1], "bot", announced)
    if hidden or turn is None:  # an earlier try may have come as far as doing something
        _note_effects(connection, claim, seqs[-1])
    elif held.holder == "closed":
        _note_effects(connection, claim, seqs[-1], told=True)
    if called:
        hand_over(connection, claim.conversation_id, seqs[-1], _call(called))
    return outcome


def commit_forward(
    connection: Connection, claim: Claim, seqs: Sequence[int], decision: Decision | None = None
) -> str | None:
    """People have the conversation, or had it when it ended: the messages go to them, with a note of what an earlier try
    did. In a queue the customer is told so, once.

    Args:
        decision: what the rules that are asked at once say; a queue takes priority and words from it.

    Returns:
        The messages' outcome; None if people have given the conversation back meanwhile, and the messages wait for a turn.

    Raises:
        LeaseLost: another worker has the conversation now.
    """
    held = queue.hold(connection, claim)
    if not held.peoples:
        queue.postpone(connection, claim, 0.0)
        return None
    waits = held.holder == "queue"
    say = decision.say if decision else PASSED_ON
    replies = [Reply(say)] if waits and (decision or not _passed_on(connection, claim)) else []
    _record(connection, claim, seqs, "forwarded", replies=len(replies))
    _reply(connection, claim, held.last_seq, seqs[-1], "system", replies)
    _note_effects(connection, claim, seqs[-1])
    if waits and decision:
        _raise_priority(connection, claim, decision)
    return "forwarded"


def _passed_on(connection: Connection, claim: Claim) -> bool:
    """Whether the customer who waits has been told before that what they write is passed on."""
    told = (
        select(messages.c.seq)
        .join(handoffs, handoffs.c.conversation_id == messages.c.conversation_id)
        .where(
            messages.c.conversation_id == claim.conversation_id,
            messages.c.sender == "system",
            messages.c.text == PASSED_ON,
            messages.c.created_at >= handoffs.c.created_at,
            handoffs.c.ended_at.is_(None),
        )
    )
    return bool(connection.execute(select(told.exists())).scalar_one())


def commit_failure(connection: Connection, claim: Claim, seqs: Sequence[int], error: str) -> str:
    """The messages could not be dealt with: the customer is told, and a person called, unless people have it already. A
    note says what was done for them all the same.

    Raises:
        LeaseLost: another worker has the conversation now.
    """
    held = queue.hold(connection, claim)
    replies = [] if held.peoples else [Reply(APOLOGY)]
    _record(connection, claim, seqs, "failed", replies=len(replies), error=error)
    _reply(connection, claim, held.last_seq, seqs[-1], "system", replies)
    _note_effects(connection, claim, seqs[-1])
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


def _call(decision: Decision) -> Call:
    return Call(
        team=decision.team,
        reason=decision.reason,
        priority=decision.priority,
        skills=decision.skills,
        rule=decision.rule,
        facts=decision.as_json(),
    )


def _raise_priority(connection: Connection, claim: Claim, decision: Decision) -> None:
    """What the customer wrote while waiting is more urgent than what they were waiting for."""
    open_one = update(handoffs).where(
        handoffs.c.conversation_id == claim.conversation_id, handoffs.c.ended_at.is_(None)
    )
    priority = PRIORITIES.index(decision.priority)
    connection.execute(open_one.values(priority=func.greatest(handoffs.c.priority, priority)))
    note(connection, claim.conversation_id, f"{WROTE_MEANWHILE} {decision.rule} ({decision.priority} priority).")


def _understood(turn: Turn | None) -> dict[str, Any]:
    if turn is None:
        return {}
    return {"intent": turn.intent, "confidence": turn.confidence, "stage": turn.stage, "actions": turn.actions}


def _note_effects(connection: Connection, claim: Claim, seq: int, told: bool = False) -> None:
    """Tell the agents what was done outside for a turn, or may have been.

    Args:
        told: the customer has read what was done, so that only what nobody knows is noted.
    """
    of_turn = effects.c.message_id == f"{claim.conversation_id}:{seq}"
    for effect in connection.execute(select(effects).where(of_turn).order_by(effects.c.created_at)):
        pending = effect.done_at is None
        if not _is_refused(effect) and (pending or not told):
            note(connection, claim.conversation_id, f"{IN_DOUBT if pending else UNTOLD} {_in_words(effect)}.")


def _is_refused(effect: Row) -> bool:
    """Whether the business system would not do it, which is in the ledger as well."""
    outcome = effect.result or effect.request.get(PLAN) or {}
    return outcome.get("refused") is not None


def _in_words(effect: Row) -> str:
    action, number = effect.action.removeprefix("action_").replace("_", " "), effect.request.get("number")
    return f"{action}, order {number}" if number else action


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
    last_seq: int,
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
        for number, reply in enumerate(replies, start=last_seq + 1)
    ]
    if rows:
        connection.execute(insert(messages), rows)


def _buttons(seq: int, choices: Sequence[Choice]) -> list[dict[str, str]]:
    return [{"id": f"{seq}.{n}", "title": c.title, "payload": c.payload} for n, c in enumerate(choices, start=1)]

"""Who holds a conversation: the bot, a team's queue, an agent, or nobody any more.

Each function changes the conversation and its handoff together. Call them with the conversation locked (`lock`), so
that what you decided on still holds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import case, cast, func, insert, select, text, update
from sqlalchemy.engine import Connection

from switchboard.conversations.changes import announce, announce_desk
from switchboard.database.tables import conversations, handoffs
from switchboard.errors import UnknownConversation

PRIORITIES = ("low", "normal", "high", "urgent")
"""By their number in the database."""

Outcome = Literal["resolved", "unresolved", "spam", "given_back", "cancelled", "replayed"]

CUSTOMER_ENDED = case((handoffs.c.first_response_at.is_not(None), "resolved"), else_="cancelled")


@dataclass(frozen=True)
class Call:
    """Why a person is called, and which.

    Attributes:
        team: whose queue the conversation goes into.
        reason: in one word, `asked_for_a_person` say.
        priority: one of `PRIORITIES`.
        skills: what the agent should be able to do, `german` say.
        rule: the rule that decided; None if none did.
        facts: what it decided from.
    """

    team: str
    reason: str
    priority: str = "normal"
    skills: Sequence[str] = ()
    rule: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


def lock(connection: Connection, conversation_id: str) -> tuple[str, int]:
    """Lock the conversation; returns its holder and how many of its messages wait.

    Raises:
        UnknownConversation: no such conversation.
    """
    query = (
        select(conversations.c.holder, conversations.c.waiting)
        .where(conversations.c.conversation_id == conversation_id)
        .with_for_update()
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        raise UnknownConversation
    return row.holder, row.waiting


def hand_over(connection: Connection, conversation_id: str, seq: int, call: Call) -> int:
    """Put a conversation that the bot holds into a team's queue, because of the customer's message `seq`.

    Returns:
        The handoff's id.
    """
    _hold(connection, conversation_id, holder="queue", team=call.team, agent_id=None)
    values = {
        "conversation_id": conversation_id,
        "seq": seq,
        "team": call.team,
        "reason": call.reason,
        "priority": PRIORITIES.index(call.priority),
        "skills": list(call.skills),
        "rule": call.rule,
        "facts": dict(call.facts),
    }
    return int(connection.execute(insert(handoffs).values(values).returning(handoffs.c.handoff_id)).scalar_one())


def assign(connection: Connection, conversation_id: str, agent_id: int) -> None:
    """Give a conversation that waits, or that another agent has, to an agent."""
    _hold(connection, conversation_id, holder="agent", agent_id=agent_id)
    _handoff(
        connection,
        conversation_id,
        agent_id=agent_id,
        assigned_at=func.now(),
        first_assigned_at=func.coalesce(handoffs.c.first_assigned_at, func.now()),
    )


def return_to_queue(connection: Connection, conversation_id: str, team: str | None = None) -> None:
    """Take a conversation from its agent and let it wait again, in another team's queue if one is named.

    It keeps its place: it has waited since the customer was first told that a person comes. What the other team promises
    counts from now.
    """
    if team:
        _promise_anew(connection, conversation_id, team)
    other = {"team": team} if team else {}
    _hold(connection, conversation_id, holder="queue", agent_id=None, **other)
    _handoff(connection, conversation_id, assigned_at=None, **other)


def take_back(
    connection: Connection,
    conversation_id: str,
    outcome: Outcome = "replayed",
    resume: Mapping[str, Any] | None = None,
) -> None:
    """Give a conversation back to the bot; its handoff ends.

    Args:
        resume: what the assistant is told with the customer's next message; None: what it was to be told anyway.
    """
    told = {} if resume is None else {"resume": resume}
    _hold(connection, conversation_id, holder="bot", team=None, agent_id=None, **told)
    _end_handoff(connection, conversation_id, outcome)


def resumed(connection: Connection, conversation_id: str, told: Mapping[str, Any] | None) -> bool:
    """The assistant was told what `take_back` had left for it; whether that still is the last word.

    It isn't where a person took the conversation and gave it back during the assistant's turn.
    """
    latest = conversations.c.resume.is_not_distinct_from(cast(told, conversations.c.resume.type))
    its = update(conversations).where(conversations.c.conversation_id == conversation_id, latest)
    return bool(connection.execute(its.values(resume=None)).rowcount)


def close(
    connection: Connection, conversation_id: str, outcome: Outcome | None = None, note: str | None = None
) -> None:
    """End the conversation, and its handoff if one is open; closing it twice is closing it once.

    Args:
        outcome: None if the customer ended it: that is `resolved` once an agent has answered, and `cancelled` before.
    """
    _hold(connection, conversation_id, holder="closed", agent_id=None)
    _end_handoff(connection, conversation_id, outcome or CUSTOMER_ENDED, note)


def _end_handoff(connection: Connection, conversation_id: str, outcome: Any, note: str | None = None) -> None:
    _handoff(connection, conversation_id, ended_at=func.now(), outcome=outcome, outcome_note=note)


def _promise_anew(connection: Connection, conversation_id: str, team: str) -> None:
    """Routing notices the handoff again, unless the team has it already."""
    since = {
        "promised_at": func.now(),
        "noticed_at": None,
        "unanswered_since": case((handoffs.c.unanswered_since.is_not(None), func.now())),
    }
    others = update(handoffs).where(handoffs.c.conversation_id == conversation_id, handoffs.c.team != team)
    connection.execute(others.where(handoffs.c.ended_at.is_(None)).values(since))


def _handoff(connection: Connection, conversation_id: str, **values: Any) -> None:
    its = update(handoffs).where(handoffs.c.conversation_id == conversation_id, handoffs.c.ended_at.is_(None))
    connection.execute(its.values(**values))


def _hold(connection: Connection, conversation_id: str, **values: Any) -> None:
    changed = update(conversations).where(conversations.c.conversation_id == conversation_id)
    connection.execute(changed.values(updated_at=text("now()"), **values))
    announce(connection, conversation_id)
    announce_desk(connection)

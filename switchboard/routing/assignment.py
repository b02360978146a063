"""Giving conversations to agents: the next one by itself, one that an agent takes, one that is passed on."""

from dataclasses import dataclass

from sqlalchemy import select, text
from sqlalchemy.engine import Connection

from switchboard.conversations.holder import Call, assign, hand_over, lock, return_to_queue
from switchboard.conversations.saying import tell
from switchboard.database.tables import agents, conversations, handoffs, teams
from switchboard.errors import AgentAway, BadRequest, ConversationClosed, NotYours
from switchboard.routing import words
from switchboard.routing.agents import SUPERVISORS, Agent, first_team, lock_agent, lock_agent_with_room
from switchboard.routing.choice import Choice, choose

TRIES = 5
"""A choice can be outdated before both its conversation and its agent are locked; then another is made."""


@dataclass(frozen=True)
class Assigned:
    """A conversation that waited, and who has it now."""

    conversation_id: str
    agent_id: int
    team: str


def assign_next(connection: Connection) -> Assigned | None:
    """Give the conversation whose turn it is to the least busy agent for it; in a transaction of its own.

    Returns:
        None if nobody waits that a free agent could take.
    """
    for _ in range(TRIES):
        choice = choose(connection)
        if choice is None:
            return None
        with connection.begin_nested() as attempt:
            if _still_holds(connection, choice):
                _give(connection, choice.conversation_id, choice.agent_id)
                return Assigned(choice.conversation_id, choice.agent_id, choice.team)
            attempt.rollback()
    return None


def take(connection: Connection, conversation_id: str, agent_id: int) -> None:
    """An agent takes a conversation that waits or that the bot has; a supervisor also one that another agent has.

    Who takes one is there: an agent who was away is busy now. Taking what one has changes nothing.

    Raises:
        UnknownConversation: no such conversation.
        ConversationClosed: it has ended.
        NotYours: another agent has it.
        AgentFull: the agent has as many as they can have.
        Forbidden: the agent doesn't work here any more.
    """
    holder, _ = lock(connection, conversation_id)
    if holder == "closed":
        raise ConversationClosed
    if _held_by(connection, conversation_id) == agent_id:
        return
    agent = lock_agent_with_room(connection, agent_id)
    if holder == "agent" and not agent.supervises:
        raise NotYours
    if holder == "bot":
        _call_out(connection, conversation_id, agent_id)
    _be_there(connection, agent)
    _give(connection, conversation_id, agent_id)


def transfer(
    connection: Connection, conversation_id: str, by: int, team: str | None = None, agent_id: int | None = None
) -> None:
    """Pass a conversation on to a team's queue, where it keeps its place, or to an agent; to one for a team if both are
    given.

    Args:
        by: who has it, or a supervisor.

    Raises:
        BadRequest: no such team, or neither a team nor an agent is named.
        UnknownConversation, NotYours: it isn't theirs to pass on, or the bot has it, or it has ended.
        AgentAway, AgentFull, Forbidden: the other agent can't take it.
    """
    holder, _ = lock(connection, conversation_id)
    if holder not in ("queue", "agent") or not _may_pass_on(connection, conversation_id, by):
        raise NotYours
    if team is None and agent_id == _held_by(connection, conversation_id):
        return
    title = _move(connection, conversation_id, team) if team else None
    if agent_id is not None:
        if lock_agent_with_room(connection, agent_id).presence == "away":
            raise AgentAway
        _give(connection, conversation_id, agent_id)
    elif title:
        tell(connection, conversation_id, words.passed_to(title))
    else:
        raise BadRequest("A team or an agent is needed.")


def give_up(connection: Connection, agent_id: int) -> list[str]:
    """Let all conversations of an agent wait again; each customer is told.

    One that somebody is writing into right now is left for the next sweep: we may have the agent locked, and who has an
    agent locked doesn't wait for a conversation.

    Returns:
        Those that wait again.
    """
    name = connection.execute(select(agents.c.name).where(agents.c.agent_id == agent_id)).scalar_one()
    theirs = select(conversations.c.conversation_id).where(
        conversations.c.agent_id == agent_id, conversations.c.holder == "agent"
    )
    given_up = list(connection.execute(theirs.with_for_update(skip_locked=True)).scalars())
    for conversation_id in given_up:
        return_to_queue(connection, conversation_id)
        tell(connection, conversation_id, words.stepped_away(name))
    return given_up


def joined(connection: Connection, conversation_id: str, agent_id: int) -> None:
    """Tell the customer who is there now. Assigning, taking and transferring do so themselves."""
    query = (
        select(agents.c.name, teams.c.title)
        .select_from(agents.join(conversations, conversations.c.conversation_id == conversation_id))
        .join(teams, teams.c.team == conversations.c.team)
        .where(agents.c.agent_id == agent_id)
    )
    tell(connection, conversation_id, words.joined(*connection.execute(query).one()))


def _still_holds(connection: Connection, choice: Choice) -> bool:
    """Whether it is still so, with both of them locked."""
    lock(connection, choice.conversation_id)
    waits = select(handoffs.c.handoff_id).where(
        handoffs.c.handoff_id == choice.handoff_id,
        handoffs.c.team == choice.team,
        handoffs.c.assigned_at.is_(None),
        handoffs.c.ended_at.is_(None),
    )
    if connection.execute(waits).first() is None:
        return False
    agent = lock_agent(connection, choice.agent_id)
    return agent.presence == "online" and not agent.full


def _give(connection: Connection, conversation_id: str, agent_id: int) -> None:
    assign(connection, conversation_id, agent_id)
    joined(connection, conversation_id, agent_id)


def _call_out(connection: Connection, conversation_id: str, agent_id: int) -> None:
    """A handoff for a conversation of the bot's, which nobody called a person for."""
    query = select(conversations.c.last_seq).where(conversations.c.conversation_id == conversation_id)
    call = Call(first_team(connection, agent_id) or "support", "taken_over")
    hand_over(connection, conversation_id, connection.execute(query).scalar_one(), call)


def _be_there(connection: Connection, agent: Agent) -> None:
    if agent.presence == "away":
        there = agents.update().where(agents.c.agent_id == agent.agent_id)
        connection.execute(there.values(presence="busy", seen_at=text("now()")))


def _held_by(connection: Connection, conversation_id: str) -> int | None:
    query = select(conversations.c.agent_id).where(conversations.c.conversation_id == conversation_id)
    return connection.execute(query).scalar_one()  # type: ignore[no-any-return]


def _may_pass_on(connection: Connection, conversation_id: str, agent_id: int) -> bool:
    """Whether this agent has it, or is a supervisor."""
    role = select(agents.c.role).where(agents.c.agent_id == agent_id, agents.c.active)
    supervises = connection.execute(role).scalar_one_or_none() in SUPERVISORS
    return supervises or _held_by(connection, conversation_id) == agent_id


def _move(connection: Connection, conversation_id: str, team: str) -> str:
    """Let it wait for another team; returns the team's title."""
    title = connection.execute(select(teams.c.title).where(teams.c.team == team)).scalar_one_or_none()
    if title is None:
        raise BadRequest(f"There is no team {team!r}.")
    return_to_queue(connection, conversation_id, team)
    return str(title)

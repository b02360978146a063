"""The agent's row as the lock that keeps everybody within their capacity.

Locks are always taken in this order: conversation, then agent. Who has an agent locked never waits for a conversation.
"""

from dataclasses import dataclass

from sqlalchemy import func, select, text
from sqlalchemy.engine import Connection

from switchboard.database.tables import agents, conversations
from switchboard.errors import AgentFull, Forbidden

SUPERVISORS = ("supervisor", "admin")


@dataclass(frozen=True)
class Agent:
    """An agent whose row is locked, and how many conversations they have."""

    agent_id: int
    name: str
    role: str
    presence: str
    capacity: int
    load: int

    @property
    def full(self) -> bool:
        return self.load >= self.capacity

    @property
    def supervises(self) -> bool:
        return self.role in SUPERVISORS


def lock_agent(connection: Connection, agent_id: int) -> Agent:
    """Lock an agent until the transaction ends: nobody else can give them a conversation meanwhile.

    Raises:
        Forbidden: no such agent, or one who doesn't work here any more.
    """
    its = select(agents.c.name, agents.c.role, agents.c.presence, agents.c.capacity)
    active = its.where(agents.c.agent_id == agent_id, agents.c.active)
    row = connection.execute(active.with_for_update(key_share=True)).one_or_none()
    if row is None:
        raise Forbidden("This agent doesn't work here any more.")
    # A statement of its own: one that waited for the lock would count what was there before.
    held = select(func.count()).where(conversations.c.agent_id == agent_id, conversations.c.holder == "agent")
    return Agent(agent_id, row.name, row.role, row.presence, row.capacity, connection.execute(held).scalar_one())


def lock_agent_with_room(connection: Connection, agent_id: int) -> Agent:
    """
    Raises:
        AgentFull: they have as many conversations as they can have.
        Forbidden: as `lock_agent`.
    """
    agent = lock_agent(connection, agent_id)
    if agent.full:
        raise AgentFull
    return agent


def first_team(connection: Connection, agent_id: int) -> str | None:
    """The agent's team, the first by name if there are several."""
    query = text("select min(team) from switchboard.team_members where agent_id = :agent_id")
    return connection.execute(query, {"agent_id": agent_id}).scalar_one()  # type: ignore[no-any-return]

"""Who is there. An agent who isn't has no conversations: they wait for somebody else."""

from typing import Literal, get_args

from sqlalchemy import text
from sqlalchemy.engine import Connection

from switchboard.conversations.changes import announce_desk
from switchboard.errors import BadRequest, Forbidden
from switchboard.routing.assignment import give_up

Presence = Literal["online", "busy", "away"]
"""Gets conversations; keeps those they have, gets no new ones; has none."""

SET = text("""
    update switchboard.agents set presence = :presence, seen_at = now() where agent_id = :agent_id and active
    returning agent_id
""")
SEEN = text("update switchboard.agents set seen_at = now() where agent_id = :agent_id")
EXPIRED = text("""
    update switchboard.agents set presence = 'away'
     where presence <> 'away' and coalesce(seen_at, created_at) < now() - make_interval(secs => :seconds)
    returning agent_id
""")
ABSENT = text("""
    select distinct a.agent_id
      from switchboard.conversations c join switchboard.agents a using (agent_id)
     where c.holder = 'agent' and a.presence = 'away'
     order by a.agent_id
""")


def set_presence(connection: Connection, agent_id: int, presence: str) -> None:
    """An agent says whether they are there; one who goes away gives up their conversations.

    Raises:
        BadRequest: no such presence.
        Forbidden: no such agent, or one who doesn't work here any more.
    """
    if presence not in get_args(Presence):
        raise BadRequest(f"There is no presence {presence!r}.")
    if connection.execute(SET, {"agent_id": agent_id, "presence": presence}).first() is None:
        raise Forbidden
    if presence == "away":
        give_up(connection, agent_id)
    announce_desk(connection)


def seen(connection: Connection, agent_id: int) -> None:
    """A sign of life."""
    connection.execute(SEEN, {"agent_id": agent_id})


def expire(connection: Connection, seconds: float) -> list[int]:
    """Agents without a sign of life for so long are away, and whoever is away, however that came, has no conversations.

    Returns:
        Those who are away since now.
    """
    expired = [row.agent_id for row in connection.execute(EXPIRED, {"seconds": seconds})]
    for row in connection.execute(ABSENT).all():
        give_up(connection, row.agent_id)
    if expired:
        announce_desk(connection)
    return expired

"""Who is signed in: a random token in a cookie, of which we keep only the hash."""

import hmac
from hashlib import sha256
from secrets import token_urlsafe

from sqlalchemy import delete, func, insert, select, text
from sqlalchemy.engine import Connection

from switchboard.database.tables import agent_sessions
from switchboard.desk.views import Agent

FIND = text("""
    select a.agent_id, a.name, a.email, a.role, a.presence, a.demo,
           array(select team from switchboard.team_members m where m.agent_id = a.agent_id order by team) as teams
      from switchboard.agent_sessions s join switchboard.agents a using (agent_id)
     where s.token_hash = :token_hash and s.expires_at > now() and a.active
""")


def start(connection: Connection, agent_id: int, hours: float) -> str:
    """Begin a session and forget those that have expired; returns its token."""
    token = token_urlsafe(32)
    expires = func.now() + func.make_interval(0, 0, 0, 0, 0, 0, hours * 3600)
    connection.execute(delete(agent_sessions).where(agent_sessions.c.expires_at <= func.now()))
    values = {"token_hash": _hash(token), "agent_id": agent_id, "expires_at": expires}
    connection.execute(insert(agent_sessions).values(values))
    return token


def find(connection: Connection, token: str) -> Agent | None:
    """Whose session it is; None if it has ended or its agent works here no more."""
    row = connection.execute(FIND, {"token_hash": _hash(token)}).one_or_none()
    return Agent(**{**row._mapping, "teams": tuple(row.teams)}) if row else None


def end(connection: Connection, token: str) -> None:
    """Sign out."""
    connection.execute(delete(agent_sessions).where(agent_sessions.c.token_hash == _hash(token)))


def end_all(connection: Connection, agent_id: int) -> None:
    """Sign an agent out everywhere."""
    connection.execute(delete(agent_sessions).where(agent_sessions.c.agent_id == agent_id))


def any_left(connection: Connection, agent_id: int) -> bool:
    """Whether the agent is signed in anywhere."""
    its = select(agent_sessions.c.token_hash).where(
        agent_sessions.c.agent_id == agent_id, agent_sessions.c.expires_at > func.now()
    )
    return bool(connection.execute(select(its.exists())).scalar_one())


def csrf(token: str) -> str:
    """What a page of ours sends along with every change: derived from the session, and useless for guessing it."""
    return hmac.new(token.encode(), b"csrf", sha256).hexdigest()


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()

"""Agents to try the desk with. Their password stands in the env file, so they can sign in on this machine only."""

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import Connection

from switchboard.database.tables import agents, team_members, teams
from switchboard.desk.passwords import hash_password, matches
from switchboard.settings import Settings

DEMO = {"demo@larkspur.example": ("Dana", "admin"), "sam@larkspur.example": ("Sam", "agent")}

DISMISS = text("update switchboard.agents set active = false, presence = 'away' where demo and active")
SIGN_OUT = text("""
    delete from switchboard.agent_sessions s using switchboard.agents a where a.agent_id = s.agent_id and a.demo
""")


def wanted(settings: Settings) -> bool:
    """Whether there are demo agents: only while nobody else can reach this machine's desk, a proxy's visitors neither."""
    return settings.only_here and not settings.public_url and bool(settings.desk_demo_password)


def hire(connection: Connection, settings: Settings) -> None:
    """Let there be demo agents in all teams, with the password of the settings; or none, where others could reach them."""
    if not wanted(settings):
        connection.execute(DISMISS)
        connection.execute(SIGN_OUT)
        return
    for email, (name, role) in DEMO.items():
        _hire(connection, email, name, role, _hash(connection, email, settings.desk_demo_password))


def _hash(connection: Connection, email: str, password: str) -> str:
    """The stored hash if it is this password's."""
    query = select(agents.c.password_hash).where(agents.c.email == email)
    stored: str | None = connection.execute(query).scalar_one_or_none()
    return stored if stored and matches(stored, password) else hash_password(password)


def _hire(connection: Connection, email: str, name: str, role: str, password_hash: str) -> None:
    values = {"name": name, "role": role, "password_hash": password_hash, "active": True, "demo": True}
    added = upsert(agents).values(email=email, **values)
    theirs = added.on_conflict_do_update(
        index_elements=[text("lower(email)")],
        set_={"password_hash": password_hash, "active": True},
        where=agents.c.demo,
    )
    agent_id = connection.execute(theirs.returning(agents.c.agent_id)).scalar_one_or_none()
    if agent_id is not None:
        everywhere = select(teams.c.team, text(str(int(agent_id))))
        joined = upsert(team_members).from_select(["team", "agent_id"], everywhere)
        connection.execute(joined.on_conflict_do_nothing())

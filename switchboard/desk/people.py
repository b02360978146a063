"""Who works in the desk: read by supervisors, changed by admins."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, insert, text, update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from switchboard.conversations.changes import announce_desk
from switchboard.database.tables import agents, team_members
from switchboard.desk import sessions
from switchboard.desk.views import Person, Role
from switchboard.errors import BadRequest, NotFound
from switchboard.routing.presence import set_presence

EVERYBODY = text("""
    select a.agent_id, a.name, a.email, a.role, a.capacity, a.skills, a.presence, a.seen_at, a.active, a.demo,
           (select count(*) from switchboard.conversations c
             where c.agent_id = a.agent_id and c.holder = 'agent') as load,
           array(select team from switchboard.team_members m where m.agent_id = a.agent_id order by team) as teams
      from switchboard.agents a order by a.active desc, a.name, a.agent_id
""")
IS_ACTIVE = text("select active from switchboard.agents where agent_id = :agent_id for no key update")


@dataclass(frozen=True)
class Profile:
    """What an admin says about an agent. `agent_id` is None for a new one; without `password_hash` it stays."""

    email: str
    name: str
    role: Role = "agent"
    teams: Sequence[str] = ()
    capacity: int = 5
    skills: Sequence[str] = ()
    active: bool = True
    agent_id: int | None = None
    password_hash: str | None = None


def read_people(connection: Connection) -> list[Person]:
    """Everybody, those who have left at the end."""
    rows = connection.execute(EVERYBODY)
    return [Person(**{**row._mapping, "teams": tuple(row.teams), "skills": tuple(row.skills)}) for row in rows]


def save(connection: Connection, profile: Profile) -> int:
    """Add an agent, or change one; returns their id.

    Who leaves gives up their conversations and is signed out; so is who gets a new password.

    Raises:
        BadRequest: another agent has this address, or there is no such team.
        NotFound: there is no such agent.
    """
    try:
        with connection.begin_nested():
            agent_id = _add(connection, profile) if profile.agent_id is None else _change(connection, profile)
            _join(connection, agent_id, profile.teams)
    except IntegrityError as error:
        raise BadRequest(_why(error)) from None
    if profile.password_hash or not profile.active:
        sessions.end_all(connection, agent_id)
    announce_desk(connection)
    return agent_id


def _add(connection: Connection, profile: Profile) -> int:
    added = insert(agents).values(_columns(profile)).returning(agents.c.agent_id)
    return int(connection.execute(added).scalar_one())


def _change(connection: Connection, profile: Profile) -> int:
    assert profile.agent_id is not None
    active = connection.execute(IS_ACTIVE, {"agent_id": profile.agent_id}).scalar_one_or_none()
    if active is None:
        raise NotFound("There is no such agent.")
    if active and not profile.active:
        set_presence(connection, profile.agent_id, "away")
    connection.execute(update(agents).where(agents.c.agent_id == profile.agent_id).values(_columns(profile)))
    return profile.agent_id


def _columns(profile: Profile) -> dict[str, object]:
    kept = {} if profile.password_hash is None else {"password_hash": profile.password_hash}
    return {
        "email": profile.email,
        "name": profile.name,
        "role": profile.role,
        "capacity": profile.capacity,
        "skills": list(profile.skills),
        "active": profile.active,
        **kept,
    }


def _join(connection: Connection, agent_id: int, teams: Sequence[str]) -> None:
    connection.execute(delete(team_members).where(team_members.c.agent_id == agent_id))
    rows = [{"team": team, "agent_id": agent_id} for team in dict.fromkeys(teams)]
    if rows:
        connection.execute(insert(team_members), rows)


def _why(error: IntegrityError) -> str:
    constraint = error.orig.diag.constraint_name
    return {
        "agents_email_key": "Somebody else has this e-mail address.",
        "team_members_team_fkey": "There is no such team.",
    }.get(constraint, f"This can't be stored ({constraint}).")

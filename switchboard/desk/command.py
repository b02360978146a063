"""`python -m switchboard desk add-admin`: the first person who can sign in, or one who has lost their password."""

import argparse
import getpass
import sys

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from switchboard.conversations.contacts import valid_address
from switchboard.database.engine import make_engine
from switchboard.database.tables import agents, team_members, teams
from switchboard.desk.passwords import hash_password, new_password
from switchboard.desk.people import Profile, save
from switchboard.errors import BadRequest
from switchboard.settings import Settings


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Make the admin, and say how they sign in."""
    email = valid_address(options.email)
    asked = ask() if sys.stdin.isatty() else ""
    password = asked or new_password()
    hashed = hash_password(password)
    engine = make_engine(settings, pool_size=1)
    with engine.begin() as connection:
        name = add_admin(connection, email, options.name, hashed)
    engine.dispose()
    print(f"{name} can sign in at /desk as {email}.")
    if not asked:
        print(f"Password: {password}")
    return 0


def ask() -> str:
    """A password from the terminal, typed twice; empty for one to be made."""
    password = getpass.getpass("Password (empty: make one): ")
    if password and getpass.getpass("Once more: ") != password:
        raise BadRequest("That was not the same twice.")
    return password


def add_admin(connection: Connection, email: str, name: str | None, password_hash: str) -> str:
    """A new admin in all teams; or who has this address already, as an admin with this password. Returns their name."""
    known = connection.execute(select(agents).where(func.lower(agents.c.email) == email.lower())).one_or_none()
    if known is None:
        named = name or email.partition("@")[0].capitalize()
        everywhere = connection.execute(select(teams.c.team)).scalars().all()
        save(connection, Profile(email, named, "admin", everywhere, password_hash=password_hash))
        return named
    theirs = select(team_members.c.team).where(team_members.c.agent_id == known.agent_id)
    profile = Profile(
        email=known.email,
        name=name or known.name,
        role="admin",
        teams=connection.execute(theirs).scalars().all(),
        capacity=known.capacity,
        skills=known.skills,
        agent_id=known.agent_id,
        password_hash=password_hash,
    )
    save(connection, profile)
    return profile.name

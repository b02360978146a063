"""The page about people, and the call that changes them."""

from dataclasses import replace
from typing import Annotated

import anyio
import msgspec
from sqlalchemy.engine import Connection
from starlette.requests import Request
from starlette.responses import Response

from switchboard.conversations.contacts import valid_address
from switchboard.desk.counts import read_tally
from switchboard.desk.guards import csrf_of
from switchboard.desk.pages import teams_of
from switchboard.desk.parts import desk
from switchboard.desk.passwords import hash_password, new_password
from switchboard.desk.people import Profile, read_people, save
from switchboard.desk.render import render
from switchboard.desk.views import Agent, PeoplePage, Person, Role
from switchboard.errors import BadRequest
from switchboard.web.context import context
from switchboard.web.http import answer, read

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=80, pattern=r"^(?=.*\S)[^\x00-\x1f\x7f]+\Z")]
Word = Annotated[str, msgspec.Meta(min_length=1, max_length=80, pattern=r"^[\w-]+\Z")]


class Change(msgspec.Struct):
    """An agent, new or as they should be."""

    email: str
    name: Name
    role: Role = "agent"
    teams: list[Word] = []
    capacity: Annotated[int, msgspec.Meta(ge=0, le=50)] = 5
    skills: list[Word] = []
    active: bool = True
    agent_id: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)] | None = None
    new_password: bool = False


async def people(request: Request, agent: Agent) -> Response:
    """Everybody, and what they do now."""
    everybody, counts = await context(request).transaction(_read, agent)
    page = PeoplePage(agent, csrf_of(request), counts, everybody, teams_of(request), agent.role == "admin")
    return render("people.html", page)


async def change(request: Request, agent: Agent) -> Response:
    """Add or change an agent. A password that was made is in the answer, and nowhere else."""
    wanted = await read(request, Change)
    profile = _profile(wanted)
    if wanted.agent_id == agent.agent_id and (not wanted.active or wanted.role != "admin"):
        raise BadRequest("Another admin has to take this away from you.")
    password = new_password() if wanted.agent_id is None or wanted.new_password else None
    if password:
        hashed = await anyio.to_thread.run_sync(hash_password, password, limiter=desk(request).hashing)
        profile = replace(profile, password_hash=hashed)
    agent_id = await context(request).transaction(save, profile)
    return answer({"agent_id": agent_id, **({"password": password} if password else {})})


def _profile(wanted: Change) -> Profile:
    return Profile(
        email=valid_address(wanted.email),
        name=wanted.name.strip(),
        role=wanted.role,
        teams=wanted.teams,
        capacity=wanted.capacity,
        skills=wanted.skills,
        active=wanted.active,
        agent_id=wanted.agent_id,
    )


def _read(connection: Connection, agent: Agent) -> tuple[list[Person], dict[str, int]]:
    return read_people(connection), read_tally(connection).of(agent)

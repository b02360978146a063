"""The desk's calls: what agents do."""

from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from sqlalchemy.engine import Connection
from starlette.requests import Request
from starlette.responses import Response

from switchboard.conversations.changes import announce_typing
from switchboard.desk import acting, sessions
from switchboard.desk.access import visible
from switchboard.desk.corrections import correct
from switchboard.desk.guards import COOKIE, token_of
from switchboard.desk.parts import desk
from switchboard.desk.views import Agent
from switchboard.routing.presence import seen, set_presence
from switchboard.web.context import context
from switchboard.web.conversations import ClientId, conversation
from switchboard.web.http import answer, read

Seq = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]


class Message(msgspec.Struct):
    client_message_id: ClientId
    text: str


class Note(msgspec.Struct):
    text: str


class Transfer(msgspec.Struct):
    """To a team, an agent, or an agent for a team."""

    team: ClientId | None = None
    agent_id: Seq | None = None
    note: str | None = None


class Resolution(msgspec.Struct):
    outcome: str
    note: str | None = None


class GiveBack(msgspec.Struct):
    note: str | None = None


class Read(msgspec.Struct):
    seq: Seq


class Correction(msgspec.Struct):
    seq: Seq
    intent: str
    comment: str | None = None


class Typing(msgspec.Struct):
    typing: bool = True


class Presence(msgspec.Struct):
    presence: str


async def take(request: Request, agent: Agent) -> Response:
    await _do(request, acting.take, agent, conversation(request))
    return answer({})


async def send(request: Request, agent: Agent) -> Response:
    new, parts = await read(request, Message), context(request)
    its = conversation(request), new.text, new.client_message_id, parts.settings.max_message_chars
    return answer({"seq": await _do(request, acting.send, agent, *its)})


async def note(request: Request, agent: Agent) -> Response:
    new = await read(request, Note)
    return answer({"note_id": await _do(request, acting.write_note, agent, conversation(request), new.text)})


async def transfer(request: Request, agent: Agent) -> Response:
    to = await read(request, Transfer)
    await _do(request, acting.transfer, agent, conversation(request), to.team, to.agent_id, to.note)
    return answer({})


async def resolve(request: Request, agent: Agent) -> Response:
    said = await read(request, Resolution)
    await _do(request, acting.resolve, agent, conversation(request), said.outcome, said.note)
    return answer({})


async def give_back(request: Request, agent: Agent) -> Response:
    said = await read(request, GiveBack)
    await _do(request, acting.give_back, agent, conversation(request), said.note)
    return answer({})


async def has_read(request: Request, agent: Agent) -> Response:
    up_to = await read(request, Read)
    await _do(request, acting.has_read, agent, conversation(request), up_to.seq)
    return answer({})


async def correction(request: Request, agent: Agent) -> Response:
    said, intents = await read(request, Correction), desk(request).intents
    await _do(request, correct, agent, intents, conversation(request), said.seq, said.intent, said.comment)
    return answer({})


async def typing(request: Request, agent: Agent) -> Response:
    """The customer sees who is typing."""
    sign = await read(request, Typing)
    await _do(request, _type, agent, conversation(request), sign.typing)
    return answer({})


async def presence(request: Request, agent: Agent) -> Response:
    chosen = await read(request, Presence)
    await _do(request, set_presence, agent.agent_id, chosen.presence)
    return answer({})


async def alive(request: Request, agent: Agent) -> Response:
    """A sign of life; open desks give one every half minute, and hear whether they have been away meanwhile."""
    await _do(request, seen, agent.agent_id)
    return answer({"presence": agent.presence})


async def sign_out(request: Request, agent: Agent) -> Response:
    """Who is signed in nowhere any more is away, and their conversations wait for somebody else."""
    await _do(request, _sign_out, agent, token_of(request))
    response = answer({})
    response.delete_cookie(COOKIE, path="/desk")
    return response


async def _do(request: Request, work: Callable[..., Any], *args: Any) -> Any:
    return await context(request).transaction(work, *args)


def _type(connection: Connection, agent: Agent, conversation_id: str, typing: bool) -> None:
    if visible(connection, agent, conversation_id).agent_id == agent.agent_id:
        announce_typing(connection, conversation_id, "agent", agent.name, typing)


def _sign_out(connection: Connection, agent: Agent, token: str) -> None:
    sessions.end(connection, token)
    if not sessions.any_left(connection, agent.agent_id):
        set_presence(connection, agent.agent_id, "away")

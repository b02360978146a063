"""An open desk's news as server-sent events."""

import time
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import msgspec
from sqlalchemy.engine import Connection
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from switchboard.database.engine import DATABASE_AWAY
from switchboard.desk import sessions
from switchboard.desk.access import visible
from switchboard.desk.guards import token_of
from switchboard.desk.live import Live, Stream
from switchboard.desk.parts import desk
from switchboard.desk.standing import Standing, read_standings
from switchboard.desk.views import Agent
from switchboard.errors import UnknownConversation
from switchboard.web.changes import wait_for
from switchboard.web.context import Context, context
from switchboard.web.conversations import id_of

CHECK_SECONDS = 15.0
"""How often it is made sure that its agent is still signed in; and that proxies see something pass."""

OF_CONVERSATION = ("conversation", "typing")
"""News of the conversation that is open."""

HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


async def events(request: Request, agent: Agent) -> Response:
    """News for an agent, and of the conversation that they have open."""
    parts, asked = context(request), request.query_params.get("conversation")
    conversation_id = id_of(asked) if asked else None
    if conversation_id:
        await parts.transaction(visible, agent, conversation_id)
    news = stream(parts, desk(request).live, agent, token_of(request), conversation_id)
    return StreamingResponse(news, media_type="text/event-stream", headers=HEADERS)


async def stream(
    parts: Context, live: Live, agent: Agent, token: str, conversation_id: str | None
) -> AsyncIterator[bytes]:
    """Until the agent leaves or is signed out, or the database is away; desks come back by themselves."""
    with live.open(agent, conversation_id) as open_desk, suppress(*DATABASE_AWAY):
        checked = time.monotonic()
        yield b": here\n\n"
        while True:
            await wait_for(open_desk.news, CHECK_SECONDS)
            async for each in _told(parts, open_desk):
                yield each
            if time.monotonic() - checked < CHECK_SECONDS:
                continue
            checked = time.monotonic()
            present = await parts.transaction(sessions.find, token)
            if present is None:
                yield event("signed-out", {})
                return
            open_desk.agent = present
            yield b": still here\n\n"


def event(name: str, data: Any) -> bytes:
    """One server-sent event."""
    return f"event: {name}\ndata: ".encode() + msgspec.json.encode(data) + b"\n\n"


async def _told(parts: Context, open_desk: Stream) -> AsyncIterator[bytes]:
    """What is new; of the conversation only while its agent may see it, for it may have become another team's."""
    for name, data in open_desk.take():
        if name not in OF_CONVERSATION:
            yield event(name, data)
        elif standing := await parts.transaction(_standing, open_desk.agent, open_desk.conversation_id):
            yield event(name, standing if name == "conversation" else data)


def _standing(connection: Connection, agent: Agent, conversation_id: str) -> Standing | None:
    try:
        visible(connection, agent, conversation_id)
    except UnknownConversation:
        return None
    return read_standings(connection, [conversation_id]).get(conversation_id)

"""A conversation as server-sent events."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress

import msgspec
from sqlalchemy.engine import Connection
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from switchboard.conversations.accept import check_token
from switchboard.conversations.transcript import PAGE, Message, State, read_messages, read_state
from switchboard.database.engine import DATABASE_AWAY
from switchboard.web.context import Context, context
from switchboard.web.conversations import after, conversation
from switchboard.web.http import bearer
from switchboard.web.metrics import OPEN_STREAMS

LOOK_SECONDS = 5.0
"""How often the database is read without a hint."""

KEEP_ALIVE_SECONDS = 15.0


async def events(request: Request) -> Response:
    """New messages and changes of state as they come; `Last-Event-ID` resumes."""
    parts, conversation_id = context(request), conversation(request)
    known = after(request)
    await parts.transaction(check_token, conversation_id, bearer(request))
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(stream(parts, conversation_id, known), media_type="text/event-stream", headers=headers)


async def stream(parts: Context, conversation_id: str, known: int) -> AsyncIterator[bytes]:
    """Events after message `known`, for as long as the client listens and the database answers; clients come back."""
    state: State | None = None
    said = time.monotonic()
    with parts.changes.of(conversation_id) as changed, OPEN_STREAMS.track_inprogress():
        while True:
            changed.clear()
            try:
                news, latest = await parts.transaction(_look, conversation_id, known)
            except DATABASE_AWAY:
                return
            for message in news:
                known = message.seq
                yield event("message", message, message.seq)
            if latest != state:
                state = latest
                yield event("state", latest)
            if news:
                said = time.monotonic()
            elif time.monotonic() - said > KEEP_ALIVE_SECONDS:
                said = time.monotonic()
                yield b": keep-alive\n\n"
            if len(news) < PAGE:
                await _wait(changed)


def event(name: str, data: Message | State, number: int | None = None) -> bytes:
    """One server-sent event, as the HTML standard's section on server-sent events spells it."""
    identity = f"id: {number}\n" if number else ""
    return f"event: {name}\n{identity}data: ".encode() + msgspec.json.encode(data) + b"\n\n"


def _look(connection: Connection, conversation_id: str, known: int) -> tuple[list[Message], State]:
    return read_messages(connection, conversation_id, known), read_state(connection, conversation_id)


async def _wait(changed: asyncio.Event) -> None:
    with suppress(asyncio.TimeoutError):
        await asyncio.wait_for(changed.wait(), LOOK_SECONDS)


routes = [Route("/api/conversations/{conversation_id}/events", events, methods=["GET"])]

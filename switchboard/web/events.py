"""A conversation as server-sent events."""

import time
from collections.abc import AsyncIterator

import msgspec
from sqlalchemy.engine import Connection
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from switchboard.conversations import visits
from switchboard.conversations.accept import check_token
from switchboard.conversations.transcript import PAGE, Message, read_messages
from switchboard.database.engine import DATABASE_AWAY
from switchboard.web.changes import wait_for
from switchboard.web.context import Context, context
from switchboard.web.conversations import after, conversation
from switchboard.web.http import bearer
from switchboard.web.metrics import OPEN_STREAMS
from switchboard.web.state import CustomerState, read_customer_state

KEEP_ALIVE_SECONDS = 15.0
"""How long a stream may be silent, and how often the database is read without a hint: what changes is announced."""

QUEUE_SECONDS = 5.0
"""How often it is read for who waits in a queue: their place and their expected wait change unannounced."""


async def events(request: Request) -> Response:
    """New messages and changes of state as they come; `Last-Event-ID` resumes."""
    parts, conversation_id = context(request), conversation(request)
    known = after(request)
    await parts.transaction(_admit, parts, conversation_id, bearer(request), known)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(stream(parts, conversation_id, known), media_type="text/event-stream", headers=headers)


async def stream(parts: Context, conversation_id: str, known: int) -> AsyncIterator[bytes]:
    """Events after message `known`, for as long as the client listens and the database answers; clients come back."""
    state: CustomerState | None = None
    said = time.monotonic()
    noted = 0.0
    with parts.changes.of(conversation_id) as changed, OPEN_STREAMS.track_inprogress():
        while True:
            changed.clear()
            note = time.monotonic() - noted > visits.NOTED_SECONDS
            try:
                if note:
                    await parts.transaction(visits.looked, conversation_id)
                news, latest = await parts.snapshot(_look, parts, conversation_id, known)
            except DATABASE_AWAY:
                return
            noted = time.monotonic() if note else noted
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
                pause = QUEUE_SECONDS if latest.holder == "queue" else KEEP_ALIVE_SECONDS
                await wait_for(changed, min(pause, parts.typists.lapses_in(conversation_id) or pause))


def event(name: str, data: Message | CustomerState, number: int | None = None) -> bytes:
    """One server-sent event, as the HTML standard's section on server-sent events spells it."""
    identity = f"id: {number}\n" if number else ""
    return f"event: {name}\n{identity}data: ".encode() + msgspec.json.encode(data) + b"\n\n"


def _admit(connection: Connection, parts: Context, conversation_id: str, token: str, known: int) -> None:
    check_token(connection, parts.settings, conversation_id, token)
    visits.has_read(connection, conversation_id, known)


def _look(
    connection: Connection, parts: Context, conversation_id: str, known: int
) -> tuple[list[Message], CustomerState]:
    """In a snapshot: a state that runs ahead of the messages would tell that one is dealt with before it is known."""
    news = read_messages(connection, conversation_id, known)
    state = read_customer_state(connection, parts.teams, parts.flows, conversation_id)
    if any(message.sender == "agent" for message in news):
        parts.typists.stopped(conversation_id)
    state.typing = parts.typists.name(conversation_id)
    return news, state


routes = [Route("/api/conversations/{conversation_id}/events", events, methods=["GET"])]

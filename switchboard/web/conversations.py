"""The customers' API: conversations and their messages."""

from typing import Annotated
from uuid import UUID

import msgspec
from sqlalchemy.engine import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from switchboard.conversations import accept, holder
from switchboard.conversations.transcript import Message, State, read_messages, read_state
from switchboard.errors import BadRequest, UnknownConversation
from switchboard.settings import Settings
from switchboard.web.context import context
from switchboard.web.http import answer, bearer, read

ClientId = Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern="^[^\\u0000]*$")]


class NewMessage(msgspec.Struct):
    """A message to send: the text that was typed, or the id of the button that was pressed."""

    client_message_id: ClientId
    text: str | None = None
    button: str | None = None

    def __post_init__(self) -> None:
        if (self.text is None) == (self.button is None):
            raise ValueError("give either `text` or `button`")


class Accepted(msgspec.Struct):
    """The message's number in its conversation."""

    seq: int


class Transcript(msgspec.Struct):
    """Messages, and who holds the conversation."""

    messages: list[Message]
    holder: str
    team: str | None


class Started(msgspec.Struct):
    """A new conversation and the token that opens it."""

    conversation_id: str
    token: str


async def start(request: Request) -> Response:
    """Start a conversation."""
    opened = await context(request).transaction(accept.open_conversation)
    return answer(Started(opened.conversation_id, opened.token), 201)


async def send(request: Request) -> Response:
    """Send a message; the same `client_message_id` twice is one message."""
    message = await read(request, NewMessage)
    parts = context(request)
    seq = await parts.transaction(_accept, parts.settings, conversation(request), bearer(request), message)
    return answer(Accepted(seq), 202)


async def list_messages(request: Request) -> Response:
    """Messages after the number `after`, in order."""
    transcript = await context(request).transaction(_read, conversation(request), bearer(request), after(request))
    return answer(transcript)


async def close(request: Request) -> Response:
    """End the conversation."""
    transcript = await context(request).transaction(_close, conversation(request), bearer(request))
    return answer(transcript)


def conversation(request: Request) -> str:
    """The conversation's id from the path.

    Raises:
        UnknownConversation: it is not an id.
    """
    try:
        return str(UUID(request.path_params["conversation_id"]))
    except ValueError:
        raise UnknownConversation from None


def after(request: Request) -> int:
    """The number of the last message that the caller knows.

    Raises:
        BadRequest: it is not a number.
    """
    text = request.headers.get("last-event-id") or request.query_params.get("after") or "0"
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise BadRequest("`after` must be the number of a message.")
    return int(text)


def _accept(connection: Connection, settings: Settings, conversation_id: str, token: str, new: NewMessage) -> int:
    accept.check_token(connection, conversation_id, token)
    if new.button is not None:
        return accept.accept_button(connection, settings, conversation_id, new.button, new.client_message_id)
    return accept.accept_text(connection, settings, conversation_id, new.text or "", new.client_message_id)


def _read(connection: Connection, conversation_id: str, token: str, number: int) -> Transcript:
    accept.check_token(connection, conversation_id, token)
    return _transcript(connection, conversation_id, number)


def _close(connection: Connection, conversation_id: str, token: str) -> Transcript:
    accept.check_token(connection, conversation_id, token)
    holder.close(connection, conversation_id)
    return _transcript(connection, conversation_id, 0)


def _transcript(connection: Connection, conversation_id: str, number: int) -> Transcript:
    state: State = read_state(connection, conversation_id)
    return Transcript(read_messages(connection, conversation_id, number), state.holder, state.team)


routes = [
    Route("/api/conversations", start, methods=["POST"]),
    Route("/api/conversations/{conversation_id}/messages", send, methods=["POST"]),
    Route("/api/conversations/{conversation_id}/messages", list_messages, methods=["GET"]),
    Route("/api/conversations/{conversation_id}/close", close, methods=["POST"]),
]

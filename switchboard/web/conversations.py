"""The customers' API: conversations and their messages."""

from typing import Annotated
from uuid import UUID

import msgspec
from sqlalchemy.engine import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from switchboard.conversations import accept, beginning, holder, visits
from switchboard.conversations.transcript import Message, read_messages
from switchboard.errors import BadRequest, UnknownConversation
from switchboard.settings import Settings
from switchboard.web.context import Context, context
from switchboard.web.http import answer, bearer, counted, origin, read
from switchboard.web.state import CustomerState, read_customer_state

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


class Transcript(CustomerState, kw_only=True):
    """Messages, and the conversation's state."""

    messages: list[Message]


class Started(msgspec.Struct):
    """A new conversation and the token that opens it."""

    conversation_id: str
    token: str


async def start(request: Request) -> Response:
    """Start a conversation."""
    parts = context(request)
    address, secret = request.client.host if request.client else None, parts.settings.link_secret
    opened = await parts.transaction(_start, origin(address, secret), counted(address, secret))
    return answer(Started(opened.conversation_id, opened.token), 201)


async def send(request: Request) -> Response:
    """Send a message; the same `client_message_id` twice is one message."""
    message = await read(request, NewMessage)
    parts = context(request)
    seq = await parts.transaction(_accept, parts.settings, conversation(request), bearer(request), message)
    return answer(Accepted(seq), 202)


async def list_messages(request: Request) -> Response:
    """Messages after the number `after`, in order."""
    parts = context(request)
    transcript = await parts.transaction(_read, parts, conversation(request), bearer(request), after(request))
    return answer(transcript)


async def close(request: Request) -> Response:
    """End the conversation."""
    parts = context(request)
    return answer(await parts.transaction(_close, parts, conversation(request), bearer(request)))


def conversation(request: Request) -> str:
    """The conversation's id from the path.

    Raises:
        UnknownConversation: it is not an id.
    """
    return id_of(request.path_params["conversation_id"])


def id_of(text: str) -> str:
    """A conversation's id as it is written elsewhere; raises what `conversation` raises."""
    try:
        return str(UUID(text))
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


def _start(connection: Connection, place: str | None, counted: str | None) -> accept.Opened:
    beginning.count(connection, counted)
    return accept.open_conversation(connection, place)


def _accept(connection: Connection, settings: Settings, conversation_id: str, token: str, new: NewMessage) -> int:
    by_link = accept.check_token(connection, settings, conversation_id, token)
    if new.button is not None:
        return accept.accept_button(connection, settings, conversation_id, new.button, new.client_message_id, by_link)
    return accept.accept_text(connection, settings, conversation_id, new.text or "", new.client_message_id, by_link)


def _read(connection: Connection, parts: Context, conversation_id: str, token: str, number: int) -> Transcript:
    accept.check_token(connection, parts.settings, conversation_id, token)
    visits.looked(connection, conversation_id)
    visits.has_read(connection, conversation_id, number)
    return _transcript(connection, parts, conversation_id, number)


def _close(connection: Connection, parts: Context, conversation_id: str, token: str) -> Transcript:
    accept.check_token(connection, parts.settings, conversation_id, token)
    holder.lock(connection, conversation_id)
    holder.close(connection, conversation_id)
    return _transcript(connection, parts, conversation_id, 0)


def _transcript(connection: Connection, parts: Context, conversation_id: str, number: int) -> Transcript:
    state = read_customer_state(connection, parts.teams, parts.flows, conversation_id)
    state.typing = parts.typists.name(conversation_id)
    return Transcript(messages=read_messages(connection, conversation_id, number), **msgspec.structs.asdict(state))


routes = [
    Route("/api/conversations", start, methods=["POST"]),
    Route("/api/conversations/{conversation_id}/messages", send, methods=["POST"]),
    Route("/api/conversations/{conversation_id}/messages", list_messages, methods=["GET"]),
    Route("/api/conversations/{conversation_id}/close", close, methods=["POST"]),
]

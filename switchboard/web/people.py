"""The customers' calls around the people they talk with: typing, going back to the bot, an address, a rating."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar
from uuid import uuid4

import msgspec
from sqlalchemy.engine import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from switchboard.conversations import accept, contacts, ratings
from switchboard.conversations.changes import announce_typing
from switchboard.conversations.holder import lock, take_back
from switchboard.conversations.reference import reference_of
from switchboard.conversations.saying import tell
from switchboard.conversations.text import clean
from switchboard.errors import ConversationClosed, NotByLink, NotWaiting
from switchboard.settings import Settings
from switchboard.turns.addresses import keep_address
from switchboard.turns.resuming import resumption
from switchboard.web.context import context
from switchboard.web.conversations import ClientId, conversation
from switchboard.web.http import answer, bearer, read

T = TypeVar("T")

PEOPLE = ("queue", "agent")

BACK = "You are back with our automated assistant. What can I do for you?"

MOST_COMMENT = 2000


@dataclass(frozen=True)
class Admitted:
    """Who calls: the conversation that they have opened, and whether with the link of a mail."""

    settings: Settings
    conversation_id: str
    by_link: bool


class Typing(msgspec.Struct):
    """Whether the customer is typing; said again every few seconds while they are."""

    typing: bool


class Rating(msgspec.Struct):
    """How the customer rates the conversation, 1 (bad) to 5 (good), and why."""

    score: Annotated[int, msgspec.Meta(ge=1, le=5)]
    comment: str | None = None


class Contact(msgspec.Struct):
    """Where the customer wants the answer if they have left, and what they want to say; an id keeps a repeated call from
    saying it twice."""

    email: str
    message: str | None = None
    client_message_id: ClientId | None = None


class Reference(msgspec.Struct):
    """What the request is called."""

    reference: str


async def typing(request: Request) -> Response:
    """The customer types, or has stopped."""
    sign = await read(request, Typing)
    await _call(request, _typing, sign.typing)
    return answer({})


async def rating(request: Request) -> Response:
    """Rate the conversation; a second rating replaces the first."""
    given = await read(request, Rating)
    await _call(request, _rate, given)
    return answer({})


async def contact(request: Request) -> Response:
    """Leave an e-mail address, and a message."""
    return answer(await _call(request, _leave_contact, await read(request, Contact)))


async def back_to_bot(request: Request) -> Response:
    """Stop waiting for a person, and talk with the assistant again."""
    await _call(request, _back_to_bot)
    return answer({})


async def _call(request: Request, work: Callable[..., T], *args: Any) -> T:
    """`work(connection, customer, *args)` in a transaction, for who may."""
    settings, conversation_id, token = context(request).settings, conversation(request), bearer(request)

    def admitted(connection: Connection) -> T:
        by_link = accept.check_token(connection, settings, conversation_id, token)
        return work(connection, Admitted(settings, conversation_id, by_link), *args)

    return await context(request).transaction(admitted)


def _typing(connection: Connection, customer: Admitted, typing: bool) -> None:
    announce_typing(connection, customer.conversation_id, "customer", typing=typing)


def _rate(connection: Connection, customer: Admitted, given: Rating) -> None:
    comment = clean(given.comment, MOST_COMMENT) if given.comment and given.comment.strip() else None
    lock(connection, customer.conversation_id)
    ratings.rate(connection, customer.conversation_id, given.score, comment)


def _leave_contact(connection: Connection, customer: Admitted, left: Contact) -> Reference:
    settings, conversation_id = customer.settings, customer.conversation_id
    address = contacts.valid_address(left.email)
    holder, _ = lock(connection, conversation_id)
    if holder not in PEOPLE:
        raise ConversationClosed if holder == "closed" else NotWaiting
    kept = contacts.left(connection, conversation_id)
    if customer.by_link and kept not in (None, address):
        raise NotByLink("Through the link of a mail the address can't be changed. Please start a new conversation.")
    if left.message and left.message.strip():
        client_id = left.client_message_id or str(uuid4())
        accept.accept_text(connection, settings, conversation_id, left.message, client_id, customer.by_link)
    keep_address(connection, settings, conversation_id, address)
    return Reference(reference_of(connection, conversation_id) or "")


def _back_to_bot(connection: Connection, customer: Admitted) -> None:
    conversation_id = customer.conversation_id
    holder, _ = lock(connection, conversation_id)
    if holder != "queue":
        raise NotWaiting
    take_back(connection, conversation_id, "cancelled", resumption(connection, conversation_id))
    tell(connection, conversation_id, BACK)


routes = [
    Route(f"/api/conversations/{{conversation_id}}/{name}", call, methods=["POST"])
    for name, call in (("typing", typing), ("rating", rating), ("contact", contact), ("back-to-bot", back_to_bot))
]

"""The one door for messages. What is acknowledged here is stored, numbered and queued."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest
from secrets import token_urlsafe
from uuid import uuid4

from sqlalchemy import insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import Connection

from switchboard import queue
from switchboard.conversations import links
from switchboard.conversations.backlog import backlog_of
from switchboard.conversations.changes import announce
from switchboard.conversations.counts import ACCEPTED, refusals_counted
from switchboard.conversations.holder import lock
from switchboard.conversations.text import clean
from switchboard.database.tables import conversations, messages
from switchboard.errors import (
    ConversationClosed,
    Overloaded,
    TooManyMessages,
    Unauthorized,
    UnknownButton,
    UnknownConversation,
)
from switchboard.settings import Settings


@dataclass(frozen=True)
class Opened:
    """A new conversation and the token that opens it, which is stored only as a hash."""

    conversation_id: str
    token: str


@dataclass(frozen=True)
class Said:
    """What the customer said: their words, for a pressed button what it sends to the assistant, and whether it came
    through the link of a mail."""

    text: str
    payload: str | None = None
    by_link: bool = False


def open_conversation(connection: Connection, origin: str | None = None) -> Opened:
    """Start a conversation in the web chat; `origin` is the caller's network address, hashed."""
    opened = Opened(str(uuid4()), token_urlsafe(32))
    values = {
        "conversation_id": opened.conversation_id,
        "channel": "web",
        "token_hash": hash_token(opened.token),
        "origin": origin,
    }
    connection.execute(insert(conversations).values(values))
    return opened


def conversation_of(connection: Connection, channel: str, sender: str, origin: str | None = None) -> str:
    """The sender's open conversation on a channel, started if there is none; `origin` as in `open_conversation`."""
    found_or_started = (
        upsert(conversations)
        .values(conversation_id=str(uuid4()), channel=channel, sender=sender, origin=origin)
        .on_conflict_do_update(
            index_elements=["channel", "sender"],
            index_where=text("sender is not null and holder <> 'closed'"),
            set_={"updated_at": text("now()")},
        )
        .returning(conversations.c.conversation_id)
    )
    return str(connection.execute(found_or_started).scalar_one())


def check_token(connection: Connection, settings: Settings, conversation_id: str, token: str) -> bool:
    """Let in who has the conversation's token, or the signed one of a link in a mail; returns whether it is a link's.

    Raises:
        UnknownConversation: no such conversation.
        Unauthorized: the token is not this conversation's.
    """
    query = select(conversations.c.token_hash).where(conversations.c.conversation_id == conversation_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise UnknownConversation
    if compare_digest(row.token_hash or "", hash_token(token)):
        return False
    if links.opens(settings.link_secret, conversation_id, token):
        return True
    raise Unauthorized


@refusals_counted
def accept_text(
    connection: Connection,
    settings: Settings,
    conversation_id: str,
    message: str,
    client_id: str,
    by_link: bool = False,
) -> int:
    """Take a typed message; the same `client_id` twice is one message. `by_link` is what `check_token` returned.

    Returns:
        The message's number in the conversation.

    Raises:
        EmptyMessage, MessageTooLong: the text can't be taken.
        UnknownConversation, ConversationClosed, TooManyMessages: the conversation can't take it.
        Overloaded: too many messages wait in all.
    """
    said = Said(clean(message, settings.max_message_chars), by_link=by_link)
    return _accept(connection, settings, conversation_id, client_id, lambda: said)


@refusals_counted
def accept_button(
    connection: Connection,
    settings: Settings,
    conversation_id: str,
    button: str,
    client_id: str,
    by_link: bool = False,
) -> int:
    """Take a pressed button, named by the id it was offered with, like a message with its title as text.

    Raises:
        UnknownButton: it is not on the latest message to the customer.
        UnknownConversation, ConversationClosed, TooManyMessages: the conversation can't take it.
        Overloaded: too many messages wait in all.
    """
    return _accept(
        connection, settings, conversation_id, client_id, lambda: _pressed(connection, conversation_id, button, by_link)
    )


def hash_token(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def _accept(
    connection: Connection, settings: Settings, conversation_id: str, client_id: str, said: Callable[[], Said]
) -> int:
    holder, waiting = lock(connection, conversation_id)
    accepted = _accepted(connection, conversation_id, client_id)
    if accepted:
        return accepted
    if holder == "closed":
        raise ConversationClosed
    if waiting >= settings.max_waiting_per_conversation:
        raise TooManyMessages
    backlog = backlog_of(connection)
    if backlog.waiting(connection) >= settings.max_waiting:
        raise Overloaded
    seq = _store(connection, settings, conversation_id, said(), client_id)
    backlog.taken()
    ACCEPTED.inc()
    return seq


def _accepted(connection: Connection, conversation_id: str, client_id: str) -> int | None:
    query = select(messages.c.seq).where(
        messages.c.conversation_id == conversation_id, messages.c.client_message_id == client_id
    )
    return connection.execute(query).scalar_one_or_none()


def _store(connection: Connection, settings: Settings, conversation_id: str, said: Said, client_id: str) -> int:
    pause = settings.gather_seconds if said.payload is None else 0.0
    seq = _next_seq(connection, conversation_id, pause)
    connection.execute(
        insert(messages).values(
            conversation_id=conversation_id,
            seq=seq,
            sender="customer",
            text=said.text,
            payload=said.payload,
            client_message_id=client_id,
            by_link=said.by_link,
        )
    )
    queue.wake(connection)
    announce(connection, conversation_id)
    return seq


def _next_seq(connection: Connection, conversation_id: str, pause: float) -> int:
    """The conversation's next number; it is claimable after `pause` seconds if nothing else waits in it."""
    query = (
        update(conversations)
        .where(conversations.c.conversation_id == conversation_id)
        .values(
            last_seq=conversations.c.last_seq + 1,
            waiting=conversations.c.waiting + 1,
            claimable_at=text("coalesce(claimable_at, now() + make_interval(secs => :pause))").bindparams(pause=pause),
            updated_at=text("now()"),
        )
        .returning(conversations.c.last_seq)
    )
    return int(connection.execute(query).scalar_one())


def _pressed(connection: Connection, conversation_id: str, button: str, by_link: bool) -> Said:
    latest = (
        select(messages.c.buttons)
        .where(
            messages.c.conversation_id == conversation_id,
            messages.c.sender != "customer",
            messages.c.suppressed.is_(False),
        )
        .order_by(messages.c.seq.desc())
        .limit(1)
    )
    offered = connection.execute(latest).scalar_one_or_none() or []
    for choice in offered:
        if choice["id"] == button:
            return Said(choice["title"], choice["payload"], by_link)
    raise UnknownButton

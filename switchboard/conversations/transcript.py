"""Reading a conversation as its customer sees it."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.engine import Connection

from switchboard.database.tables import agents, conversations, messages
from switchboard.errors import UnknownConversation

PAGE = 500
"""Messages read at once."""


class Button(msgspec.Struct):
    """A choice offered to the customer."""

    id: str
    title: str


class Message(msgspec.Struct):
    """One message of a conversation. `outcome` is set on a customer's message once it is dealt with; `agent` is the
    name of the person who wrote it."""

    seq: int
    sender: str
    text: str
    buttons: list[Button]
    in_reply_to: int | None
    outcome: str | None
    at: datetime
    agent: str | None = None


class State(msgspec.Struct):
    """Who holds the conversation, the agent's name if one does, and which of the customer's messages are not dealt
    with yet."""

    holder: str
    team: str | None
    pending: list[int]
    agent: str | None = None


def read_messages(connection: Connection, conversation_id: str, after: int = 0) -> list[Message]:
    """Messages with a number above `after`, in order, at most `PAGE`."""
    query = (
        _with_agent()
        .where(
            messages.c.conversation_id == conversation_id,
            messages.c.seq > after,
            messages.c.suppressed.is_(False),
        )
        .order_by(messages.c.seq)
        .limit(PAGE)
    )
    return [_message(row) for row in connection.execute(query)]


def read_message(connection: Connection, conversation_id: str, seq: int) -> Message:
    """The message with this number."""
    query = _with_agent().where(messages.c.conversation_id == conversation_id, messages.c.seq == seq)
    return _message(connection.execute(query).one())


def read_state(connection: Connection, conversation_id: str) -> State:
    """
    Raises:
        UnknownConversation: no such conversation.
    """
    query = (
        select(conversations.c.holder, conversations.c.team, agents.c.name)
        .outerjoin(agents, agents.c.agent_id == conversations.c.agent_id)
        .where(conversations.c.conversation_id == conversation_id)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        raise UnknownConversation
    return State(row.holder, row.team, _pending(connection, conversation_id), row.name)


def read_replies(connection: Connection, conversation_id: str, seq: int) -> tuple[str | None, list[Message]]:
    """The outcome of the customer's message `seq`, and the replies to it."""
    outcome = select(messages.c.outcome).where(messages.c.conversation_id == conversation_id, messages.c.seq == seq)
    replies = (
        _with_agent()
        .where(
            messages.c.conversation_id == conversation_id,
            messages.c.in_reply_to == seq,
            messages.c.suppressed.is_(False),
        )
        .order_by(messages.c.seq)
    )
    return connection.execute(outcome).scalar_one(), [_message(row) for row in connection.execute(replies)]


def _with_agent() -> Any:
    return select(messages, agents.c.name.label("agent")).outerjoin(agents, agents.c.agent_id == messages.c.agent_id)


def _pending(connection: Connection, conversation_id: str) -> list[int]:
    query = (
        select(messages.c.seq)
        .where(
            messages.c.conversation_id == conversation_id,
            messages.c.sender == "customer",
            messages.c.outcome.is_(None),
        )
        .order_by(messages.c.seq)
    )
    return list(connection.execute(query).scalars())


def _message(row: Any) -> Message:
    buttons = [Button(b["id"], b["title"]) for b in row.buttons]
    return Message(row.seq, row.sender, row.text, buttons, row.in_reply_to, row.outcome, row.created_at, row.agent)

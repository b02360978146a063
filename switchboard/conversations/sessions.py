"""Sessions of Socket.IO clients: one secret id, any number of conversations, the open one among them the last."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from secrets import token_hex

import msgspec
from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import Connection

from switchboard.conversations import accept
from switchboard.conversations.changes import announce
from switchboard.conversations.transcript import PAGE, Button
from switchboard.database.tables import conversations, socketio_deliveries
from switchboard.errors import ConversationClosed
from switchboard.settings import Settings

CHANNEL = "socketio"

SESSION_BYTES = 16

RACES = 3
"""How often a conversation may be closed under a message's hands before it is refused."""

REPLIES = text("""
    select m.conversation_id, m.seq, m.sender, m.text, m.buttons
      from switchboard.conversations c
      join switchboard.messages m using (conversation_id)
     where c.channel = 'socketio' and c.sender = :sender
       and m.seq > coalesce((cast(:known as jsonb) ->> cast(c.conversation_id as text))::integer, 0)
       and m.sender <> 'customer' and not m.suppressed
     order by c.created_at, c.conversation_id, m.seq
     limit :page
""")


@dataclass(frozen=True)
class Session:
    """A session as a client resumes it: who it is, and the last delivered number in each of its conversations."""

    session_id: str
    delivered: Mapping[str, int]


@dataclass(frozen=True)
class SessionReply:
    """A message to the session's customer."""

    conversation_id: str
    seq: int
    sender: str
    text: str
    buttons: list[Button]


@dataclass(frozen=True)
class News:
    """The replies that are due, in order, and the conversation in which the next will come."""

    replies: list[SessionReply]
    conversation_id: str


def sender_of(session_id: str) -> str:
    """What is stored of a session's id, which opens its conversations: its hash."""
    return sha256(session_id.encode()).hexdigest()


def open_session(connection: Connection, origin: str | None = None) -> Session:
    """A new session with a conversation in it. Its id has 128 random bits; `origin` is the network address, hashed."""
    session_id = token_hex(SESSION_BYTES)
    _open_conversation(connection, session_id, origin)
    return _session(connection, session_id)


def find_session(connection: Connection, session_id: str) -> Session | None:
    """The session, if the id is one that was issued here."""
    found = _session(connection, session_id)
    return found if found.delivered else None


def accept_message(
    connection: Connection,
    settings: Settings,
    session_id: str,
    words: str,
    button: str | None,
    client_id: str,
    origin: str | None = None,
) -> int:
    """Take what the session's customer typed, or the button they pressed; after an ended conversation in a new one.

    Raises:
        SwitchboardError: what `accept_text` and `accept_button` raise.
    """
    for _ in range(RACES):
        conversation_id = _open_conversation(connection, session_id, origin)
        try:
            if button is not None:
                return accept.accept_button(connection, settings, conversation_id, button, client_id)
            return accept.accept_text(connection, settings, conversation_id, words, client_id)
        except ConversationClosed:
            continue
    raise ConversationClosed


def read_news(connection: Connection, session_id: str, known: Mapping[str, int]) -> News:
    """Replies above the numbers in `known`, at most `PAGE`."""
    sender = sender_of(session_id)
    values = {"sender": sender, "known": msgspec.json.encode(known).decode(), "page": PAGE}
    replies = [
        SessionReply(
            str(row.conversation_id),
            row.seq,
            row.sender,
            row.text,
            [Button(each["id"], each["title"]) for each in row.buttons],
        )
        for row in connection.execute(REPLIES, values)
    ]
    return News(replies, _latest(connection, sender) or "")


def mark_delivered(connection: Connection, delivered: Mapping[str, int]) -> None:
    """These went out. Of two clients of a session the one that is further counts."""
    for conversation_id, seq in delivered.items():
        table = socketio_deliveries
        query = update(table).where(table.c.conversation_id == conversation_id, table.c.delivered_seq < seq)
        connection.execute(query.values(delivered_seq=seq))


def unmark_delivered(connection: Connection, arrived: Mapping[str, int]) -> None:
    """What came after these went out to a connection that was dead: it is due again."""
    table = socketio_deliveries
    for conversation_id, seq in arrived.items():
        query = update(table).where(table.c.conversation_id == conversation_id, table.c.delivered_seq > seq)
        connection.execute(query.values(delivered_seq=seq))


def _session(connection: Connection, session_id: str) -> Session:
    query = (
        select(conversations.c.conversation_id, func.coalesce(socketio_deliveries.c.delivered_seq, 0))
        .join(
            socketio_deliveries, socketio_deliveries.c.conversation_id == conversations.c.conversation_id, isouter=True
        )
        .where(conversations.c.channel == CHANNEL, conversations.c.sender == sender_of(session_id))
    )
    return Session(session_id, {row[0]: row[1] for row in connection.execute(query)})


def _open_conversation(connection: Connection, session_id: str, origin: str | None) -> str:
    """The session's open conversation; if a new one had to be started, whoever shows the last one is told."""
    sender = sender_of(session_id)
    last = _latest(connection, sender)
    conversation_id = accept.conversation_of(connection, CHANNEL, sender, origin)
    if conversation_id != last:
        row = upsert(socketio_deliveries).values(conversation_id=conversation_id).on_conflict_do_nothing()
        connection.execute(row)
        if last:
            announce(connection, last)
    return conversation_id


def _latest(connection: Connection, sender: str) -> str | None:
    query = (
        select(conversations.c.conversation_id)
        .where(conversations.c.channel == CHANNEL, conversations.c.sender == sender)
        .order_by(conversations.c.created_at.desc(), conversations.c.conversation_id)
        .limit(1)
    )
    return connection.execute(query).scalar_one_or_none()

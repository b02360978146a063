"""What people and the system say in a conversation, and what agents note beside it. Call with the conversation locked."""

from sqlalchemy import insert, select, text, update
from sqlalchemy.engine import Connection

from switchboard.conversations.changes import announce
from switchboard.database.tables import conversations, messages, notes


def say(connection: Connection, conversation_id: str, agent_id: int, words: str, client_id: str) -> int:
    """An agent's message to the customer; the same `client_id` twice is one message.

    Returns:
        The message's number.
    """
    known = select(messages.c.seq).where(
        messages.c.conversation_id == conversation_id, messages.c.client_message_id == client_id
    )
    said = connection.execute(known).scalar_one_or_none()
    return said or _add(connection, conversation_id, "agent", words, agent_id=agent_id, client_message_id=client_id)


def tell(connection: Connection, conversation_id: str, words: str) -> int:
    """A message of the system to the customer, that an agent has joined, say; returns its number."""
    return _add(connection, conversation_id, "system", words)


def note(connection: Connection, conversation_id: str, words: str, agent_id: int | None = None) -> int:
    """A private note beside the latest message, an agent's or our own; returns its id."""
    latest = select(conversations.c.last_seq).where(conversations.c.conversation_id == conversation_id)
    values = {"conversation_id": conversation_id, "agent_id": agent_id, "text": words}
    added = insert(notes).values(after_seq=latest.scalar_subquery(), **values).returning(notes.c.note_id)
    note_id = int(connection.execute(added).scalar_one())
    announce(connection, conversation_id)
    return note_id


def _add(connection: Connection, conversation_id: str, sender: str, words: str, **values: object) -> int:
    number = (
        update(conversations)
        .where(conversations.c.conversation_id == conversation_id)
        .values(last_seq=conversations.c.last_seq + 1, updated_at=text("now()"))
        .returning(conversations.c.last_seq)
    )
    seq = int(connection.execute(number).scalar_one())
    row = {"conversation_id": conversation_id, "seq": seq, "sender": sender, "text": words, **values}
    connection.execute(insert(messages).values(row))
    announce(connection, conversation_id)
    return seq

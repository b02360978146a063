"""Saying that a conversation changed. The notification is a hint with an id; the rows are the truth."""

from sqlalchemy import text
from sqlalchemy.engine import Connection

CHANNEL = "switchboard_conversation"


def announce(connection: Connection, conversation_id: str) -> None:
    """Tell whoever shows this conversation, at commit, to read it again."""
    values = {"channel": CHANNEL, "conversation_id": conversation_id}
    connection.execute(text("select pg_notify(:channel, :conversation_id)"), values)

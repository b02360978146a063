"""Saying that a conversation changed. The notification is a hint with an id; the rows are the truth."""

import json

from sqlalchemy import text
from sqlalchemy.engine import Connection

CHANNEL = "switchboard_conversation"

DESK = "switchboard_desk"

TYPING = "switchboard_typing"
"""What is said here is nowhere else: who missed it has missed nothing."""


def announce(connection: Connection, conversation_id: str) -> None:
    """Tell whoever shows this conversation, at commit, to read it again."""
    values = {"channel": CHANNEL, "conversation_id": conversation_id}
    connection.execute(text("select pg_notify(:channel, :conversation_id)"), values)


def announce_desk(connection: Connection) -> None:
    """Tell, at commit, that something in the desk's lists changed: who waits, who has what, who is there."""
    connection.execute(text("select pg_notify(:channel, '')"), {"channel": DESK})


def announce_typing(
    connection: Connection, conversation_id: str, who: str, name: str = "", typing: bool = True
) -> None:
    """Tell whoever shows this conversation that the `customer` or the `agent` is typing, or has stopped."""
    told = {"conversation_id": conversation_id, "who": who, "name": name, "typing": typing}
    connection.execute(text("select pg_notify(:channel, :told)"), {"channel": TYPING, "told": json.dumps(told)})

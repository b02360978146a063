"""Who holds a conversation: the bot, a team's queue, an agent, or nobody any more."""

from sqlalchemy import insert, text, update
from sqlalchemy.engine import Connection

from switchboard.conversations.changes import announce
from switchboard.database.tables import conversations, handoffs


def hand_over(connection: Connection, conversation_id: str, seq: int, team: str, reason: str) -> None:
    """Put the conversation into a team's queue, because of the customer's message `seq`."""
    _hold(connection, conversation_id, holder="queue", team=team)
    values = {"conversation_id": conversation_id, "seq": seq, "team": team, "reason": reason}
    connection.execute(insert(handoffs).values(values))


def close(connection: Connection, conversation_id: str) -> None:
    """End the conversation; closing it twice is closing it once."""
    _hold(connection, conversation_id, holder="closed")
    ended = update(handoffs).where(handoffs.c.conversation_id == conversation_id, handoffs.c.ended_at.is_(None))
    connection.execute(ended.values(ended_at=text("now()")))


def _hold(connection: Connection, conversation_id: str, **values: str) -> None:
    changed = update(conversations).where(conversations.c.conversation_id == conversation_id)
    connection.execute(changed.values(updated_at=text("now()"), **values))
    announce(connection, conversation_id)

"""Who holds a conversation: the bot, a team's queue, an agent, or nobody any more."""

from sqlalchemy import insert, select, text, update
from sqlalchemy.engine import Connection

from switchboard.conversations.changes import announce
from switchboard.database.tables import conversations, handoffs
from switchboard.errors import UnknownConversation


def lock(connection: Connection, conversation_id: str) -> tuple[str, int]:
    """Lock the conversation; returns its holder and how many of its messages wait.

    Raises:
        UnknownConversation: no such conversation.
    """
    query = (
        select(conversations.c.holder, conversations.c.waiting)
        .where(conversations.c.conversation_id == conversation_id)
        .with_for_update()
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        raise UnknownConversation
    return row.holder, row.waiting


def hand_over(connection: Connection, conversation_id: str, seq: int, team: str, reason: str) -> None:
    """Put the conversation into a team's queue, because of the customer's message `seq`."""
    _hold(connection, conversation_id, holder="queue", team=team)
    values = {"conversation_id": conversation_id, "seq": seq, "team": team, "reason": reason}
    connection.execute(insert(handoffs).values(values))


def take_back(connection: Connection, conversation_id: str) -> None:
    """Give a conversation that waits in a queue back to the bot; its handoff ends."""
    _hold(connection, conversation_id, holder="bot", team=None)
    _end_handoff(connection, conversation_id)


def close(connection: Connection, conversation_id: str) -> None:
    """End the conversation; closing it twice is closing it once."""
    _hold(connection, conversation_id, holder="closed")
    _end_handoff(connection, conversation_id)


def _end_handoff(connection: Connection, conversation_id: str) -> None:
    ended = update(handoffs).where(handoffs.c.conversation_id == conversation_id, handoffs.c.ended_at.is_(None))
    connection.execute(ended.values(ended_at=text("now()")))


def _hold(connection: Connection, conversation_id: str, **values: str | None) -> None:
    changed = update(conversations).where(conversations.c.conversation_id == conversation_id)
    connection.execute(changed.values(updated_at=text("now()"), **values))
    announce(connection, conversation_id)

"""CSAT: how customers rate a conversation, 1 to 5 and in words."""

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import Connection

from switchboard.conversations.changes import announce
from switchboard.database.tables import handoffs, messages, ratings
from switchboard.errors import NothingToRate


def rate(connection: Connection, conversation_id: str, score: int, comment: str | None) -> None:
    """Keep the customer's rating, with the agent who had the conversation last; a later one replaces it.

    Raises:
        NothingToRate: nobody has replied yet.
    """
    if not _replied(connection, conversation_id):
        raise NothingToRate
    values = {"score": score, "comment": comment, "agent_id": _last_agent(connection, conversation_id)}
    added = upsert(ratings).values(conversation_id=conversation_id, **values)
    replaced = added.on_conflict_do_update(
        index_elements=["conversation_id"], set_={**values, "created_at": func.now()}
    )
    connection.execute(replaced)
    announce(connection, conversation_id)


def _replied(connection: Connection, conversation_id: str) -> bool:
    replies = select(messages.c.seq).where(
        messages.c.conversation_id == conversation_id,
        messages.c.sender.in_(("bot", "agent")),
        messages.c.suppressed.is_(False),
    )
    return bool(connection.execute(select(replies.exists())).scalar_one())


def _last_agent(connection: Connection, conversation_id: str) -> int | None:
    query = (
        select(handoffs.c.agent_id)
        .where(handoffs.c.conversation_id == conversation_id, handoffs.c.agent_id.is_not(None))
        .order_by(handoffs.c.handoff_id.desc())
        .limit(1)
    )
    return connection.execute(query).scalar_one_or_none()

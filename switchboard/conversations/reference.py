"""The reference number by which a customer can name their request."""

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from switchboard.database.tables import handoffs


def reference(handoff_id: int) -> str:
    """`H` and the handoff's number."""
    return f"H{handoff_id}"


def reference_of(connection: Connection, conversation_id: str) -> str | None:
    """The reference of the conversation's latest handoff, if a person was ever called."""
    query = select(func.max(handoffs.c.handoff_id)).where(handoffs.c.conversation_id == conversation_id)
    latest = connection.execute(query).scalar_one()
    return None if latest is None else reference(latest)

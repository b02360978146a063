"""The verified customer of a conversation: a column of ours, never something that was said."""

from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from switchboard.conversations.changes import announce
from switchboard.database.tables import conversations
from switchboard.errors import OtherCustomer


@dataclass(frozen=True)
class Verified:
    """A customer of a business system, and how surely it is them: 1 knows, 2 proved."""

    crm: str
    external_id: str
    level: int


def verified(connection: Connection, conversation_id: str) -> Verified | None:
    """Who the conversation's customer is, if that is known."""
    columns = conversations.c.crm, conversations.c.external_id, conversations.c.identity_level
    row = connection.execute(select(*columns).where(conversations.c.conversation_id == conversation_id)).one_or_none()
    return Verified(row.crm, row.external_id, row.identity_level) if row and row.identity_level else None


def verify(connection: Connection, conversation_id: str, customer: Verified) -> Verified:
    """Note who the customer is; what was shown before is not lost.

    Raises:
        OtherCustomer: the conversation is somebody else's.
    """
    query = (
        select(conversations.c.external_id, conversations.c.crm, conversations.c.identity_level)
        .where(conversations.c.conversation_id == conversation_id)
        .with_for_update()
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return customer
    if row.identity_level and (row.crm, row.external_id) != (customer.crm, customer.external_id):
        raise OtherCustomer
    level = max(row.identity_level, customer.level)
    noted = {"crm": customer.crm, "external_id": customer.external_id, "identity_level": level}
    connection.execute(update(conversations).where(conversations.c.conversation_id == conversation_id).values(noted))
    announce(connection, conversation_id)
    return Verified(customer.crm, customer.external_id, level)

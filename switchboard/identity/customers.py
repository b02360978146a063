"""The verified customer of a conversation: a column of ours, never something that was said."""

from dataclasses import dataclass
from uuid import UUID

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


def is_ours(conversation_id: str) -> bool:
    """Whether it can be a conversation of ours; a single question and Rasa's own channels have ids of other shapes.

    >>> is_ours("0f8d4f1e-6d4c-4f7e-9f0a-0d5b7c1e2a3b"), is_ours("me")
    (True, False)
    """
    try:
        UUID(conversation_id)
    except ValueError:
        return False
    return True


def verified(connection: Connection, conversation_id: str) -> Verified | None:
    """Who the conversation's customer is, if that is known."""
    if not is_ours(conversation_id):
        return None
    columns = conversations.c.crm, conversations.c.external_id, conversations.c.identity_level
    row = connection.execute(select(*columns).where(conversations.c.conversation_id == conversation_id)).one_or_none()
    return Verified(row.crm, row.external_id, row.identity_level) if row and row.identity_level else None


def verify(connection: Connection, conversation_id: str, customer: Verified) -> Verified:
    """Note who the customer is; what was shown before is not lost, unless it was to another business system.

    Where there is no conversation nothing can be noted.

    Raises:
        OtherCustomer: the conversation is somebody else's.
    """
    if not is_ours(conversation_id):
        return customer
    query = (
        select(conversations.c.external_id, conversations.c.crm, conversations.c.identity_level)
        .where(conversations.c.conversation_id == conversation_id)
        .with_for_update()
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return customer
    shown = row.identity_level if row.crm == customer.crm else 0
    if shown and row.external_id != customer.external_id:
        raise OtherCustomer
    level = max(shown, customer.level)
    noted = {"crm": customer.crm, "external_id": customer.external_id, "identity_level": level}
    connection.execute(update(conversations).where(conversations.c.conversation_id == conversation_id).values(noted))
    announce(connection, conversation_id)
    return Verified(customer.crm, customer.external_id, level)

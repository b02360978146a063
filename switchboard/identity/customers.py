"""The verified customer of a conversation: columns of ours, never something that was said."""

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any
from uuid import UUID

from sqlalchemy import cast, func, select, update
from sqlalchemy.engine import Connection

from switchboard.conversations.changes import announce
from switchboard.database.tables import conversations, messages
from switchboard.errors import OtherCustomer

SHOWN = (
    conversations.c.crm,
    conversations.c.external_id,
    conversations.c.identity_level,
    conversations.c.identity_until,
)


NOTHING_BEGUN: dict[str, Any] = {"slots": {}}
"""What the assistant is told where it is to begin anew."""


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
    """Who the conversation's customer is, if that was shown and still counts."""
    if not is_ours(conversation_id):
        return None
    query = select(*SHOWN).where(conversations.c.conversation_id == conversation_id)
    row = connection.execute(query).one_or_none()
    return Verified(row.crm, row.external_id, row.identity_level) if row and _counts(row) else None


def verify(connection: Connection, conversation_id: str, customer: Verified, until: datetime) -> Verified:
    """Note who the customer is, and until when that counts; what was shown before and counts for more is not lost.

    Where there is no conversation nothing can be noted.

    Raises:
        OtherCustomer: the conversation is somebody else's.
    """
    if not is_ours(conversation_id):
        return customer
    query = select(*SHOWN).where(conversations.c.conversation_id == conversation_id).with_for_update()
    row = connection.execute(query).one_or_none()
    if row is None:
        return customer
    same_system = row.crm == customer.crm
    if same_system and row.external_id != customer.external_id:
        raise OtherCustomer
    before = (row.identity_level, row.identity_until) if same_system and _counts(row) else (0, until)
    level, ends = max(before, (customer.level, until))
    noted = {"crm": customer.crm, "external_id": customer.external_id, "identity_level": level, "identity_until": ends}
    connection.execute(update(conversations).where(conversations.c.conversation_id == conversation_id).values(noted))
    announce(connection, conversation_id)
    return Verified(customer.crm, customer.external_id, level)


def speaks_by_link(connection: Connection, conversation_id: str, by_link: bool) -> None:
    """Note whether the customer speaks through a mail's link or in the chat that the conversation began in.

    Who changes from one to the other may be another person: they have shown nothing, and nothing that was begun goes on.
    Through a link nothing can be shown either: others may have it, and whoever began the conversation reads along.
    """
    if not is_ours(conversation_id):
        return
    anew = {
        "by_link": by_link,
        "identity_level": 0,
        "identity_until": None,
        "resume": func.coalesce(conversations.c.resume, cast(NOTHING_BEGUN, conversations.c.resume.type)),
    }
    its = update(conversations).where(conversations.c.conversation_id == conversation_id)
    connection.execute(its.where(conversations.c.by_link.is_(not by_link)).values(anew))


def is_by_link(connection: Connection, conversation_id: str) -> bool:
    """Whether the customer speaks through a mail's link now."""
    if not is_ours(conversation_id):
        return False
    query = select(conversations.c.by_link).where(conversations.c.conversation_id == conversation_id)
    return bool(connection.execute(query).scalar_one_or_none())


def link_is_answered(connection: Connection, conversation_id: str) -> bool:
    """Whether messages that came through a link wait or are being dealt with; none comes before the transaction ends."""
    if not is_ours(conversation_id):
        return False
    its = select(conversations.c.waiting).where(conversations.c.conversation_id == conversation_id)
    if not connection.execute(its.with_for_update()).scalar_one_or_none():
        return False
    others = select(messages.c.seq).where(
        messages.c.conversation_id == conversation_id,
        messages.c.sender == "customer",
        messages.c.outcome.is_(None),
        messages.c.by_link,
    )
    return connection.execute(others.limit(1)).first() is not None


def _counts(row: Any) -> bool:
    return bool(row.identity_level) and row.identity_until > datetime.now(timezone.utc)

"""Where customers want to be written to who leave the chat before their answer is there."""

import re

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import Connection

from switchboard.conversations.attempts import DAY, allowed
from switchboard.conversations.changes import announce
from switchboard.database.tables import contacts, conversations
from switchboard.errors import BadAddress, TooManyMessages

ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}"
)
"""An address as mail servers take it without further ado: no quotes, no comments, nothing that could end a header."""

MOST_CHARACTERS = 254
"""Of an e-mail address (RFC 5321 with erratum 1690); a much longer one doesn't even fit into an index."""

PER_DAY = 5
"""How often a conversation may name an address, and how many confirmations an address gets: nobody can have a stranger
flooded with our mail."""


def valid_address(given: str) -> str:
    """The address without blanks around it.

    Raises:
        BadAddress: no mail could be sent there.
    """
    address = given.strip()
    if len(address) > MOST_CHARACTERS or not ADDRESS.fullmatch(address) or ".." in address:
        raise BadAddress
    return address


def left(connection: Connection, conversation_id: str) -> str | None:
    """The address that was left for this conversation."""
    its = select(contacts.c.email).where(contacts.c.conversation_id == conversation_id)
    return connection.execute(its).scalar_one_or_none()


def leave(connection: Connection, conversation_id: str, address: str) -> bool:
    """Keep the address for this conversation; returns whether it should be sent a confirmation.

    Raises:
        TooManyMessages: it was changed too often.
    """
    if left(connection, conversation_id) == address:
        return False
    if not allowed(connection, "contact", [conversation_id], PER_DAY, DAY):
        raise TooManyMessages("The address was changed too often. Please try again tomorrow.")
    last = select(conversations.c.last_seq).where(conversations.c.conversation_id == conversation_id).scalar_subquery()
    values = {"conversation_id": conversation_id, "email": address, "mailed_seq": last}
    added = upsert(contacts).values(values)
    connection.execute(added.on_conflict_do_update(index_elements=["conversation_id"], set_={"email": address}))
    announce(connection, conversation_id)
    return allowed(connection, "confirmation", [address.lower()], PER_DAY, DAY)


def masked(address: str) -> str:
    """Enough of the address to be known again.

    >>> masked("olivia.bennett@example.com")
    'o…@example.com'
    """
    return f"{address[0]}…@{address.rpartition('@')[2]}"

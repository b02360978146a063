"""How many conversations may be begun from one place in the network."""

from sqlalchemy.engine import Connection

from switchboard.conversations.attempts import HOUR, allowed
from switchboard.errors import TooManyConversations

MOST = 60
"""Within an hour. A whole office may come from one address; what nobody there would begin, a program gone wild does."""


def count(connection: Connection, origin: str | None) -> None:
    """Count one more conversation, if it comes from a place that is counted.

    Args:
        origin: a network address, hashed; None is nowhere in particular.

    Raises:
        TooManyConversations: enough were begun from there within the hour.
    """
    if origin and not allowed(connection, "conversation", [origin], MOST, HOUR):
        raise TooManyConversations

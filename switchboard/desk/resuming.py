"""What the assistant is told when a person gives a conversation back: the details that came up meanwhile."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.engine import Connection

from switchboard.desk.details import emails, order_numbers

WRITTEN = text("""
    select m.text from switchboard.messages m join switchboard.handoffs h using (conversation_id)
     where m.conversation_id = :conversation_id and h.ended_at is null and m.seq >= h.seq
       and m.sender in ('customer', 'agent')
     order by m.seq
""")


def known_since(connection: Connection, conversation_id: str) -> dict[str, str]:
    """The slots to fill from what customer and agent wrote since the person was called."""
    return slots(connection.execute(WRITTEN, {"conversation_id": conversation_id}).scalars().all())


def slots(written: Sequence[str]) -> dict[str, str]:
    """What was named last is what counts.

    >>> slots(["it's order 12345", "Sorry, 23456 it is. Kim@example.com"])
    {'order_number': '23456', 'email': 'kim@example.com'}
    """
    finders = {"order_number": order_numbers, "email": emails}
    named = {slot: [each for text in written for each in find(text)] for slot, find in finders.items()}
    return {slot: values[-1] for slot, values in named.items() if values}

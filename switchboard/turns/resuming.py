"""What the assistant is told when it goes on after people: it begins a session of its own, in which it knows only this."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

from switchboard.turns.details import called_orders, order_numbers

MOST = 100
"""The latest messages looked through."""

WRITTEN = text("""
    select text from switchboard.messages
     where conversation_id = :conversation_id and sender in ('customer', 'agent')
     order by seq desc limit :most
""")


def resumption(connection: Connection, conversation_id: str) -> dict[str, Any]:
    """What to go on with: the slots to fill, from what customer and agents wrote."""
    its = {"conversation_id": conversation_id, "most": MOST}
    return {"slots": slots(connection.execute(WRITTEN, its).scalars().all())}


def slots(latest_first: Sequence[str]) -> dict[str, str]:
    """The order number that was named last; one that anybody has called an order's is it rather than others beside it.

    >>> slots(["Sorry, 23456 it is", "it's order 12345"]), slots(["To Springfield 62704, order 12345 is"])
    ({'order_number': '23456'}, {'order_number': '12345'})
    """
    called = {number for text in latest_first for number in called_orders(text)}
    for found in map(order_numbers, latest_first):
        if found:
            return {"order_number": next((number for number in reversed(found) if number in called), found[-1])}
    return {}

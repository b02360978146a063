"""What the assistant is told when it goes on after people: it begins a session of its own, in which it knows only this."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

from switchboard.turns.details import emails, order_numbers

MOST = 100
"""The latest messages looked through."""

WRITTEN = text("""
    select text from switchboard.messages
     where conversation_id = :conversation_id and sender in ('customer', 'agent')
     order by seq desc limit :most
""")


def resumption(connection: Connection, conversation_id: str, note: str = "") -> dict[str, Any]:
    """What to go on with: the slots to fill, from what customer and agents wrote, and the agent's note."""
    its = {"conversation_id": conversation_id, "most": MOST}
    return {"slots": slots(connection.execute(WRITTEN, its).scalars().all()), "note": note}


def slots(latest_first: Sequence[str]) -> dict[str, str]:
    """What was named last is what counts.

    >>> slots(["Sorry, 23456 it is. Kim@example.com", "it's order 12345"])
    {'order_number': '23456', 'email': 'kim@example.com'}
    """
    finders = {"order_number": order_numbers, "email": emails}
    named = {slot: _last(find, latest_first) for slot, find in finders.items()}
    return {slot: value for slot, value in named.items() if value}


def _last(find: Callable[[str], list[str]], latest_first: Sequence[str]) -> str | None:
    return next((found[-1] for found in map(find, latest_first) if found), None)

"""One conversation with everything an agent needs to go on with it."""

from dataclasses import fields
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection, Engine

from switchboard.conversations.contacts import left
from switchboard.desk.access import allowed, visible
from switchboard.desk.customer import card, read_past
from switchboard.desk.entries import Lines, read_entries
from switchboard.desk.handoffs import read_handoff
from switchboard.desk.inbox import item, read_row
from switchboard.desk.parts import Desk
from switchboard.desk.views import Agent, Conversation, Item, Rating

MORE = text("""
    select c.channel, c.last_seq, h.read_seq, h.outcome, r.score, r.comment
      from switchboard.conversations c
      left join switchboard.ratings r using (conversation_id)
      left join lateral (select read_seq, outcome from switchboard.handoffs
            where conversation_id = c.conversation_id order by handoff_id desc limit 1) h on true
     where c.conversation_id = :conversation_id
""")


def read_conversation(
    engine: Engine,
    desk: Desk,
    agent: Agent,
    conversation_id: str,
    lines: Lines,
    with_card: bool = False,
    email: str | None = None,
) -> Conversation:
    """The conversation with these of its lines.

    Args:
        with_card: whether the customer's card is wanted: a business system that is slow delays only what shows it.
        email: an address to look the customer up with, if they have not shown who they are.

    Raises:
        UnknownConversation: there is none that this agent may see.
    """
    with engine.begin() as connection:
        visible(connection, agent, conversation_id)
        row = read_row(connection, agent, conversation_id)
        stored = _stored(connection, desk, conversation_id, lines)
        past = read_past(connection, agent, row) if with_card else []
        email = email or left(connection, conversation_id)
    shown = item(row, desk.names)
    customer = card(desk, row, shown.title, past, email) if with_card else None
    return Conversation(
        **{field.name: getattr(shown, field.name) for field in fields(Item)},
        agent_id=row.agent_id,
        customer=customer,
        can=allowed(agent, row),
        **stored,
    )


def _stored(connection: Connection, desk: Desk, conversation_id: str, lines: Lines) -> dict[str, Any]:
    more = connection.execute(MORE, {"conversation_id": conversation_id}).one()
    return {
        "channel": more.channel,
        "last_seq": more.last_seq,
        "read_seq": more.read_seq or 0,
        "outcome": more.outcome,
        "rating": Rating(more.score, more.comment) if more.score else None,
        "entries": read_entries(connection, conversation_id, lines),
        "handoff": read_handoff(connection, conversation_id, desk.currency),
    }

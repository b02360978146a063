"""Agents' messages to customers who are away go to the address they left."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

from switchboard.conversations.reference import reference_of
from switchboard.mail.letters import Said, answer
from switchboard.mail.outbox import queue_mail
from switchboard.settings import Settings

CALM_SECONDS = 20.0
"""How long the agent must have said nothing more: several messages in a row are one mail."""

AT_ONCE = 50

AWAY = text("""
    select t.conversation_id, t.email, t.mailed_seq, c.last_seq
      from switchboard.contacts t
      join switchboard.conversations c using (conversation_id)
     where c.last_seq > t.mailed_seq
       and (select m.created_at < now() - make_interval(secs => :calm)
              from switchboard.messages m
             where m.conversation_id = t.conversation_id and m.seq > t.mailed_seq and m.sender = 'agent'
             order by m.seq desc limit 1)
       and not exists (
            select from switchboard.visits v
             where v.conversation_id = t.conversation_id and v.seen_at > now() - make_interval(secs => :away))
     order by t.conversation_id
     limit :most
       for update of t skip locked
""")
SAID = text("""
    select m.seq, m.text, m.created_at, a.name
      from switchboard.messages m
      join switchboard.agents a using (agent_id)
     where m.conversation_id = :conversation_id and m.seq > :mailed_seq and m.sender = 'agent'
     order by m.seq
""")
MAILED = text("update switchboard.contacts set mailed_seq = :seq where conversation_id = :conversation_id")


def queue_replies(connection: Connection, settings: Settings) -> int:
    """Write to the customers who left an address, are away and have not read an agent's messages; returns to how many.

    Each message is mailed once, and none that the customer said to have read.
    """
    values = {"calm": CALM_SECONDS, "away": settings.customer_away_seconds, "most": AT_ONCE}
    contacts = connection.execute(AWAY, values).all()
    for contact in contacts:
        _write_to(connection, settings, contact)
    return len(contacts)


def _write_to(connection: Connection, settings: Settings, contact: Any) -> None:
    conversation_id = str(contact.conversation_id)
    its = {"conversation_id": conversation_id}
    rows = connection.execute(SAID, {**its, "mailed_seq": contact.mailed_seq}).all()
    said = [Said(row.name, row.text, row.created_at) for row in rows]
    words = answer(settings, conversation_id, reference_of(connection, conversation_id) or "", said)
    queue_mail(connection, contact.email, words.subject, words.body, conversation_id)
    connection.execute(MAILED, {**its, "seq": max(rows[-1].seq, contact.last_seq)})

"""When the customer last looked, and how far they have read: whoever has read an answer gets no mail about it."""

from sqlalchemy import text
from sqlalchemy.engine import Connection

NOTED_SECONDS = 15
"""How exactly it is known when somebody looked; a write for every look would be too many."""

SEEN = text("""
    insert into switchboard.visits as known (conversation_id) values (:conversation_id)
    on conflict (conversation_id) do update set seen_at = now()
     where known.seen_at < now() - make_interval(secs => :noted)
""")
READ = text("""
    update switchboard.contacts set mailed_seq = least(:seq, c.last_seq)
      from switchboard.conversations c
     where c.conversation_id = :conversation_id and contacts.conversation_id = c.conversation_id
       and contacts.mailed_seq < least(:seq, c.last_seq)
""")


def looked(connection: Connection, conversation_id: str) -> None:
    """The customer has the conversation before them."""
    connection.execute(SEEN, {"conversation_id": conversation_id, "noted": NOTED_SECONDS})


def has_read(connection: Connection, conversation_id: str, seq: int) -> None:
    """The customer says that they have the messages up to this number."""
    connection.execute(READ, {"conversation_id": conversation_id, "seq": seq})

"""A conversation's lines as agents see them: also what the customer doesn't, notes and overtaken replies."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

from switchboard.desk.views import Entry, Understood

MOST = 500
"""Messages that are shown at once: the latest, with the notes beside them."""

NEWEST = 2**31 - 1

MESSAGES = text("""
    select m.*, a.name, c.intent as corrected
      from switchboard.messages m
      left join switchboard.agents a using (agent_id)
      left join switchboard.corrections c on c.conversation_id = m.conversation_id and c.seq = m.seq
     where m.conversation_id = :conversation_id and m.seq > :after and m.seq < :before
     order by m.seq desc limit :most
""")
NOTES = text("""
    select n.*, a.name from switchboard.notes n left join switchboard.agents a using (agent_id)
     where n.conversation_id = :conversation_id and n.after_seq >= :first and n.after_seq < :before
     order by n.note_id desc limit :most
""")


@dataclass(frozen=True)
class Lines:
    """Which messages are wanted: those with a number above `after` and below `before`."""

    after: int = 0
    before: int = NEWEST


def read_entries(connection: Connection, conversation_id: str, lines: Lines) -> list[Entry]:
    """The latest of the messages that are wanted, and the notes beside them or beside message `after`; in order."""
    values = {"conversation_id": conversation_id, "after": lines.after, "before": lines.before, "most": MOST}
    said = [(row.seq, 0, _message(row)) for row in connection.execute(MESSAGES, values)]
    first = said[-1][0] if len(said) == MOST else lines.after
    noted = [(row.after_seq, row.note_id, _note(row)) for row in connection.execute(NOTES, values | {"first": first})]
    return [entry for _, _, entry in sorted(said + noted, key=lambda each: each[:2])]


def _message(row: Any) -> Entry:
    return Entry(
        id=f"m{row.seq}",
        kind="system" if row.sender == "system" else "message",
        seq=row.seq,
        sender=row.sender,
        name=row.name,
        text=row.text,
        at=row.created_at,
        buttons=[button["title"] for button in row.buttons],
        understood=_understood(row) if row.intent else None,
        suppressed=row.suppressed,
        corrected=row.corrected,
        outcome=row.outcome,
    )


def _understood(row: Any) -> Understood:
    return Understood(row.intent, row.confidence, row.stage, list(row.actions or []))


def _note(row: Any) -> Entry:
    sender = "agent" if row.agent_id else "system"
    return Entry(f"n{row.note_id}", "note", row.after_seq, sender, row.name, row.text, row.created_at)

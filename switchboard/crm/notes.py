"""Notes for the business system: what agents write when they end a customer's conversation.

They are rows until the system has them, so that no agent waits for it and none is lost. The effects ledger sees to it
that each is there once.
"""

import logging
from collections.abc import Callable

from sqlalchemy import text
from sqlalchemy.engine import Connection, Engine, Row

from switchboard.crm.changes import AddNote, EffectKey
from switchboard.crm.contract import Crm
from switchboard.database import due
from switchboard.database.tables import crm_notes
from switchboard.errors import first_line
from switchboard.rounds import Rounds

log = logging.getLogger(__name__)

ROUND_SECONDS = 5.0

PAUSE_SECONDS = 300.0
"""Until the next try, and for how long a note is left to who tries; longer than an adapter may take."""

QUEUE = text("""
    insert into switchboard.crm_notes (handoff_id, crm, external_id, words)
    select h.handoff_id, c.crm, c.external_id, :words
      from switchboard.handoffs h join switchboard.conversations c using (conversation_id)
     where c.conversation_id = :conversation_id and c.identity_level > 0 and c.identity_until > h.created_at
       and h.handoff_id = (select max(handoff_id) from switchboard.handoffs where conversation_id = :conversation_id)
""")


class Notes(Rounds):
    """Writes down what is due. Runs beside the workers; any number of them may."""

    def __init__(self, engine: Engine, crm: Crm) -> None:
        super().__init__("notes", ROUND_SECONDS, "Notes for the business system have to wait")
        self.engine, self.crm = engine, crm

    def round(self) -> None:
        write_due(self.engine, self.crm, self.stopped.is_set)


def queue_note(connection: Connection, conversation_id: str, words: str) -> None:
    """Have a note about the conversation's customer written once the transaction is committed, if they were known when
    the person was called, or since."""
    connection.execute(QUEUE, {"conversation_id": conversation_id, "words": words})


def write_due(engine: Engine, crm: Crm, stopped: Callable[[], bool] = lambda: False) -> int:
    """Write the notes that are due, at most `due.AT_ONCE`, until one has to wait; returns how many the system was told."""
    for written in range(due.AT_ONCE):
        if stopped():
            return written
        note = _claim(engine)
        if note is None or not _write(engine, crm, note):
            return written
    return due.AT_ONCE


def _claim(engine: Engine) -> Row | None:
    with engine.begin() as connection:
        return due.claim(connection, crm_notes, PAUSE_SECONDS)


def _write(engine: Engine, crm: Crm, note: Row) -> bool:
    if note.crm != crm.name:
        return _give_up(engine, note, f"the customer is one of {note.crm}, not of {crm.name}")
    try:
        request, key = AddNote(note.external_id, note.words), EffectKey(f"handoff:{note.handoff_id}", AddNote.name)
        result = crm.carry_out(request, key)
    except Exception as error:  # mostly the system is away; whatever it is, the note has to wait, and not for ever
        return _failed(engine, note, first_line(error))
    if result.refused:
        log.warning("Note H%d is not in the business system, which says: %s", note.handoff_id, result.refused)
    with engine.begin() as connection:
        connection.execute(crm_notes.delete().where(crm_notes.c.handoff_id == note.handoff_id))
    return True


def _failed(engine: Engine, note: Row, error: str) -> bool:
    if note.age >= due.GIVE_UP_AFTER:
        return _give_up(engine, note, error)
    log.warning("Try %d to write note H%d into the business system failed: %s", note.tries, note.handoff_id, error)
    due.try_again(engine, crm_notes, note.handoff_id, error, PAUSE_SECONDS)
    return False


def _give_up(engine: Engine, note: Row, error: str) -> bool:
    log.error("Note H%d for the business system was given up after %d tries: %s", note.handoff_id, note.tries, error)
    due.give_up(engine, crm_notes, note.handoff_id, error)
    return False

"""Why a person was called, as agents are told."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

from switchboard.conversations.holder import PRIORITIES
from switchboard.desk.render import words
from switchboard.desk.summary import summarise
from switchboard.desk.views import Handoff

LATEST = text("""
    select * from switchboard.handoffs
     where conversation_id = :conversation_id order by handoff_id desc limit 1
""")
WRITTEN = text("""
    select text from switchboard.messages
     where conversation_id = :conversation_id and sender = 'customer' and seq <= :seq order by seq desc limit 50
""")
DECIDED = "decided"
"""Not a fact, but how the rules came to decide."""


def read_handoff(connection: Connection, conversation_id: str) -> Handoff | None:
    """The latest handoff; None if nobody was ever called."""
    row = connection.execute(LATEST, {"conversation_id": conversation_id}).one_or_none()
    if row is None:
        return None
    return Handoff(
        reason=row.reason,
        rule=row.rule,
        facts=[(words(name), _value(value)) for name, value in row.facts.items() if name != DECIDED],
        explanation=_explanation(row.rule, row.facts.get(DECIDED)),
        summary=[row.summary] if row.summary else _summary(connection, conversation_id, row.seq),
        priority=PRIORITIES[row.priority],
        at=row.created_at,
        team=row.team,
    )


def _summary(connection: Connection, conversation_id: str, seq: int) -> list[str]:
    written = connection.execute(WRITTEN, {"conversation_id": conversation_id, "seq": seq}).scalars().all()
    return summarise(written[::-1])


def _explanation(rule: str | None, decided: Mapping[str, Any] | None) -> list[str]:
    """Which rule it was and why none before it."""
    if not decided:
        return []
    found = f"Rule {rule}, {decided['where']}." if rule else f"No rule of {decided['where']} is about this."
    return [found, *(f"Not {passed}" for passed in decided["passed_over"])]


def _value(value: Any) -> str:
    """A fact as people write it.

    >>> _value(["legal", "press"]), _value(True), _value(0.5), _value("asked_for_a_person")
    ('legal, press', 'yes', '0.5', 'asked for a person')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(_value, value)) or "none"
    return str(value).replace("_", " ")

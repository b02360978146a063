"""Why a person was called, as agents are told."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

from switchboard.conversations.holder import PRIORITIES
from switchboard.crm.money import in_currency
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
LABELS = {"open_orders_value": "Open orders", "amount": "Sum named", "requested": "The bot asked because"}
DECIDED = "decided"
"""Not a fact, but how the rules came to decide."""


def read_handoff(connection: Connection, conversation_id: str, currency: str) -> Handoff | None:
    """The latest handoff; None if nobody was ever called."""
    row = connection.execute(LATEST, {"conversation_id": conversation_id}).one_or_none()
    if row is None:
        return None
    return Handoff(
        reason=row.reason,
        rule=row.rule,
        facts=[
            _fact(name, value, currency)
            for name, value in row.facts.items()
            if name != DECIDED and _says_something(value)
        ],
        explanation=_explanation(row.rule, row.facts.get(DECIDED)),
        summary=_summary(connection, conversation_id, row.seq),
        priority=PRIORITIES[row.priority],
        at=row.created_at,
        team=row.team,
        note=row.outcome_note,
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


def _says_something(value: Any) -> bool:
    """No keyword or a count of 0 is no news; that something is not so may be."""
    return isinstance(value, bool) or bool(value)


def _fact(name: str, value: Any, currency: str) -> tuple[str, str]:
    """Label and value. A sum that a customer names may be in any currency.

    >>> _fact("open_orders_value", 1214.8, "$"), _fact("amount", 1500.0, "$"), _fact("repeated_questions", 2, "$")
    (('Open orders', '$1,214.80'), ('Sum named', '1,500.00'), ('Repeated questions', '2'))
    """
    if name == "open_orders_value":
        return LABELS[name], in_currency(value, currency)
    return LABELS.get(name, words(name)), f"{value:,.2f}" if name == "amount" else _value(value)


def _value(value: Any) -> str:
    """A fact as people write it.

    >>> _value(["legal", "press"]), _value(True), _value(0.96832), _value("asked_for_a_person")
    ('legal, press', 'yes', '0.97', 'asked for a person')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(_value, value)) or "none"
    if isinstance(value, float):
        return str(round(value, 2))
    return str(value).replace("_", " ")

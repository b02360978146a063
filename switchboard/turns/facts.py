"""The facts of a turn, for the rules of escalation: from the message, the conversation, the CRM and the turn itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from sqlalchemy import and_, func, or_, select, true
from sqlalchemy.engine import Connection

from switchboard.crm.contract import Crm
from switchboard.database.tables import handoffs, messages
from switchboard.errors import CrmUnavailable
from switchboard.escalation.facts import Facts, Vocabulary, read_text
from switchboard.identity.customers import Verified, verified
from switchboard.routing.teams import Teams
from switchboard.turns.rasa import Turn

NOT_UNDERSTOOD = "action_fallback"
"""The action that asks to rephrase."""

LOOKED_BACK = 20
"""Earlier messages that are looked at."""

OPEN = ("pending", "processing", "shipped")
"""The states of orders that the customer still waits for."""


@dataclass(frozen=True)
class Past:
    """What has been so far, since a person last had the conversation.

    Attributes:
        written: what the customer has typed for this turn; empty for a pressed button.
        earlier: what they typed before, the latest first.
        failures: the turns before this one that did not understand them, in a row.
        waiting_minutes: how long the turn's first message waits.
        customer: the verified customer.
    """

    written: str
    earlier: Sequence[str]
    failures: int
    waiting_minutes: float
    customer: Verified | None


def look_back(connection: Connection, conversation_id: str, seqs: Sequence[int]) -> Past:
    """What the conversation was before the turn on the messages `seqs`."""
    rows = _latest(connection, conversation_id, seqs)
    mine, before = [row for row in rows if row.seq in seqs], [row for row in rows if row.seq not in seqs]
    return Past(
        written="\n".join(row.text for row in reversed(mine) if row.payload is None),
        earlier=[row.text for row in before if row.payload is None],
        failures=_failures(before),
        waiting_minutes=round(float(max(row.minutes for row in mine)), 1),
        customer=verified(connection, conversation_id),
    )


def at_first(past: Past, vocabulary: Vocabulary, teams: Teams) -> Facts:
    """What is known before the assistant is asked."""
    facts = read_text(past.written, vocabulary, past.earlier)
    return facts.with_(
        waiting_minutes=past.waiting_minutes,
        failures_in_row=past.failures,
        within_hours=teams[facts.topic].open_at(datetime.now(timezone.utc)),
    )


def understood(facts: Facts, turn: Turn) -> Facts:
    """The facts, with what the assistant made of the message."""
    failures = facts.failures_in_row
    if failures is not None:
        failures = failures + 1 if NOT_UNDERSTOOD in turn.actions else 0
    return facts.with_(
        intent=turn.intent,
        confidence=turn.confidence,
        failures_in_row=failures,
        requested=turn.handoff.reason if turn.handoff else None,
        requested_team=turn.handoff.team if turn.handoff else None,
    )


def of_customer(facts: Facts, crm: Crm, customer: Verified) -> Facts:
    """The facts, with what the CRM knows of the customer; without, if it can't be reached or they are another's."""
    if customer.crm != crm.name:
        return facts
    try:
        known, orders = crm.customer(customer.external_id), crm.orders(customer.external_id)
    except CrmUnavailable:
        return facts
    value = float(sum(order.total for order in orders if order.state in OPEN))
    return facts.with_(tier=known.tier, open_orders_value=value) if known else facts


def _latest(connection: Connection, conversation_id: str, seqs: Sequence[int]) -> list[Any]:
    """The customer's messages up to this turn, the latest first; none that came before a handoff, or until it ended."""
    minutes = (func.extract("epoch", func.now() - messages.c.created_at) / 60).label("minutes")
    columns = (messages.c.seq, messages.c.text, messages.c.payload, messages.c.outcome, messages.c.actions)
    its = handoffs.c.conversation_id == conversation_id
    handed_over = select(func.coalesce(func.max(handoffs.c.seq), 0)).where(its).scalar_subquery()
    given_back = select(func.max(handoffs.c.ended_at)).where(its).scalar_subquery()
    since = and_(messages.c.seq > handed_over, func.coalesce(messages.c.created_at > given_back, true()))
    query = (
        select(*columns, messages.c.gathered, minutes)
        .where(
            messages.c.conversation_id == conversation_id,
            messages.c.sender == "customer",
            messages.c.seq <= seqs[-1],
            or_(messages.c.seq.in_(seqs), since),
        )
        .order_by(messages.c.seq.desc())
        .limit(LOOKED_BACK + len(seqs))
    )
    return list(connection.execute(query))


def _failures(rows: Sequence[Any]) -> int:
    """The latest turns, one after the other, that did not understand the customer."""
    turns: dict[int, bool] = {}
    for row in rows:
        turns.setdefault(row.gathered or row.seq, row.outcome == "failed" or NOT_UNDERSTOOD in (row.actions or ()))
    count = 0
    for failed in turns.values():
        if not failed:
            break
        count += 1
    return count

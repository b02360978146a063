"""The customer beside a conversation: who they are to the shop, and their earlier conversations with us."""

from dataclasses import replace
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

from switchboard.crm.contract import Customer, Order
from switchboard.crm.money import in_currency
from switchboard.desk.access import may_see
from switchboard.desk.parts import Desk
from switchboard.desk.views import Agent, Card, Past, ShopOrder
from switchboard.errors import CrmUnavailable

ORDERS = 5
PASTS = 10
TICKETS = 5

AWAY = "The shop's system does not answer right now."
NOT_VERIFIED = "Not verified: the customer has not shown who they are."
NOBODY = "The shop knows nobody with the address {email}."

PAST = text("""
    select c.conversation_id, c.updated_at, c.team, c.agent_id, h.reason, h.outcome
      from switchboard.conversations c
      left join lateral (select reason, outcome from switchboard.handoffs
            where conversation_id = c.conversation_id order by handoff_id desc limit 1) h on true
     where c.crm = :crm and c.external_id = :external_id and c.conversation_id <> :conversation_id
     order by c.updated_at desc limit :most
""")


def read_past(connection: Connection, agent: Agent, conversation: Any) -> list[Past]:
    """A verified customer's other conversations, the latest first."""
    if conversation.external_id is None:
        return []
    values = {
        "conversation_id": str(conversation.conversation_id),
        "crm": conversation.crm,
        "external_id": conversation.external_id,
        "most": PASTS,
    }
    return [_past(agent, row) for row in connection.execute(PAST, values)]


def _past(agent: Agent, row: Any) -> Past:
    return Past(str(row.conversation_id), row.updated_at, row.reason, row.outcome, may_see(agent, row))


def card(desk: Desk, conversation: Any, title: str, past: list[Past], email: str | None) -> Card:
    """The customer's card. Call it outside a transaction: the business system may take its time.

    Args:
        conversation: a row with `crm`, `external_id` and `verified`: the customer, and whether what they have shown counts,
            or did when the person was called.
        title: what they are called as long as we don't know.
        email: an address to look an unverified customer up with.
    """
    verified = conversation.crm == desk.crm.name and conversation.verified
    try:
        if verified:
            return _verified(desk, conversation.external_id, title, past)
        return _looked_up(desk, email, title)
    except CrmUnavailable:
        return Card(title, None, verified=verified, found_by=None if verified else email, past=past, note=AWAY)


def _verified(desk: Desk, external_id: str, title: str, past: list[Past]) -> Card:
    customer = desk.crm.customer(external_id)
    if customer is None:
        return Card(title, None, verified=True, past=past, note="The shop no longer knows this customer.")
    tickets = desk.crm.tickets(external_id, TICKETS)
    return replace(_profile(desk, customer), verified=True, past=past, tickets=tickets)


def _looked_up(desk: Desk, email: str | None, title: str) -> Card:
    customer = desk.crm.find_customer(email) if email else None
    if customer is None:
        note = NOBODY.format(email=email) if email else NOT_VERIFIED
        return Card(title, email, found_by=email, note=note)
    return replace(_profile(desk, customer), found_by=email, note=NOT_VERIFIED)


def _profile(desk: Desk, customer: Customer) -> Card:
    orders = [_order(order, desk.currency) for order in desk.crm.orders(customer.external_id, ORDERS)]
    return Card(customer.name, customer.email, customer.phone, customer.tier, customer.since, orders=orders)


def _order(order: Order, currency: str) -> ShopOrder:
    placed = order.placed_at.date() if order.placed_at else None
    return ShopOrder(order.number, order.state, in_currency(order.total, currency), placed)

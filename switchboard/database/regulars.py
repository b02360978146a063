"""The customers and orders of known.py come into Larkspur's shop."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from switchboard.database.known import PEOPLE, PURCHASES, Person, Purchase

if TYPE_CHECKING:
    from switchboard.database.larkspur import Larkspur

Row = dict[str, Any]
Basket = list[tuple[Row, int | None]]
"""Variants and how many of each; None: as chance will have it."""

NO_MEMBERSHIP: Row = {"plus_since": None, "plus_until": None, "plus_renews": False}


def come_in(shop: Larkspur) -> None:
    """After everybody else, so that the rows of the others stay what they are."""
    for person in PEOPLE:
        welcome(shop, person)
    for purchase in PURCHASES:
        sell(shop, purchase)


def welcome(shop: Larkspur, person: Person) -> None:
    """Somebody whose data is all set."""
    values = {"email": person.address, "first_name": person.first, "last_name": person.last, "phone": person.phone}
    customer = numbered("customer_id", shop.customers, **values, created_at=shop.moment(500))
    customer |= shop.membership(person.member) if person.member else NO_MEMBERSHIP
    shop.customers.append(customer)
    place = dict(zip(("street", "city", "region", "postcode", "country"), person.place, strict=True))
    owner = {"customer_id": customer["customer_id"], "is_default": True}
    shop.addresses.append(numbered("address_id", shop.addresses, **owner, **place))
    for number, method in enumerate(person.methods):
        shop.store_method(customer, method, is_default=number == 0)
    for kind, subject, words in person.tickets:
        remember(shop, customer, kind, subject, words)


def remember(shop: Larkspur, customer: Row, kind: str, subject: str, words: str) -> None:
    at = shop.moment(40)
    ticket = numbered("ticket_id", shop.tickets, customer_id=customer["customer_id"], kind=kind, subject=subject)
    closed_at = at + timedelta(hours=3) if kind == "ticket" else None
    shop.tickets.append(ticket | {"text": words, "created_at": at, "closed_at": closed_at})


def sell(shop: Larkspur, purchase: Purchase) -> None:
    """An order whose data is all set; a part of some is on its way back."""
    sold_as = {(shop.products[v["product_id"] - 1]["name"], v["title"]): v for v in shop.variants}
    basket: Basket = [(sold_as[product, title], quantity) for product, title, quantity in purchase.items]
    customer, days = shop.customer(purchase.email), purchase.delivered_days_ago
    shop.take_order(purchase.number, customer, purchase.state, purchase.paid_by, basket, delivered_days_ago=days)
    if purchase.returning:
        await_return(shop, shop.orders[-1], purchase.returning)


def await_return(shop: Larkspur, order: Row, count: int) -> None:
    """The first lines of the order were sent back the day before yesterday."""
    lines = [line for line in shop.order_lines if line["order_id"] == order["order_id"]][:count]
    amount = sum(line["quantity"] * line["unit_price"] for line in lines)
    sent = numbered("return_id", shop.returns, order_id=order["order_id"], kind="return", amount=amount)
    shop.returns.append(sent | {"requested_at": shop.moment(2)})
    for line in lines:
        which = {name: line[name] for name in ("order_id", "variant_id", "quantity")}
        shop.return_lines.append(numbered("return_line_id", shop.return_lines, return_id=sent["return_id"], **which))


def numbered(key: str, rows: list[Row], **values: Any) -> Row:
    """A row whose key follows those that are there."""
    return {key: len(rows) + 1, **values}

"""Customers and orders of a test's own in the running system's shop, so that tests don't meet in the rows."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.engine import Engine

from tests.talking import rows

ORDER = re.compile(r"(?P<state>\w+)(?: (?P<days>\d+) days ago)? by (?P<way>\w+): (?P<items>.+)")

ITEM = re.compile(r"(\d+) (.+?) \((.+?)\)(?:, |$)")

NEW_CUSTOMER = """
    insert into shop.customers (email, first_name, last_name, plus_since, plus_until, plus_renews)
    values (:email, :first, :last, :since, :until, :renews) returning customer_id
"""

NEW_METHOD = """
    insert into shop.payment_methods (customer_id, kind, last_four, balance, is_default)
    values (:customer, :kind, :last_four, :balance, :is_default)
"""

NEW_ADDRESS = """
    insert into shop.addresses (customer_id, street, city, region, postcode, country, is_default)
    values (:customer, '3 Juniper Walk', 'Portland', 'OR', :postcode, 'US', true)
"""

NEW_ORDER = """
    insert into shop.orders (number, customer_id, address_id, state, delivery, delivery_fee, total, placed_at,
        expected_ship_on, expected_delivery_on, shipment_id, delivered_at, returned_at, cancelled_at)
    select :number, :customer, address_id, :state, 'standard', 0, 0, now() - make_interval(days => :days + 5),
        current_date + 1, current_date + 4, :shipment,
        case when :state in ('delivered', 'returned') then now() - make_interval(days => :days) end,
        case when :state = 'returned' then now() end, case when :state = 'cancelled' then now() end
    from shop.addresses where customer_id = :customer and is_default returning order_id
"""

NEW_SHIPMENT = """
    insert into shop.shipments (carrier, tracking_number, shipped_at)
    values ('Ridgeline', :number, now() - make_interval(days => :days + 2)) returning shipment_id
"""

NEW_LINE = """
    insert into shop.order_lines (order_id, variant_id, quantity, unit_price)
    select :order, variant_id, :quantity, price from shop.variants join shop.products using (product_id)
    where name = :product and title = :title returning order_id
"""

NEW_PAYMENT = """
    insert into shop.payments (order_id, payment_method_id, kind, amount, paid_at)
    select order_id, payment_method_id, kind, total,
           case when kind <> 'bank_transfer' then placed_at end
    from shop.orders join shop.payment_methods using (customer_id) where order_id = :order and kind = :way
"""

SUM_UP = """
    update shop.orders o set total = (select sum(quantity * unit_price) from shop.order_lines l
    where l.order_id = o.order_id) where order_id = :order
"""

FREE_NUMBER = """
    select min(n)::text from generate_series(50001, 99999) n where n::text not in (select number from shop.orders)
"""


@dataclass
class Shopper:
    """A customer made for one test.

    Attributes:
        orders: the orders' numbers by the name the test gives them.
    """

    customer_id: int
    name: str
    email: str
    postcode: str
    orders: dict[str, str] = field(default_factory=dict)


def welcome(
    shop: Engine, name: str, ways: Sequence[str] = ("visa 4242",), plus: bool = False, orders: Mapping[str, str] = {}
) -> Shopper:
    """A new customer with these ways to pay and orders.

    Args:
        name: first and last name.
        ways: `visa 4242`, `gift_card 100` (its balance), `paypal`; the first is the usual one.
        orders: by a name for the test, `STATE [N days ago] by WAY: 2 PRODUCT (VERSION), …`.
    """
    [(number,)] = rows(shop, "select count(*) + 1 from shop.customers")
    first, last = name.split()
    email, postcode = f"{first}.{last}.{number}@example.com".lower(), str(10_000 + number)
    member = dict.fromkeys(("since", "until")) | {"renews": plus}
    if plus:
        [(since, until)] = rows(shop, "select current_date - 100, current_date + 265")
        member |= {"since": since, "until": until}
    [(customer_id,)] = rows(shop, NEW_CUSTOMER, email=email, first=first, last=last, **member)
    shopper = Shopper(customer_id, name, email, postcode)
    rows(shop, NEW_ADDRESS, customer=customer_id, postcode=postcode)
    for place, way in enumerate(ways):
        rows(shop, NEW_METHOD, customer=customer_id, is_default=place == 0, **_method(way))
    for title, order in orders.items():
        shopper.orders[title] = _order(shop, customer_id, order)
    return shopper


def _method(way: str) -> dict[str, Any]:
    kind, _, rest = way.partition(" ")
    return {
        "kind": kind,
        "last_four": rest if rest and kind != "gift_card" else None,
        "balance": rest if kind == "gift_card" else None,
    }


def _order(shop: Engine, customer: int, order: str) -> str:
    found = ORDER.fullmatch(order)
    assert found, order
    state, days = found["state"], int(found["days"] or 0)
    [(number,)] = rows(shop, FREE_NUMBER)
    shipment = None
    if state in ("shipped", "delivered", "returned"):
        [(shipment,)] = rows(shop, NEW_SHIPMENT, number=f"R{customer}-{number}", days=days)
    values = {"number": number, "customer": customer, "state": state, "days": days, "shipment": shipment}
    [(order_id,)] = rows(shop, NEW_ORDER, **values)
    for quantity, product, title in ITEM.findall(found["items"]):
        values = {"order": order_id, "quantity": int(quantity), "product": product, "title": title}
        assert rows(shop, NEW_LINE, **values), f"We don't sell {product} ({title})."
    rows(shop, SUM_UP, order=order_id)
    rows(shop, NEW_PAYMENT, order=order_id, way=found["way"])
    return number

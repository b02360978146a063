"""The shop's orders, with all that belongs to them: a fixed number of queries, however many orders."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timezone

from sqlalchemy import func, select
from sqlalchemy.engine import Connection, Row
from sqlalchemy.sql import Select

from switchboard.crm.contract import Customer, Invoice, Order, OrderLine, Payment, Return, normalise_number
from switchboard.crm.policy import allowed
from switchboard.crm.sql_customers import ADDRESS, as_address, key_of
from switchboard.database.shop import (
    addresses,
    order_lines,
    orders,
    payment_methods,
    payments,
    products,
    return_lines,
    returns,
    shipments,
    variants,
)

NO_NUMBER = ""
SAME = (
    "number", "state", "total", "delivery", "delivery_fee", "placed_at", "expected_ship_on", "expected_delivery_on",
    "delivered_at", "cancelled_at", "returned_at", "carrier", "tracking_number",
)  # fmt: skip
"""Columns that the contract calls as the table does."""


def canonical(number: str) -> str:
    """The number as stored, or one that no order has: a wrong one costs the same query as a right one."""
    return normalise_number(number) or NO_NUMBER


def orders_of(connection: Connection, customer: Customer, limit: int) -> list[Order]:
    """Newest first."""
    theirs = orders.c.customer_id == key_of(customer.external_id)
    query = whole().where(theirs).order_by(orders.c.placed_at.desc(), orders.c.order_id.desc()).limit(limit)
    return complete(connection, connection.execute(query).all(), customer)


def order_of(connection: Connection, number: str, customer: Customer | None, lock: bool = False) -> Order | None:
    """The customer's order with this number; if `lock`, nobody else changes it until the transaction ends."""
    customer_id = key_of(customer.external_id) if customer else None
    query = whole().where(orders.c.number == canonical(number), orders.c.customer_id == customer_id)
    rows = connection.execute(query.with_for_update(of=orders) if lock else query).all()
    return complete(connection, rows, customer)[0] if rows and customer else None


def whole() -> Select:
    return (
        select(orders, *ADDRESS, shipments.c.carrier, shipments.c.tracking_number)
        .join(addresses, addresses.c.address_id == orders.c.address_id)
        .outerjoin(shipments, shipments.c.shipment_id == orders.c.shipment_id)
    )


def complete(connection: Connection, rows: Sequence[Row], customer: Customer) -> list[Order]:
    """The orders of these rows, with what other tables know of them."""
    ids = [row.order_id for row in rows]
    lines, paid, sent_back = lines_of(connection, ids), payments_of(connection, ids), returns_of(connection, ids)
    now = datetime.now(timezone.utc)
    found = [as_order(row, customer, lines[row.order_id], paid[row.order_id], sent_back[row.order_id]) for row in rows]
    return [replace(order, allowed=allowed(order, customer, now)) for order in found]


def as_order(row: Row, customer: Customer, lines: list[Row], paid: list[Row], sent_back: list[Row]) -> Order:
    return Order(
        customer=customer.external_id,
        lines=tuple(map(as_line, lines)),
        address=as_address(row),
        payments=tuple(map(as_payment, paid)),
        returns=tuple(map(as_return, sent_back)),
        refunded_at=max((payment.refunded_at for payment in paid if payment.refunded_at), default=None),
        items_changed=row.items_changed_at is not None,
        **{name: row._mapping[name] for name in SAME},
    )


def lines_of(connection: Connection, ids: list[int]) -> dict[int, list[Row]]:
    same_line = return_lines.c.order_id == order_lines.c.order_id, return_lines.c.variant_id == order_lines.c.variant_id
    returned = select(func.coalesce(func.sum(return_lines.c.quantity), 0)).where(*same_line).scalar_subquery()
    query = (
        select(order_lines, variants.c.title, variants.c.sku, variants.c.product_id, products.c.name)
        .add_columns(returned.label("returned"))
        .select_from(order_lines.join(variants).join(products))
        .where(order_lines.c.order_id.in_(ids))
        .order_by(order_lines.c.variant_id)
    )
    return by_order(connection, query)


def payments_of(connection: Connection, ids: list[int]) -> dict[int, list[Row]]:
    query = select(payments, payment_methods.c.last_four).select_from(payments.outerjoin(payment_methods))
    return by_order(connection, query.where(payments.c.order_id.in_(ids)).order_by(payments.c.payment_id))


def returns_of(connection: Connection, ids: list[int]) -> dict[int, list[Row]]:
    return by_order(connection, select(returns).where(returns.c.order_id.in_(ids)).order_by(returns.c.return_id))


def by_order(connection: Connection, query: Select) -> dict[int, list[Row]]:
    """The rows of each order."""
    rows: dict[int, list[Row]] = defaultdict(list)
    for row in connection.execute(query):
        rows[row.order_id].append(row)
    return rows


def as_line(row: Row) -> OrderLine:
    ids = str(row.variant_id), str(row.product_id), row.sku
    return OrderLine(row.name, row.title, row.quantity, row.unit_price, *ids, int(row.returned))


def as_payment(row: Row) -> Payment:
    method_id = str(row.payment_method_id) if row.payment_method_id else None
    return Payment(
        str(row.payment_id), row.kind, row.amount, row.refunded, row.paid_at is not None, method_id, row.last_four
    )


def as_return(row: Row) -> Return:
    received = row.received_at.date() if row.received_at else None
    return Return(return_reference(row.return_id), row.kind, row.requested_at.date(), received, row.amount)


def return_reference(return_id: int) -> str:
    """As it is printed on the label."""
    return f"R-{return_id:06d}"


def invoice_of(connection: Connection, order: Order) -> Invoice | None:
    """Made when the order is shipped; numbered by shipment."""
    query = select(shipments).join(orders).where(orders.c.number == order.number)
    shipment = connection.execute(query).first()
    if shipment is None:
        return None
    number = f"INV-{shipment.shipped_at.year}-{shipment.shipment_id:06d}"
    bill = order.lines, order.delivery_fee, order.total
    return Invoice(number, order.number, shipment.shipped_at.date(), *bill)

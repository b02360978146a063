"""The CRM contract over the demo company's own tables."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.engine import Connection, Engine, Row
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoFreeConnection
from sqlalchemy.sql import Select

from switchboard.crm.contract import Cancellation, EffectKey, Order, OrderLine, OrderStatus, Refund, normalise_number
from switchboard.crm.effects import once
from switchboard.database.shop import customers, order_lines, orders, payments, products, variants
from switchboard.errors import CrmUnavailable

NO_NUMBER = ""


class SqlCrm:
    """Larkspur's shop, in the schema `shop` of our own database."""

    name = "shop"

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def order_status(self, number: str) -> OrderStatus | None:
        columns = orders.c.number, orders.c.state, orders.c.expected_ship_on, orders.c.expected_delivery_on
        with self._transaction() as connection:
            row = connection.execute(select(*columns).where(orders.c.number == canonical(number))).first()
        return OrderStatus(**row._mapping) if row else None

    def find_order(self, number: str, email: str) -> Order | None:
        with self._transaction() as connection:
            row = connection.execute(order_of(number, email)).first()
            lines = lines_of(connection, row.order_id if row else None)
        return Order(row.number, str(row.customer_id), row.state, row.total, lines, refund_of(row)) if row else None

    def cancel_order(self, number: str, email: str, effect: EffectKey, reason: str | None = None) -> Cancellation:
        reason = reason and storable(reason)
        request = {"number": canonical(number), "reason": reason}
        with self._transaction() as connection:
            return from_json(
                once(connection, effect, request, lambda: to_json(cancel(connection, number, email, reason)))
            )

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        try:
            with self.engine.begin() as connection:
                yield connection
        except (OperationalError, InterfaceError, NoFreeConnection) as error:
            raise CrmUnavailable from error


def canonical(number: str) -> str:
    """The number as stored, or one that no order has: a wrong one costs the same query as a right one."""
    return normalise_number(number) or NO_NUMBER


def storable(text: str) -> str:
    """The text without what PostgreSQL can't hold: NUL and lone surrogates."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode("utf-8")


def order_of(number: str, email: str) -> Select:
    """The order with this number and this e-mail address: one query, whatever is wrong."""
    return (
        select(orders, payments.c.kind, payments.c.amount, payments.c.paid_at, payments.c.refunded)
        .join(customers, customers.c.customer_id == orders.c.customer_id)
        .outerjoin(payments, payments.c.order_id == orders.c.order_id)
        .where(orders.c.number == canonical(number), func.lower(customers.c.email) == storable(email).strip().lower())
    )


def lines_of(connection: Connection, order_id: int | None) -> tuple[OrderLine, ...]:
    query = (
        select(products.c.name, variants.c.title, order_lines.c.quantity, order_lines.c.unit_price)
        .select_from(order_lines.join(variants).join(products))
        .where(order_lines.c.order_id == order_id)
        .order_by(order_lines.c.variant_id)
    )
    return tuple(OrderLine(*row) for row in connection.execute(query))


def refund_of(order: Row) -> Refund | None:
    """What of the payment has not gone back yet."""
    if order.paid_at is None or order.amount == order.refunded:
        return None
    return Refund(amount=order.amount - order.refunded, way=order.kind, at_once=order.kind == "gift_card")


def cancel(connection: Connection, number: str, email: str, reason: str | None) -> Cancellation:
    """Cancel the order if it is pending: state, refund and stock in the connection's transaction."""
    order = connection.execute(order_of(number, email).with_for_update(of=orders)).first()
    if order is None:
        return Cancellation(cancelled=False, refused="unknown_order")
    if order.state != "pending":
        return Cancellation(cancelled=False, refused="already_cancelled" if order.state == "cancelled" else "too_late")
    refund = refund_of(order)
    mark_cancelled(connection, order.order_id, reason)
    give_back(connection, order.order_id, refund)
    put_back(connection, order.order_id)
    return Cancellation(cancelled=True, refund=refund)


def mark_cancelled(connection: Connection, order_id: int, reason: str | None) -> None:
    changes = {"state": "cancelled", "cancelled_at": func.now(), "cancel_reason": reason}
    connection.execute(orders.update().where(orders.c.order_id == order_id).values(changes))


def give_back(connection: Connection, order_id: int, refund: Refund | None) -> None:
    """Note the whole payment as refunded."""
    if refund:
        changes = {"refunded": payments.c.amount, "refunded_at": func.now()}
        connection.execute(payments.update().where(payments.c.order_id == order_id).values(changes))


def put_back(connection: Connection, order_id: int) -> None:
    """Return the order's items to the shelves."""
    ordered = order_lines.c.variant_id == variants.c.variant_id, order_lines.c.order_id == order_id
    connection.execute(variants.update().where(*ordered).values(stock=variants.c.stock + order_lines.c.quantity))


def to_json(cancellation: Cancellation) -> dict[str, Any]:
    values = asdict(cancellation)
    return values | {"refund": values["refund"] and values["refund"] | {"amount": str(cancellation.refund.amount)}}  # type: ignore[union-attr]


def from_json(values: dict[str, Any]) -> Cancellation:
    refund = values["refund"] and Refund(**values["refund"] | {"amount": Decimal(values["refund"]["amount"])})
    return Cancellation(**values | {"refund": refund})

"""Money in the shop: what is paid for an order, and what of it goes back. Gift cards' balances follow."""

from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Connection

from switchboard.crm.changes import Charge
from switchboard.crm.contract import Order
from switchboard.crm.settling import parts
from switchboard.crm.sql_customers import key_of
from switchboard.database.shop import orders, payment_methods, payments

AWAITED_KEY: dict[str, Any] = {"index_elements": [payments.c.order_id], "index_where": payments.c.paid_at.is_(None)}
"""One payment is awaited for an order at a time."""


def refund(connection: Connection, order: Order, amount: Decimal) -> None:
    """Note the amount as refunded, the latest payment first."""
    for payment, part in parts(order.payments, amount):
        values = {"refunded": payments.c.refunded + part, "refunded_at": func.now()}
        connection.execute(payments.update().where(payments.c.payment_id == key_of(payment.payment_id)).values(values))
        move_balance(connection, payment.method_id, part)


def add_payment(connection: Connection, order: Order, charge: Charge) -> None:
    """Charge it; a bank transfer is awaited, in one sum with what is awaited already."""
    values = {
        "order_id": id_of(order),
        "payment_method_id": key_of(charge.method_id or ""),
        "kind": charge.way,
        "amount": charge.amount,
        "paid_at": None if charge.awaited else func.now(),
    }
    statement = insert(payments).values(values)
    more = {"amount": payments.c.amount + statement.excluded.amount}
    connection.execute(statement.on_conflict_do_update(**AWAITED_KEY, set_=more))
    move_balance(connection, charge.method_id, -charge.amount)


def drop_awaited(connection: Connection, order: Order) -> None:
    """Nobody waits for that bank transfer any more."""
    awaited = payments.c.order_id == id_of(order), payments.c.paid_at.is_(None)
    connection.execute(payments.delete().where(*awaited))


def raise_awaited(connection: Connection, order: Order, difference: Decimal) -> None:
    """The bank transfer that is awaited becomes more, or less."""
    awaited = payments.c.order_id == id_of(order), payments.c.paid_at.is_(None)
    connection.execute(payments.update().where(*awaited).values(amount=payments.c.amount + difference))


def move_balance(connection: Connection, method_id: str | None, amount: Decimal) -> None:
    """Of a gift card; other ways to pay have no balance."""
    card = payment_methods.c.payment_method_id == key_of(method_id or ""), payment_methods.c.kind == "gift_card"
    connection.execute(payment_methods.update().where(*card).values(balance=payment_methods.c.balance + amount))


def id_of(order: Order) -> Any:
    return select(orders.c.order_id).where(orders.c.number == order.number).scalar_subquery()

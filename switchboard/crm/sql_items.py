"""Items in the shop: other variants, returns, exchanges, and the stock that follows."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Connection

from switchboard.crm.changes import ChangedLine, ChangeItems, ExchangeItems, Result, ReturnItems
from switchboard.crm.contract import Order
from switchboard.crm.policy import Facts
from switchboard.crm.settling import awaited
from switchboard.crm.sql_customers import key_of
from switchboard.crm.sql_money import add_payment, id_of, raise_awaited, refund
from switchboard.crm.sql_orders import return_reference
from switchboard.database.shop import order_lines, orders, return_lines, returns, variants


def change_items(connection: Connection, request: ChangeItems, facts: Facts, result: Result) -> Result:
    order = facts.order
    assert order
    for line in result.lines:
        take_off(connection, order, line)
        put_on(connection, order, line)
    values = {"total": orders.c.total + result.difference, "items_changed_at": func.now()}
    connection.execute(orders.update().where(orders.c.number == order.number).values(values))
    settle(connection, order, result)
    return result


def return_items(connection: Connection, request: ReturnItems, facts: Facts, result: Result) -> Result:
    return send_back(connection, "return", facts, result, request.refund_to)


def exchange_items(connection: Connection, request: ExchangeItems, facts: Facts, result: Result) -> Result:
    for line in result.lines:
        put_back(connection, line.to_variant_id, -line.quantity)
    if facts.order and result.charge:
        add_payment(connection, facts.order, result.charge)
    return send_back(connection, "exchange", facts, result)


def send_back(connection: Connection, kind: str, facts: Facts, result: Result, refund_to: str | None = None) -> Result:
    """Await a parcel; what is refunded is refunded when it has arrived."""
    assert facts.order
    order_id = id_of(facts.order)
    amount = sum((refund.amount for refund in result.refunds), Decimal(0))
    values = {"order_id": order_id, "kind": kind, "amount": amount, "refund_to": key_of(refund_to or "")}
    return_id = connection.scalar(returns.insert().values(values).returning(returns.c.return_id))
    for line in result.lines:
        connection.execute(return_lines.insert().values(return_id=return_id, order_id=order_id, **ids_of(line)))
    return replace(result, reference=return_reference(return_id))


def ids_of(line: ChangedLine) -> dict[str, Any]:
    to = key_of(line.to_variant_id or "")
    return {"variant_id": key_of(line.variant_id), "quantity": line.quantity, "to_variant_id": to}


def settle(connection: Connection, order: Order, result: Result) -> None:
    """Move the difference as the decision says."""
    if awaited(order):
        raise_awaited(connection, order, result.difference)
    elif result.charge:
        add_payment(connection, order, result.charge)
    else:
        refund(connection, order, -result.difference)


def take_off(connection: Connection, order: Order, line: ChangedLine) -> None:
    """Take the items off the order and put them back on the shelf."""
    it = order_lines.c.order_id == id_of(order), order_lines.c.variant_id == key_of(line.variant_id)
    gone = connection.execute(order_lines.delete().where(*it, order_lines.c.quantity == line.quantity)).rowcount
    if not gone:
        connection.execute(order_lines.update().where(*it).values(quantity=order_lines.c.quantity - line.quantity))
    put_back(connection, line.variant_id, line.quantity)


def put_on(connection: Connection, order: Order, line: ChangedLine) -> None:
    """Put what comes instead on the order; more of it if it has some already."""
    new = {"variant_id": key_of(line.to_variant_id or ""), "quantity": line.quantity, "unit_price": line.to_unit_price}
    statement = insert(order_lines).values(order_id=id_of(order), **new)
    more = {"quantity": order_lines.c.quantity + statement.excluded.quantity}
    connection.execute(statement.on_conflict_do_update(constraint="order_lines_pkey", set_=more))
    put_back(connection, line.to_variant_id, -line.quantity)


def put_back(connection: Connection, variant_id: str | None, quantity: int) -> None:
    """So many more on the shelf; less if negative."""
    it = variants.c.variant_id == key_of(variant_id or "")
    connection.execute(variants.update().where(it).values(stock=variants.c.stock + quantity))

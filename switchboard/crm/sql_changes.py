"""Changes in the shop: read under lock, decide, write. All of it and the ledger's record are one transaction."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from sqlalchemy import exists, func, select
from sqlalchemy.engine import Connection

from switchboard.crm import changes, sql_profile
from switchboard.crm.changes import EffectKey, Request, Result
from switchboard.crm.contract import Customer, Order, Variant
from switchboard.crm.effects import fingerprint, from_json, once, to_json
from switchboard.crm.policy import UNDER_WAY, Facts, as_agreed, decide
from switchboard.crm.sql_customers import customer_where, has_email, has_id, key_of, methods_of
from switchboard.crm.sql_items import change_items, exchange_items, put_back, return_items
from switchboard.crm.sql_money import add_payment, drop_awaited, refund
from switchboard.crm.sql_orders import canonical, order_of
from switchboard.crm.sql_products import variants_with
from switchboard.crm.text import storable
from switchboard.database.shop import COUNTRIES, PLUS_PRICE, customers, orders

CENT = Decimal("0.01")


def quote(connection: Connection, request: Request) -> Result:
    """What `carry_out` would do now."""
    return decide(request, read(connection, request))


def carry_out(connection: Connection, request: Request, effect: EffectKey, agreed: Result | None) -> Result:
    """Do it once for the effect, if it is what was agreed."""
    if isinstance(request, changes.OrderRequest):
        request = replace(request, number=canonical(request.number))
    record = once(connection, effect, fingerprint(request, effect), lambda: to_json(do(connection, request, agreed)))
    return from_json(record)


def do(connection: Connection, request: Request, agreed: Result | None) -> Result:
    facts = read(connection, request, lock=True)
    result = as_agreed(decide(request, facts), agreed)
    return WRITE[type(request)](connection, request, facts, result) if result.done else result


def read(connection: Connection, request: Request, lock: bool = False) -> Facts:
    """What the decision rests on. The lock on the customer comes first, so that two changes for one customer take turns."""
    customer = customer_where(connection, has_id(request.external_id), lock=lock)
    if customer is None:
        return Facts(None)
    if isinstance(request, changes.OrderRequest):
        return of_order(connection, request, customer, lock)
    return Facts(
        customer,
        email_taken=isinstance(request, changes.ChangeEmail) and email_taken(connection, request.email),
        open_orders=has_open_orders(connection, customer),
        countries=COUNTRIES,
    )


def of_order(connection: Connection, request: changes.OrderRequest, customer: Customer, lock: bool) -> Facts:
    order = order_of(connection, request.number, customer, lock)
    methods = tuple(methods_of(connection, customer.external_id, lock))
    variants = variants_with(connection, concerned(request, order), lock)
    prices = {key: priced(variant, order, customer) for key, variant in variants.items()}
    return Facts(customer, order, methods, prices, countries=COUNTRIES)


def concerned(request: changes.OrderRequest, order: Order | None) -> list[str]:
    """The variants whose stock will change."""
    if isinstance(request, changes.CancelOrder):
        return [line.variant_id for line in order.lines] if order else []
    if isinstance(request, changes.ChangeItems | changes.ExchangeItems):
        return [variant for swap in request.swaps for variant in (swap.variant_id, swap.to_variant_id)]
    return []


def priced(variant: Variant, order: Order | None, customer: Customer) -> Variant:
    """With the price this customer pays: what the order has it for already, else today's."""
    ordered = {line.variant_id: line.unit_price for line in order.lines} if order else {}
    today = (variant.price * PLUS_PRICE).quantize(CENT) if customer.tier == "plus" else variant.price
    return replace(variant, price=ordered.get(variant.variant_id, today))


def email_taken(connection: Connection, email: str) -> bool:
    return bool(connection.scalar(select(exists().where(has_email(email)).select_from(customers))))


def has_open_orders(connection: Connection, customer: Customer) -> bool:
    theirs = orders.c.customer_id == key_of(customer.external_id)
    return bool(connection.scalar(select(exists().where(theirs, orders.c.state.in_(UNDER_WAY)))))


def cancel_order(connection: Connection, request: changes.CancelOrder, facts: Facts, result: Result) -> Result:
    order = the_order(facts)
    reason = storable(request.reason) if request.reason else None
    values = {"state": "cancelled", "cancelled_at": func.now(), "cancel_reason": reason}
    connection.execute(orders.update().where(orders.c.number == order.number).values(values))
    refund(connection, order, all_of(order))
    drop_awaited(connection, order)
    for line in order.lines:
        put_back(connection, line.variant_id, line.quantity)
    return result


def change_order_address(
    connection: Connection, request: changes.ChangeOrderAddress, facts: Facts, result: Result
) -> Result:
    address_id = sql_profile.address_row(connection, request.external_id, request.address)
    number = the_order(facts).number
    connection.execute(orders.update().where(orders.c.number == number).values(address_id=address_id))
    return result


def change_order_payment(
    connection: Connection, request: changes.ChangeOrderPayment, facts: Facts, result: Result
) -> Result:
    order = the_order(facts)
    refund(connection, order, all_of(order))
    drop_awaited(connection, order)
    if result.charge:
        add_payment(connection, order, result.charge)
    return result


def all_of(order: Order) -> Decimal:
    return sum((payment.left for payment in order.payments), Decimal(0))


def the_order(facts: Facts) -> Order:
    """The order that the decision was about."""
    assert facts.order
    return facts.order


WRITE: dict[type, Callable[[Connection, Any, Facts, Result], Result]] = {
    changes.CancelOrder: cancel_order,
    changes.ChangeOrderAddress: change_order_address,
    changes.ChangeOrderPayment: change_order_payment,
    changes.ChangeItems: change_items,
    changes.ReturnItems: return_items,
    changes.ExchangeItems: exchange_items,
    changes.ChangeProfileAddress: sql_profile.change_address,
    changes.ChangeEmail: sql_profile.change_email,
    changes.CancelMembership: sql_profile.cancel_membership,
    changes.RequestDeletion: sql_profile.request_deletion,
    changes.AddNote: sql_profile.add_note,
}

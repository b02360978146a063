"""Whom and what the contract's tests know of the demo shop, and short ways to ask for it."""

import threading
from collections.abc import Callable
from decimal import Decimal
from typing import TypeVar

import pytest

from switchboard.crm.changes import Address, EffectKey, Item, Request, Result, Swap
from switchboard.crm.contract import Crm, Customer, Order, Variant

Value = TypeVar("Value")
SetPrice = Callable[[Variant, Decimal], None]

OLIVIA, NOAH, MAYA, ETHAN, GRACE, LUCAS, HANNAH, SAMUEL, BEATRIX, INES = (
    f"{name}@example.com"
    for name in (
        "olivia.bennett",
        "noah.carter",
        "maya.torres",
        "ethan.clarke",
        "grace.holloway",
        "lucas.ferreira",
        "hannah.whitfield",
        "samuel.osei",
        "beatrix.nolan",
        "ines.moreau",
    )
)
PETER = "peter.lang@example.com"
KEY = EffectKey("message-1", "do_it")
OTHER_KEY = EffectKey("message-2", "do_it")
CANNOT = {
    "tryton": {
        "change_order_payment": "there is one way to pay, the invoice",
        "cancel_membership": "members are in a category, without dates",
        "payments": "there are no stored ways to pay, and orders are paid by invoice",
        "delivery dates": "it plans when to ship, not when it arrives",
        "member prices": "there are no price lists in the modules used",
        "reserving": "a quotation takes nothing off the shelves",
        "tickets": "there are notes only",
    }
}
"""What a business system has no place for, and why; docs/crm-adapters.md says so too. Our own shop can do all."""

NEW_HOME = Address("27 Mill Street", "Columbus", "43215", "US", "OH")


def needs(crm: Crm, what: str) -> None:
    """Skip the test for a system that has no place for this."""
    why = CANNOT.get(crm.name, {}).get(what)
    if why:
        pytest.skip(f"{crm.name} has no {what}: {why}")


def of(crm: Crm, email: str) -> Customer:
    """The customer, who must be there."""
    customer = crm.find_customer(email)
    assert customer is not None
    return customer


def id_of(crm: Crm, email: str) -> str:
    return of(crm, email).external_id


def order_of(crm: Crm, number: str, email: str) -> Order:
    order = crm.order(number, id_of(crm, email))
    assert order is not None
    return order


def variant(crm: Crm, product: str, title: str) -> Variant:
    [found] = [found for found in crm.products(product) if found.name == product]
    return next(variant for variant in found.variants if variant.title == title)


def item(crm: Crm, product: str, title: str, quantity: int | None = None) -> Item:
    return Item(variant(crm, product, title).variant_id, quantity)


def swap(crm: Crm, product: str, title: str, to: str, quantity: int | None = None) -> Swap:
    return Swap(variant(crm, product, title).variant_id, variant(crm, product, to).variant_id, quantity)


def method(crm: Crm, email: str, kind: str) -> str:
    """Id of the stored way to pay of that kind."""
    needs(crm, "payments")
    return next(method.method_id for method in crm.payment_methods(id_of(crm, email)) if method.kind == kind)


def stock(crm: Crm, product: str, title: str) -> int:
    return variant(crm, product, title).stock


def carry_out(crm: Crm, request: Request, key: EffectKey = KEY) -> Result:
    """Quote it and carry it out: both must say the same."""
    quote = quoted(crm, request)
    result = crm.carry_out(request, key)
    assert (result.refused, result.lines, result.refunds, result.charge) == (
        quote.refused,
        quote.lines,
        quote.refunds,
        quote.charge,
    )
    return result


def quoted(crm: Crm, request: Request) -> Result:
    """What would be done. Skips the test for a system that can't do such a thing; our own shop can do all."""
    quote = crm.quote(request)
    if quote.refused == "unsupported" and crm.name != "shop":
        pytest.skip(f"{crm.name} can't do this: {request.name}")
    return quote


def at_once(*calls: Callable[[], Value]) -> list[Value]:
    """Results of the calls, each in its own thread, all started together."""
    results: list[Value] = []
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], Value]) -> None:
        start.wait()
        results.append(call())

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return results

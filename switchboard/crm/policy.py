"""What the shop allows: pure decisions over facts that an adapter has read. The same for every business system."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

from switchboard.crm import changes
from switchboard.crm.changes import Address, ChangeName, Refusal, Request, Result
from switchboard.crm.contract import Customer, Order, PaymentMethod, Variant
from switchboard.crm.settling import (
    Refused,
    charge,
    give_back,
    picked,
    price_difference,
    refund_to,
    settle,
    swapped,
    way_to_pay,
)

DAYS_TO_RETURN = {"standard": 30, "plus": 60}
UNDER_WAY = ("pending", "processing", "shipped")
EMAIL = re.compile(r"[^@\s\x00-\x1f\ud800-\udfff]+@[a-z0-9-]+(\.[a-z0-9-]+)+", re.IGNORECASE)
LONGEST_EMAIL = 254
LONGEST_LINE = 200


@dataclass(frozen=True)
class Facts:
    """What a decision rests on. `variants` are those that would come instead, at this customer's price; `countries` those delivered to."""

    customer: Customer | None
    order: Order | None = None
    methods: tuple[PaymentMethod, ...] = ()
    variants: dict[str, Variant] = field(default_factory=dict)
    email_taken: bool = False
    open_orders: bool = False
    countries: tuple[str, ...] = ()
    now: datetime = field(default_factory=lambda: datetime.now(timezone.utc))


def decide(request: Request, facts: Facts) -> Result:
    """What the request would do now, or why it is refused."""
    number = facts.order.number if facts.order else None
    try:
        return replace(RULES[type(request)](request, facts), number=number)
    except Refused as refused:
        return Result(request.name, refused.reason, number=number)


def as_agreed(plan: Result, agreed: Result | None) -> Result:
    """The plan, refused if it is another than what was agreed. One that is refused anyway keeps its own reason."""
    if agreed is None or plan.refused or plan == agreed:
        return plan
    return Result(plan.change, "changed", number=plan.number)


def allowed(order: Order, customer: Customer, now: datetime) -> tuple[ChangeName, ...]:
    """The changes that the order's state and age allow now."""
    if order.state == "pending":
        always: tuple[ChangeName, ...] = ("cancel_order", "change_order_address", "change_order_payment")
        return always if order.items_changed else (*always, "change_items")
    return () if why_not_returnable(order, customer, now) else ("return_items", "exchange_items")


def why_not_returnable(order: Order, customer: Customer, now: datetime) -> Refusal | None:
    if order.state == "cancelled":
        return "already_cancelled"
    if order.state in UNDER_WAY or order.delivered_at is None:
        return "not_delivered"
    if all(line.returned >= line.quantity for line in order.lines) or order.state == "returned":
        return "already_returned"
    too_old = (now.date() - order.delivered_at.date()).days > DAYS_TO_RETURN[customer.tier]
    return "window_over" if too_old else None


def cancel_order(request: changes.CancelOrder, facts: Facts) -> Result:
    order = pending(facts)
    refunds = give_back(order.payments, sum((payment.left for payment in order.payments), Decimal(0)))
    return Result(request.name, difference=-order.total, total=Decimal(0), refunds=refunds)


def change_order_address(request: changes.ChangeOrderAddress, facts: Facts) -> Result:
    order = pending(facts)
    check_address(request.address, facts)
    if request.address == order.address:
        raise Refused("nothing_to_change")
    if order.address and request.address.country != order.address.country:
        raise Refused("other_country")
    return Result(request.name)


def change_order_payment(request: changes.ChangeOrderPayment, facts: Facts) -> Result:
    order = pending(facts)
    method = way_to_pay(request.method_id, facts.methods)
    if {payment.method_id for payment in order.standing} == {method.method_id}:
        raise Refused("nothing_to_change")
    refunds = give_back(order.payments, sum((payment.left for payment in order.payments), Decimal(0)))
    return Result(request.name, refunds=refunds, charge=charge(order.total, method), total=order.total)


def change_profile_address(request: changes.ChangeProfileAddress, facts: Facts) -> Result:
    check_address(request.address, facts)
    if request.address == known(facts).address:
        raise Refused("nothing_to_change")
    return Result(request.name)


def change_email(request: changes.ChangeEmail, facts: Facts) -> Result:
    if len(request.email) > LONGEST_EMAIL or not EMAIL.fullmatch(request.email.strip()):
        raise Refused("bad_email")
    if request.email.strip().lower() == known(facts).email.lower():
        raise Refused("nothing_to_change")
    if facts.email_taken:
        raise Refused("email_taken")
    return Result(request.name)


def cancel_membership(request: changes.CancelMembership, facts: Facts) -> Result:
    customer = known(facts)
    if customer.tier != "plus":
        raise Refused("not_a_member")
    if not customer.plus_renews:
        raise Refused("membership_ended")
    return Result(request.name, until=customer.plus_until)


def request_deletion(request: changes.RequestDeletion, facts: Facts) -> Result:
    if known(facts).deletion_requested:
        raise Refused("already_requested")
    if facts.open_orders:
        raise Refused("open_orders")
    return Result(request.name)


def add_note(request: changes.AddNote, facts: Facts) -> Result:
    known(facts)
    if not request.text.strip():
        raise Refused("nothing_to_change")
    return Result(request.name)


def known(facts: Facts) -> Customer:
    if facts.customer is None:
        raise Refused("unknown_customer")
    return facts.customer


def theirs(facts: Facts) -> Order:
    if facts.customer is None or facts.order is None or facts.order.customer != facts.customer.external_id:
        raise Refused("unknown_order")
    return facts.order


def pending(facts: Facts) -> Order:
    order = theirs(facts)
    if order.state != "pending":
        raise Refused("already_cancelled" if order.state == "cancelled" else "too_late")
    return order


def returnable(facts: Facts) -> Order:
    order = theirs(facts)
    reason = why_not_returnable(order, known(facts), facts.now)
    if reason:
        raise Refused(reason)
    return order


def check_address(address: Address, facts: Facts) -> None:
    known(facts)
    needed = address.street, address.city, address.postcode
    if not all(line.strip() for line in needed) or max(map(len, (*needed, address.region or ""))) > LONGEST_LINE:
        raise Refused("bad_address")
    if facts.countries and address.country not in facts.countries:
        raise Refused("bad_address")


def change_items(request: changes.ChangeItems, facts: Facts) -> Result:
    order = pending(facts)
    if order.items_changed:
        raise Refused("already_changed")
    lines = swapped(request.swaps, order, facts.variants)
    difference = price_difference(lines)
    refunds, paid = settle(difference, request.pay_with, order, facts.methods)
    return Result(
        request.name, lines=lines, difference=difference, total=order.total + difference, refunds=refunds, charge=paid
    )


def exchange_items(request: changes.ExchangeItems, facts: Facts) -> Result:
    order = returnable(facts)
    lines = swapped(request.swaps, order, facts.variants)
    difference = price_difference(lines)
    refunds, paid = settle(difference, request.pay_with, order, facts.methods, after_arrival=True)
    return Result(request.name, lines=lines, difference=difference, refunds=refunds, charge=paid)


def return_items(request: changes.ReturnItems, facts: Facts) -> Result:
    order = returnable(facts)
    lines = picked(request.items, order)
    amount = -price_difference(lines)
    refunds = refund_to(amount, request.refund_to, order, facts.methods)
    return Result(request.name, lines=lines, difference=-amount, refunds=refunds)


RULES: dict[type, Callable[[Any, Facts], Result]] = {
    changes.CancelOrder: cancel_order,
    changes.ChangeOrderAddress: change_order_address,
    changes.ChangeOrderPayment: change_order_payment,
    changes.ChangeItems: change_items,
    changes.ReturnItems: return_items,
    changes.ExchangeItems: exchange_items,
    changes.ChangeProfileAddress: change_profile_address,
    changes.ChangeEmail: change_email,
    changes.CancelMembership: cancel_membership,
    changes.RequestDeletion: request_deletion,
    changes.AddNote: add_note,
}

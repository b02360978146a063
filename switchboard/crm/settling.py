"""Which items a change is about, what it costs, and whose money goes where. Pure; what may not be is Refused."""

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal

from switchboard.crm.changes import ChangedLine, Charge, Item, Refund, Refusal, Swap
from switchboard.crm.contract import Order, OrderLine, Payment, PaymentMethod, Variant

NOTHING = Decimal(0)


class Refused(Exception):
    """The shop does not allow it, for `reason`; never leaves switchboard.crm."""

    def __init__(self, reason: Refusal) -> None:
        self.reason = reason


def picked(items: Iterable[Item], order: Order) -> tuple[ChangedLine, ...]:
    """The order's lines that are named, each only as often as it is still there."""
    lines = {line.variant_id: line for line in order.lines}
    taken: Counter[str] = Counter()
    result = tuple(changed_line(lines.get(item.variant_id), item.quantity, taken) for item in items)
    if not result:
        raise Refused("nothing_to_change")
    return result


def changed_line(line: OrderLine | None, quantity: int | None, taken: Counter[str]) -> ChangedLine:
    if line is None:
        raise Refused("unknown_item")
    left = line.quantity - line.returned
    if left == 0:
        raise Refused("already_returned")
    quantity = left if quantity is None else quantity
    taken[line.variant_id] += quantity
    if quantity < 1:
        raise Refused("nothing_to_change")
    if taken[line.variant_id] > left:
        raise Refused("too_many")
    return ChangedLine(line.product, line.variant_id, line.variant, quantity, line.unit_price)


def swapped(swaps: tuple[Swap, ...], order: Order, variants: Mapping[str, Variant]) -> tuple[ChangedLine, ...]:
    """The named lines with the variants that come instead, which must be of the same product and in stock."""
    lines = picked([Item(swap.variant_id, swap.quantity) for swap in swaps], order)
    wanted: Counter[str] = Counter()
    for swap, line in zip(swaps, lines, strict=True):
        wanted[swap.to_variant_id] += line.quantity
        check_swap(swap, order, variants.get(swap.to_variant_id), wanted)
    return tuple(instead(line, variants[swap.to_variant_id]) for swap, line in zip(swaps, lines, strict=True))


def check_swap(swap: Swap, order: Order, to: Variant | None, wanted: Counter[str]) -> None:
    product = next(line.product_id for line in order.lines if line.variant_id == swap.variant_id)
    if to is None:
        raise Refused("unknown_variant")
    if to.variant_id == swap.variant_id:
        raise Refused("nothing_to_change")
    if to.product_id != product:
        raise Refused("other_product")
    if wanted[to.variant_id] > to.stock:
        raise Refused("out_of_stock")


def instead(line: ChangedLine, to: Variant) -> ChangedLine:
    changed = line.product, line.variant_id, line.variant, line.quantity, line.unit_price
    return ChangedLine(*changed, to.variant_id, to.title, to.price)


def price_difference(lines: Iterable[ChangedLine]) -> Decimal:
    """What the lines cost more than before; a line that nothing comes instead of costs nothing any more."""
    return sum((line.quantity * ((line.to_unit_price or NOTHING) - line.unit_price) for line in lines), NOTHING)


def settle(
    difference: Decimal,
    pay_with: str | None,
    order: Order,
    methods: tuple[PaymentMethod, ...],
    after_arrival: bool = False,
) -> tuple[tuple[Refund, ...], Charge | None]:
    """Who gets the difference: it is charged, or goes back as it was paid.

    An unpaid order's bill only changes; for what is delivered already only by what comes on top (`after_arrival`).
    """
    if difference == 0:
        return (), None
    if awaited(order):
        return (), billed(difference, order.paid_with, methods) if after_arrival else None
    if difference < 0:
        return give_back(order.payments, -difference, after_arrival, promised(order)), None
    return (), charge(difference, way_to_pay(pay_with, methods) if pay_with else as_paid(order.paid_with, methods))


def billed(difference: Decimal, payment: Payment | None, methods: tuple[PaymentMethod, ...]) -> Charge | None:
    """What comes on top: by bank transfer it is awaited as well, any other way it is charged."""
    if payment is None or difference < 0:
        return None
    if payment.kind != "bank_transfer":
        return charge(difference, as_paid(payment, methods))
    return Charge(difference, payment.kind, payment.last_four, payment.method_id)


def awaited(order: Order) -> bool:
    return order.paid_with is not None and not order.paid_with.paid


def promised(order: Order) -> Decimal:
    """What goes back already when parcels on their way have arrived."""
    return sum((sent.amount for sent in order.returns if sent.received_on is None), NOTHING)


def give_back(
    payments: Iterable[Payment], amount: Decimal, after_arrival: bool = False, skip: Decimal = NOTHING
) -> tuple[Refund, ...]:
    """The amount as refunds of the payments, after the first `skip` of what they could give back."""
    return tuple(payment.refund(part, after_arrival) for payment, part in parts(payments, amount, skip))


def parts(payments: Iterable[Payment], amount: Decimal, skip: Decimal = NOTHING) -> list[tuple[Payment, Decimal]]:
    """How much of the amount each payment gives back, the latest first."""
    result = []
    for payment in reversed(tuple(payments)):
        skipped = min(skip, payment.left)
        part = min(amount, payment.left - skipped)
        skip, amount = skip - skipped, amount - part
        result.append((payment, part))
    return [(payment, part) for payment, part in result if part]


def refund_to(
    amount: Decimal, method_id: str | None, order: Order, methods: tuple[PaymentMethod, ...]
) -> tuple[Refund, ...]:
    """Refunds once the parcel is there: the way it was paid, or to a gift card of theirs; never more than was paid and is
    left, where the system tells payments at all."""
    as_it_was_paid = give_back(order.payments, amount, True, promised(order))
    if method_id is None:
        return as_it_was_paid
    method = way_to_pay(method_id, methods)
    if method.kind != "gift_card" and method_id not in {payment.method_id for payment in order.payments}:
        raise Refused("payment_method_not_allowed")
    left = sum((refund.amount for refund in as_it_was_paid), NOTHING) if order.payments else amount
    if not left:
        return ()
    return (Refund(left, method.kind, method.kind == "gift_card", method.last_four, after_arrival=True),)


def way_to_pay(method_id: str, methods: Iterable[PaymentMethod]) -> PaymentMethod:
    for method in methods:
        if method.method_id == method_id:
            return method
    raise Refused("unknown_payment_method")


def as_paid(payment: Payment | None, methods: tuple[PaymentMethod, ...]) -> PaymentMethod:
    """The way the order was paid, if it is still stored."""
    if payment is None or payment.method_id is None:
        raise Refused("unknown_payment_method")
    return way_to_pay(payment.method_id, methods)


def charge(amount: Decimal, method: PaymentMethod) -> Charge:
    """A charge; a gift card must have enough left for all of it."""
    if method.balance is not None and method.balance < amount:
        raise Refused("gift_card_too_small")
    return Charge(amount, method.kind, method.last_four, method.method_id)

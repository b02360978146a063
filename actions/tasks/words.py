"""Money, ways to pay, items and reasons in words."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from actions.wiring import settings
from switchboard.crm.changes import Address, ChangedLine, Charge, Refund, Refusal, Result
from switchboard.crm.contract import Order, OrderLine, PaymentMethod, normalise_number
from switchboard.crm.money import in_currency

WAYS = {
    "gift_card": "your gift card",
    "visa": "your Visa card",
    "mastercard": "your Mastercard",
    "american_express": "your American Express card",
    "paypal": "your PayPal account",
    "bank_transfer": "your bank account",
}

RETURN_DAYS = "Items can be sent back within 30 days of delivery, 60 with Larkspur Plus."

REFUSED: dict[Refusal, str] = {
    "unknown_order": "I can't find that order among yours.",
    "unknown_customer": "I can't find your account.",
    "too_late": "Order {number} is past the point where it can be changed: it is being packed or further.",
    "already_cancelled": "Order {number} has been cancelled already.",
    "already_changed": "The items of order {number} were changed before, and that can be done once.",
    "not_delivered": f"Order {{number}} has not been delivered yet, so nothing of it can be sent back. {RETURN_DAYS}",
    "window_over": f"Order {{number}} was delivered too long ago. {RETURN_DAYS}",
    "already_returned": "That is on its way back to us, or back, already.",
    "unknown_item": "That item is not in order {number}.",
    "too_many": "Order {number} doesn't have that many of it.",
    "nothing_to_change": "That is how it is already, so there is nothing to change.",
    "unknown_variant": "We don't have it in that version.",
    "other_product": "An item can be changed to another version of the same product only.",
    "out_of_stock": "That version is out of stock right now.",
    "unknown_payment_method": "That way to pay is not stored in your account.",
    "payment_method_not_allowed": "A refund goes back the way the order was paid, or to a gift card of yours.",
    "gift_card_too_small": "There is not enough on your gift card for that.",
    "bad_address": "That address can't be used: we need street, city and postcode, in a country that we deliver to.",
    "other_country": "An order's address can't be moved to another country: delivery costs and takes something else there.",
    "bad_email": "That is not an e-mail address.",
    "email_taken": "That address can't be used for your account.",
    "not_a_member": "You are not a member of Larkspur Plus.",
    "membership_ended": "Your membership has been cancelled already; it runs until the end of the paid period.",
    "changed": "Something has changed in the meantime, so I haven't changed anything. Please ask me once more.",
    "open_orders": "An account with orders under way can't be deleted; please ask again when they have arrived.",
    "already_requested": "The deletion of your account has been requested already; it takes up to 30 days.",
    "unsupported": "I can't do that from here.",
}
"""What the customer is told when the shop does not allow it."""


def shown(number: str) -> str:
    """An order number the way customers write it: `#12345`, `W1234567`."""
    canonical = normalise_number(number) or number
    return f"#{canonical}" if canonical.isdigit() else canonical


def refused(result: Result) -> str:
    assert result.refused is not None
    return REFUSED[result.refused].format(number=shown(result.number or ""))


def money(amount: Decimal) -> str:
    """
    >>> money(Decimal("1234.5"))
    '$1,234.50'
    """
    return in_currency(amount, settings().currency)


def day(of: date) -> str:
    """
    >>> day(date(2026, 6, 5))
    'June 5, 2026'
    """
    return f"{of:%B} {of.day}, {of.year}"


def joined(parts: Sequence[str]) -> str:
    """
    >>> joined(["a pan", "a lid", "a knife"])
    'a pan, a lid and a knife'
    """
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def way(kind: str, last_four: str | None = None) -> str:
    return f"{WAYS[kind]} ending in {last_four}" if last_four else WAYS[kind]


def method(stored: PaymentMethod) -> str:
    """A stored way to pay as a button says it: `Visa card ending in 1234`."""
    return way(stored.kind, stored.last_four).removeprefix("your ")


def refunds(given: Sequence[Refund]) -> str:
    """Which money goes where and when, as sentences with a blank before; empty if none does."""
    return "".join(
        f" {money(each.amount)} goes back to {way(each.way, each.last_four)} {when(each)}." for each in given
    )


def when(refund: Refund) -> str:
    time = "at once" if refund.at_once else "within 5 to 7 business days"
    return f"{time} after the parcel has reached us" if refund.after_arrival else time


def charge(taken: Charge | None) -> str:
    if taken is None or not taken.amount:
        return ""
    if taken.awaited:
        return f" {money(taken.amount)} is to be paid by bank transfer; the order waits for it."
    return f" {money(taken.amount)} is charged to {way(taken.way, taken.last_four)}."


def settled(result: Result) -> str:
    """What the change costs or gives back."""
    said = charge(result.charge) + refunds(result.refunds)
    return said or (" The price stays the same." if not result.difference else "")


def item(line: ChangedLine | OrderLine) -> str:
    """
    >>> item(ChangedLine("Marlow wine glass", "9", "Set of 6", 2, Decimal(30)))
    '2 × Marlow wine glass (Set of 6)'
    """
    return f"{line.quantity} × {line.product} ({line.variant})"


def swap(line: ChangedLine) -> str:
    """An item and what comes instead, with both prices if they differ."""
    assert line.to_unit_price is not None
    prices = f", {money(line.to_unit_price)} instead of {money(line.unit_price)}"
    return f"{item(line)} → {line.to_variant}{prices if line.to_unit_price != line.unit_price else ''}"


def address(to: Address) -> str:
    place = " ".join(filter(None, (to.city, to.region, to.postcode)))
    return ", ".join((to.street, place, to.country))


def summary(order: Order) -> str:
    """An order as a button says it: `#12346: Alder frying pan, $39.00`."""
    names = joined(list(dict.fromkeys(line.product for line in order.lines)))
    return f"{shown(order.number)}: {names}, {money(order.total)}"

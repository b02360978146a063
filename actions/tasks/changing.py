"""Changing an order that is still pending: where it goes, how it is paid, which versions are in it."""

import re
from typing import Any

from actions.tasks import addresses, words
from actions.tasks.base import Case, Detail, OrderChange, Over, ProfileChange, Question, Unclear, choice
from actions.tasks.versions import SWAP_DETAILS, swaps
from actions.tasks.words import shown
from switchboard.crm.changes import (
    Address,
    ChangeEmail,
    ChangeItems,
    ChangeOrderAddress,
    ChangeOrderPayment,
    ChangeProfileAddress,
    ExchangeItems,
    Refusal,
    Request,
    Result,
)
from switchboard.crm.contract import PaymentMethod


def read_address(case: Case, text: str) -> list[Any]:
    return _parts(addresses.read_address(text, _country(case)))


def find_address(case: Case, text: str) -> list[Any] | None:
    found = addresses.find_address(text, _country(case))
    return _parts(found) if found else None


def _parts(to: Address) -> list[Any]:
    return [to.street, to.city, to.postcode, to.country, to.region]


def _country(case: Case) -> str:
    known = (case.order and case.order.address) or case.customer.address
    return known.country if known else "US"


def ask_address(case: Case) -> Question:
    where = f"order {shown(case.order.number)} be sent" if case.order else "new orders be sent"
    return Question(f"Where shall {where}? {addresses.NEEDED}")


ADDRESS = Detail("address", ask_address, read_address, in_passing=find_address)


class ChangeTheOrdersAddress(OrderChange):
    name = "change_order_address"
    title = "send to another address"
    button = "Send an order to another address"
    again = r"(?:change|send) it"
    past = "had order {number} sent to another address"
    intro = "The address of an order can be changed while it is pending."
    details = (ADDRESS,)

    def request(self, case: Case) -> Request:
        assert case.order
        return ChangeOrderAddress(case.customer.external_id, case.order.number, Address(*case.details["address"]))

    def preview(self, case: Case, result: Result) -> str:
        assert case.order
        to = words.address(Address(*case.details["address"]))
        instead = f" instead of {words.address(case.order.address)}" if case.order.address else ""
        return f"I will have order {shown(case.order.number)} sent to {to}{instead}."

    def done(self, case: Case, result: Result) -> str:
        return f"Done: order {shown(result.number or '')} goes to {words.address(Address(*case.details['address']))}."


class ChangeTheAccountsAddress(ProfileChange):
    name = "change_profile_address"
    title = "change the address of an account"
    button = "Change the address of my account"
    again = "change it"
    past = "changed the address of your account"
    details = (ADDRESS,)

    def request(self, case: Case) -> Request:
        return ChangeProfileAddress(case.customer.external_id, Address(*case.details["address"]))

    def preview(self, case: Case, result: Result) -> str:
        to = words.address(Address(*case.details["address"]))
        return f"I will change the address of your account to {to}. Orders under way keep the address they have."

    def done(self, case: Case, result: Result) -> str:
        return f"Done: new orders start with {words.address(Address(*case.details['address']))}."


NEW_EMAIL = re.compile(
    r"\b(?:to|new (?:e-?mail|(?:e-?mail )?address|one)(?: is|:)?)\s+(?P<email>[^\s@]+@\S+)", re.IGNORECASE
)


def find_email(text: str) -> str | None:
    """The new address in a request: `change my e-mail address from a@example.com to b@example.com`."""
    found = NEW_EMAIL.search(text)
    return found["email"].strip(AROUND) if found else None


def read_email(case: Case, text: str) -> str:
    found = [word.strip(AROUND) for word in text.split() if "@" in word]
    if len(found) != 1:
        raise Unclear("I need the new e-mail address, and nothing else.")
    return found[0]


AROUND = "<>.,;:!?\"'()"
"""What stands around an address and is no part of it."""


def ask_email(case: Case) -> Question:
    return Question("What is the new e-mail address?")


class ChangeTheEmail(ProfileChange):
    name = "change_email"
    title = "change the e-mail address of an account"
    button = "Change my e-mail address now"
    again = "change it"
    past = "changed the e-mail address of your account"
    details = (Detail("new_email", ask_email, read_email, in_passing=lambda case, text: find_email(text)),)

    def request(self, case: Case) -> Request:
        return ChangeEmail(case.customer.external_id, case.details["new_email"])

    def preview(self, case: Case, result: Result) -> str:
        return f"I will change the e-mail address of your account from {case.customer.email} to {case.details['new_email']}."

    def done(self, case: Case, result: Result) -> str:
        return f"Done: your account's e-mail address is {case.details['new_email']} now."


def ask_method(case: Case) -> Question:
    assert case.order
    buttons = [{"title": words.method(each), "payload": choice(each.method_id)} for each in methods(case)]
    return Question(f"How shall order {shown(case.order.number)} be paid instead?", buttons)


def methods(case: Case) -> list[PaymentMethod]:
    """The customer's stored ways to pay, without the one that the order is paid with."""
    paid = case.order.paid_with if case.order else None
    stored = case.crm.payment_methods(case.customer.external_id)
    return [each for each in stored if paid is None or each.method_id != paid.method_id]


def none_stored(case: Case) -> None:
    """Nothing is known without asking; and nothing is asked where there is nothing to choose.

    Raises:
        Over: the customer has stored no other way to pay.
    """
    if not methods(case):
        raise Over("There is no other way to pay stored in your account. I haven't changed anything.")


def read_method(case: Case, text: str) -> str:
    found = find_method(case, text)
    if found is None:
        raise Unclear(
            "I can only use a way to pay that is stored in your account; add one there first if you need another."
        )
    return found


def find_method(case: Case, text: str) -> str | None:
    """The one stored method that the text names, by its id, kind or last digits."""
    said = text.lower()
    fitting = [
        each
        for each in methods(case)
        if each.method_id == text.strip()
        or any(word in said for word in KINDS[each.kind])
        or (each.last_four and each.last_four in said)
    ]
    return fitting[0].method_id if len(fitting) == 1 else None


KINDS = {
    "visa": ("visa",),
    "mastercard": ("mastercard", "master card"),
    "american_express": ("american express", "amex"),
    "paypal": ("paypal", "pay pal"),
    "bank_transfer": ("bank", "transfer", "wire"),
    "gift_card": ("gift",),
}


TOO_SMALL: Refusal = "gift_card_too_small"


def paid_another_way(case: Case, name: str) -> str | None:
    """The detail, if there is a stored way to pay other than the one told last."""
    return name if any(each.method_id != case.details.get(name) for each in methods(case)) else None


class ChangeTheOrdersPayment(OrderChange):
    name = "change_order_payment"
    title = "have paid another way"
    button = "Pay an order another way"
    again = "change it"
    past = "changed how order {number} is paid"
    details = (Detail("method", ask_method, read_method, given=none_stored, in_passing=find_method),)

    def mended_by(self, case: Case, refusal: Refusal) -> str | None:
        return paid_another_way(case, "method") if refusal == TOO_SMALL else super().mended_by(case, refusal)

    def request(self, case: Case) -> Request:
        assert case.order
        return ChangeOrderPayment(case.customer.external_id, case.order.number, case.details["method"])

    def preview(self, case: Case, result: Result) -> str:
        assert case.order
        return f"I will change how order {shown(case.order.number)} is paid.{words.settled(result)}"

    def done(self, case: Case, result: Result) -> str:
        return f"Done: order {shown(result.number or '')} is paid another way now.{words.settled(result)}"


class Swaps(OrderChange):
    """What is common to both: what costs more can be paid another way than the order was."""

    details = (*SWAP_DETAILS, Detail("pay_with", ask_method, read_method, only_to_mend=True))

    def mended_by(self, case: Case, refusal: Refusal) -> str | None:
        return paid_another_way(case, "pay_with") if refusal == TOO_SMALL else super().mended_by(case, refusal)


class ChangeTheItems(Swaps):
    """Once an order, to other versions of the same products."""

    name = "change_items"
    title = "change items of"
    button = "Change the items of an order"
    again = r"(?:change|swap) (?:it|them)"
    past = "changed the items of order {number}"
    intro = "While an order is pending, its items can be changed once, to other versions of the same products."

    def request(self, case: Case) -> Request:
        assert case.order
        return ChangeItems(case.customer.external_id, case.order.number, swaps(case), case.details.get("pay_with"))

    def preview(self, case: Case, result: Result) -> str:
        assert case.order
        changed = words.joined([words.swap(line) for line in result.lines])
        total = f" The order's new total is {words.money(result.total)}." if result.total is not None else ""
        once = " An order's items can be changed once."
        return f"I will change order {shown(case.order.number)}: {changed}.{words.settled(result)}{total}{once}"

    def done(self, case: Case, result: Result) -> str:
        changed = words.joined([words.swap(line) for line in result.lines])
        return f"Done: order {shown(result.number or '')} is changed: {changed}.{words.settled(result)}"


class ExchangeTheItems(Swaps):
    """Delivered items for other versions of the same products."""

    name = "exchange_items"
    title = "exchange items of"
    button = "Exchange something now"
    again = r"(?:exchange|swap) (?:it|them)"
    past = "registered an exchange from order {number}"
    intro = f"Items can be exchanged for other versions of the same products. {words.RETURN_DAYS}"

    def request(self, case: Case) -> Request:
        assert case.order
        return ExchangeItems(case.customer.external_id, case.order.number, swaps(case), case.details.get("pay_with"))

    def preview(self, case: Case, result: Result) -> str:
        assert case.order
        changed = words.joined([words.swap(line) for line in result.lines])
        return f"I will exchange, from order {shown(case.order.number)}: {changed}.{words.settled(result)}{SEND_BACK}"

    def done(self, case: Case, result: Result) -> str:
        named = f" Its number is {result.reference}." if result.reference else ""
        return f"Done: the exchange is on its way.{named}{words.settled(result)}{SEND_BACK}"


SEND_BACK = " You will get a label by e-mail to send the old ones back with."

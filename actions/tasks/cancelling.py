"""Cancelling a pending order, and a membership, and asking for an account's deletion."""

from actions.tasks import words
from actions.tasks.base import Case, Detail, OrderChange, ProfileChange, Question, choice
from actions.tasks.words import shown
from switchboard.crm.changes import CancelMembership, CancelOrder, RequestDeletion, Result
from switchboard.crm.contract import Order

LONGEST_REASON = 200

REASONS = ("Ordered by mistake", "Found it elsewhere", "Arrives too late", "Changed my mind")


def ask_reason(case: Case) -> Question:
    assert case.order
    buttons = [{"title": reason, "payload": choice(reason)} for reason in REASONS]
    return Question(f"Why do you want to cancel order {shown(case.order.number)}? A few words are enough.", buttons)


class CancelAnOrder(OrderChange):
    """A pending order; what was paid goes back."""

    name = "cancel_order"
    title = "cancel"
    again = r"cancel (?:it|the order|my order)"
    past = "cancelled order {number}"
    details = (Detail("reason", ask_reason, lambda case, text: text.strip()[:LONGEST_REASON], in_any_words=True),)

    def request(self, case: Case) -> CancelOrder:
        assert case.order
        return CancelOrder(case.customer.external_id, case.order.number, case.details["reason"])

    def preview(self, case: Case, result: Result) -> str:
        assert case.order
        lines = words.joined([words.item(line) for line in case.order.lines])
        what = f"{shown(case.order.number)}: {lines}, {words.money(case.order.total)}"
        return f"I will cancel the whole order {what}.{_money(case.order, result, 'has')}"

    def done(self, case: Case, result: Result) -> str:
        assert case.order
        return f"Done: order {shown(result.number or '')} is cancelled.{_money(case.order, result, 'had')}"


def _money(order: Order, result: Result, has: str) -> str:
    """What goes back, or that nothing can; empty where the business system doesn't tell of payments."""
    nothing = f" Nothing {has} been paid for it yet." if order.unpaid else ""
    return words.refunds(result.refunds) or nothing


class CancelTheMembership(ProfileChange):
    """It runs on until the paid period ends."""

    name = "cancel_membership"
    title = "cancel a membership of Larkspur Plus"
    button = "End my membership now"
    again = r"(?:cancel|end) (?:it|the membership|my membership)"
    past = "cancelled your membership of Larkspur Plus"

    def request(self, case: Case) -> CancelMembership:
        return CancelMembership(case.customer.external_id)

    def preview(self, case: Case, result: Result) -> str:
        return f"I will cancel your membership of Larkspur Plus. It runs on until {_until(result)}, and is not renewed."

    def done(self, case: Case, result: Result) -> str:
        return f"Done: your membership is cancelled. You keep all its advantages until {_until(result)}."


class DeleteTheAccount(ProfileChange):
    """People do it within 30 days."""

    name = "request_deletion"
    title = "delete an account"
    button = "Delete my account now"
    again = r"delete (?:it|the account|my account)"
    past = "asked for your account to be deleted"

    def request(self, case: Case) -> RequestDeletion:
        return RequestDeletion(case.customer.external_id)

    def preview(self, case: Case, result: Result) -> str:
        return (
            "I will ask for your account and everything stored with it to be deleted, within 30 days. "
            "A membership ends with it, and past orders can't be looked up or sent back any more."
        )

    def done(self, case: Case, result: Result) -> str:
        return "Done: the deletion of your account is requested. You will get an e-mail when it is complete, within 30 days."


def _until(result: Result) -> str:
    return words.day(result.until) if result.until else "the end of the paid period"

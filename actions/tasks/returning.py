"""Sending delivered items back for their money."""

from typing import Any

from actions.tasks import words
from actions.tasks.base import Case, Detail, OrderChange, Question, choice
from actions.tasks.versions import EVERYTHING, ask_items, find_picked, only_line, open_lines, read_picked
from actions.tasks.words import shown
from switchboard.crm.changes import Item, Request, Result, ReturnItems

LABEL = " You will get a label for the parcel by e-mail."


def ask_returned(case: Case) -> Question:
    question = ask_items(case)
    everything = {"title": "Everything", "payload": choice(EVERYTHING)}
    return Question(question.text, [*question.buttons, everything] if len(open_lines(case)) > 1 else question.buttons)


def items(case: Case) -> tuple[Item, ...]:
    picked: list[Any] = case.details["items"]
    return tuple(Item(variant_id, quantity) for variant_id, quantity in picked)


class ReturnTheItems(OrderChange):
    """Within 30 days of delivery, 60 with Plus."""

    name = "return_items"
    title = "take anything back of"
    button = "Return something now"
    again = r"(?:return (?:it|them)|send (?:it|them) back)"
    past = "registered a return from order {number}"
    intro = words.RETURN_DAYS
    details = (Detail("items", ask_returned, read_picked, given=only_line, in_passing=find_picked),)

    def request(self, case: Case) -> Request:
        assert case.order
        return ReturnItems(case.customer.external_id, case.order.number, items(case), case.details.get("refund_to"))

    def preview(self, case: Case, result: Result) -> str:
        assert case.order
        back = words.joined([words.item(line) for line in result.lines])
        return f"I will register the return of {back}, from order {shown(case.order.number)}.{words.refunds(result.refunds)}{LABEL}"

    def done(self, case: Case, result: Result) -> str:
        named = f" Its number is {result.reference}." if result.reference else ""
        return f"Done: the return is registered.{named}{words.refunds(result.refunds)}{LABEL}"

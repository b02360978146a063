"""What a task is: what it needs to know, what it would do, and the words for both."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from actions.tasks.words import REFUSED, shown
from switchboard.crm.changes import ChangeName, Refusal, Request, Result
from switchboard.crm.contract import Crm, Customer, Order

Button = dict[str, str]


PERSON: Button = {"title": "Talk to a person", "payload": "/contact_human_agent"}

NOTHING_DONE = "All right, I haven't changed anything. What else can I do for you?"


def choice(value: str) -> str:
    """What a button sends that stands for this answer."""
    return f"/inform{json.dumps({'choice': value})}"


class Over(Exception):
    """There is nothing more to do; the message is the last word."""


class CallPerson(Exception):
    """A person has to go on, for this reason."""


class Unclear(Exception):
    """The answer can't be used; the message says what is needed."""


@dataclass(frozen=True)
class Question:
    """What the customer is asked, with buttons for answers that can be offered."""

    text: str
    buttons: Sequence[Button] = ()


@dataclass(frozen=True)
class Case:
    """What a task works with: the customer as verified, the order of theirs that it is about, and the details so far."""

    crm: Crm
    customer: Customer
    order: Order | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Detail:
    """Something that a task has to be told.

    Attributes:
        name: its name among the details.
        question: what to ask.
        read: the value from what was typed or pressed; raises Unclear. Values are what JSON can hold.
        in_passing: the value if the first message says it already, None if not; raises Unclear, then it is asked for.
        given: a value that needs no asking where none was said, None if it has to be asked for.
        only_to_mend: whether it is asked for only where it mends a refusal.
        in_any_words: whether all words are an answer, also a no or the number of another order.
    """

    name: str
    question: Callable[[Case], Question]
    read: Callable[[Case, str], Any]
    given: Callable[[Case], Any] = lambda case: None
    in_passing: Callable[[Case, str], Any] = lambda case, text: None
    only_to_mend: bool = False
    in_any_words: bool = False


class Task(Protocol):
    """One kind of request.

    Attributes:
        name: its name, also in data/identity.yml.
        title: the request as a customer would say it, after "I can't".
        button: what the button says that begins it; empty if there is none.
        again: how it is asked for again with a yes, "cancel it", as a pattern; of another task it would be another wish.
        about_order: whether it is about one order.
        intro: what is good to know before it begins; may be empty.
        details: what is asked for, in this order.
    """

    name: str
    title: str
    button: str
    again: str
    about_order: bool
    intro: str
    details: Sequence[Detail]

    def fits(self, order: Order) -> bool:
        """Whether it can be done for the order."""

    def refuse(self, order: Order | None) -> str:
        """Why it can't be done for this order, or for any."""


class Change(Task, Protocol):
    """A task that changes something, after a yes to its preview.

    Attributes:
        past: what was done, after "I".
    """

    name: ChangeName
    past: str

    def mended_by(self, case: Case, refusal: Refusal) -> str | None:
        """The detail that another answer to mends the refusal; None if nothing does."""

    def request(self, case: Case) -> Request:
        """What is to be changed."""

    def preview(self, case: Case, result: Result) -> str:
        """Exactly what will be done; "Shall I do that?" is asked after it."""

    def done(self, case: Case, result: Result) -> str:
        """What was done."""


class Look(Task, Protocol):
    """A task that only tells something."""

    def tell(self, case: Case) -> str:
        """The answer."""


MENDED_BY_THE_LAST = {
    "unknown_item",
    "too_many",
    "nothing_to_change",
    "unknown_variant",
    "out_of_stock",
    "bad_address",
    "other_country",
    "bad_email",
    "email_taken",
    "unknown_payment_method",
}
"""Refusals that another answer to the last question can mend."""


class Mended:
    """What all changes share: most refusals are about what was told last."""

    def mended_by(self, case: Case, refusal: Refusal) -> str | None:
        return list(case.details)[-1] if case.details and refusal in MENDED_BY_THE_LAST else None


class OrderChange(Mended):
    """What changes of an order share: those orders fit that allow it."""

    name: ChangeName
    title: str
    button = ""
    about_order = True
    intro = ""
    details: Sequence[Detail] = ()

    def fits(self, order: Order) -> bool:
        return self.name in order.allowed

    def refuse(self, order: Order | None) -> str:
        if order is None:
            return f"None of your orders is one that I can {self.title} now."
        return REFUSED[why_not(self.name, order)].format(number=shown(order.number))


class ProfileChange(Mended):
    """What changes of the account share: they need no order."""

    name: ChangeName
    title: str
    button = ""
    about_order = False
    intro = ""
    details: Sequence[Detail] = ()

    def fits(self, order: Order) -> bool:
        return True

    def refuse(self, order: Order | None) -> str:
        return f"I can't {self.title}."


def why_not(change: ChangeName, order: Order) -> Refusal:
    """The reason by the order's state; policy itself decides, this only words what it has decided."""
    if order.state == "cancelled":
        return "already_cancelled"
    if change in ("return_items", "exchange_items"):
        if order.state == "returned" or all(line.returned >= line.quantity for line in order.lines):
            return "already_returned"
        return "not_delivered" if order.delivered_at is None else "window_over"
    if change == "change_items" and order.items_changed:
        return "already_changed"
    return "too_late"

"""A task's way: who the customer is, which order, the details, a preview, a yes."""

import re
from typing import Any

from actions.tasks import words
from actions.tasks.base import Button, Case, Detail, Over, Question, Unclear, choice
from actions.tasks.changing import find_email
from actions.tasks.draft import Draft
from actions.tasks.heard import Heard
from actions.tasks.items import mentions
from actions.tasks.register import TASKS
from switchboard.crm.changes import Result
from switchboard.crm.contract import Crm, Customer, Order
from switchboard.errors import TooManyAttempts, WrongCode, WrongDetails
from switchboard.identity import codes
from switchboard.identity.checking import Identity

MOST_ORDERS = 20
"""Orders looked through for those that fit."""

MOST_BUTTONS = 5

NO_CODE = "I need the six digits of the code in that e-mail."

RESEND = re.compile(
    r"\b(?:re-?send|send (?:it|me|the|a|an)|(?:another|new) (?:one|code)|didn'?t (?:get|receive|arrive|come)|no (?:code|e-?mail))\b",
    re.IGNORECASE,
)

CLEAR_YES = "For this I need a clear yes or no."

THIS_FIRST = "I need a clear yes or no to order {this}; order {other} can come after it."

FIRST = "First order {first}. Please tell me about order {later} when that is done."

NOTHING_DONE = "All right, I haven't changed anything. What else can I do for you?"

NOT_REMEMBERED = "I can do that in our chat only, where I can remember who you are."
"""Of a single question, and of Rasa's own channels, there is no conversation of ours."""

NO_SUCH_ORDER = "I can't find order {number} among yours."

NOT_FOUND = "I can't find a customer with these details. Please check them, and let us try again."


class CallPerson(Exception):
    """A person has to go on, for this reason."""


class Steps:
    """Leads one conversation through one task, a message at a time.

    Attributes:
        draft: what is known; changed in place.
        says: what is to be told before the next question.
        failed: whether the answer could not be used.
    """

    def __init__(self, draft: Draft, conversation_id: str, crm: Crm, identity: Identity) -> None:
        self.draft, self.conversation_id, self.crm, self.identity = draft, conversation_id, crm, identity
        self.task = TASKS[draft.task]
        self.says: list[str] = []
        self.failed = False

    def turn_to(self, draft: Draft) -> "Steps":
        """The same conversation's steps in another task."""
        other = Steps(draft, self.conversation_id, self.crm, self.identity)
        other.says = self.says
        return other

    def begin(self, heard: Heard, talked_about: str | None) -> None:
        """Take what the first message says already; the order talked about is meant if it names no other."""
        self.draft.said = heard.text
        self.says += [self.task.intro] if self.task.intro else []
        self._take_number(heard)
        self._put_off_the_others(heard)
        if heard.email and not self._is_new(heard):
            self.draft.shown["email"] = heard.email
        if heard.means_another:
            talked_about = None
        if talked_about and not self.draft.number:
            self.draft.meant, self.draft.points = talked_about, heard.points
            self.draft.shown.setdefault("number", talked_about)
        self.go_on()

    def hear(self, heard: Heard) -> None:
        """Take the answer to what was asked for."""
        asking = self.draft.asking
        if asking == "confirm":
            self._hear_consent(heard)
        elif asking in ("number", "email", "name", "postcode"):
            self._hear_identity(heard, asking)
        elif asking == "code":
            self._hear_code(heard)
        elif asking == "order":
            self._hear_order(heard)
        else:
            self._hear_detail(heard)
        self.go_on()

    def go_on(self) -> None:
        """Go as far as what is known allows; `draft.asking` is what is missing then, None if all is known and agreed to.

        Raises:
            Over, CallPerson: there is nothing to ask.
        """
        if self.failed:
            return
        self.draft.asking = self._who() or self._which() or self._proof() or self._what() or self._agreed()

    def question(self) -> Question:
        """What the customer is asked now."""
        asking = self.draft.asking
        if asking == "confirm":
            return Question(f"{self.draft.preview} Shall I do that?", YES_OR_NO)
        if asking == "code":
            return Question(f"I have sent a code to {self.draft.code_to}. Please type it here.", (PERSON,))
        if asking == "order":
            return self._ask_order()
        if asking in IDENTITY_QUESTIONS:
            return IDENTITY_QUESTIONS[asking]
        return self._detail(asking).question(self.case())

    # Who the customer is

    def _who(self) -> str | None:
        who = self.identity.customer(self.conversation_id)
        if who is None:
            missing = self._missing()
            if missing:
                return missing
            if not self._show():
                return self._missing()
            if self.identity.customer(self.conversation_id) is None:
                raise Over(NOT_REMEMBERED)
        return None

    def _proof(self) -> str | None:
        """A code, where the task needs one: after the order, because what can't be done needs no proof."""
        if self.identity.suffices(self.conversation_id, self.draft.task):
            return None
        if not self.draft.code_to:
            try:
                self.draft.code_to = self.identity.send_code(self.conversation_id)
            except TooManyAttempts:
                raise CallPerson("identity_not_confirmed") from None
        return "code"

    def _missing(self) -> str | None:
        shown = self.draft.shown
        wanted = ("email",) if self.identity.levels.profile.email_alone else ("number", "email")
        if "name" in shown or shown.get("number") == "":
            wanted = ("name", "postcode")
        return next((each for each in wanted if not shown.get(each)), None)

    def _show(self) -> bool:
        """Try what was given; False if it was wrong, and then it has to be given again."""
        shown = self.draft.shown
        try:
            if "name" in shown:
                self.identity.knows_name(self.conversation_id, shown["name"], shown["postcode"])
            elif "number" in shown:
                self.identity.knows_order(self.conversation_id, shown["number"], shown["email"])
            else:
                self.identity.knows_email(self.conversation_id, shown["email"])
        except WrongDetails:
            self.says.append(NOT_FOUND)
            self.draft.shown, self.draft.number, self.draft.meant = {}, None, None
            return False
        except TooManyAttempts:
            raise CallPerson("identity_not_confirmed") from None
        return True

    def _is_new(self, heard: Heard) -> bool:
        """Whether the address in the first message is the one to change to, and so can't tell who the customer is."""
        new = find_email(heard.text) if self.draft.task == "change_email" else None
        return new is not None and new.lower() == str(heard.email).lower()

    def _hear_identity(self, heard: Heard, asking: str) -> None:
        if heard.intent == "deny" and not heard.has_none:
            raise Over(NOTHING_DONE)
        if asking in ("name", "postcode"):
            self.draft.shown[asking] = heard.text.strip()
            return
        self._take_number(heard)
        if heard.email:
            self.draft.shown["email"] = heard.email
        if asking in ("number", "email") and heard.has_none and not heard.email:
            self.draft.shown = {"number": ""}
        elif not self.draft.shown.get(asking):
            self._not_used("Let me ask that once more.")

    def _hear_code(self, heard: Heard) -> None:
        if self.identity.suffices(self.conversation_id, self.draft.task):
            return  # this turn runs again: the code was taken, and is good once
        code = "".join(c for c in heard.text if c.isdigit())
        if (heard.intent == "deny" or heard.stops) and not code:
            raise Over(NOTHING_DONE)
        if RESEND.search(heard.text):
            self.draft.code_to = None
            return
        if len(code) != codes.DIGITS:
            self._not_used(NO_CODE)
            return
        try:
            self.identity.prove(self.conversation_id, code)
        except TooManyAttempts:
            raise CallPerson("identity_not_confirmed") from None
        except WrongCode as error:
            self._not_used(error.message)

    def agree(self) -> None:
        """All is said: what was previewed is to be done."""
        self.draft.agreed, self.draft.asking = True, None

    # Which order

    def _which(self) -> str | None:
        if not self.task.about_order:
            return None
        if self.draft.number:
            return self._check_order(self.draft.number)
        if self.draft.meant:
            return self._check_meant(self.draft.meant)
        fitting = self._fitting()
        if not fitting:
            raise Over(self.task.refuse(None))
        if len(fitting) > 1 or self.draft.asking == "order":
            return "order"
        self.draft.about(fitting[0].number)
        return None

    def _check_meant(self, number: str) -> str | None:
        """Take the order talked about; if it can't be, the reason is told, and no other is taken without asking."""
        order = self._order(number)
        if order and self.task.fits(order):
            self.draft.about(order.number)
            return None
        why = self.task.refuse(order) if order else NO_SUCH_ORDER.format(number=words.shown(number))
        if self.draft.points or not self._fitting():
            raise Over(why)
        self.says.append(why)
        self.draft.meant = None
        return "order"

    def _check_order(self, number: str) -> str | None:
        order = self._order(number)
        if order is None:
            self.says.append(NO_SUCH_ORDER.format(number=words.shown(number)))
            self.draft.number = None
            self.failed = True
            if not self._fitting():
                raise Over(self.task.refuse(None))
            return "order"
        if not self.task.fits(order):
            raise Over(self.task.refuse(order))
        return None

    def _hear_order(self, heard: Heard) -> None:
        if heard.number or heard.choice:
            self.draft.about(heard.number or str(heard.choice))
        elif heard.intent == "deny":
            raise Over(NOTHING_DONE)
        else:
            self._pick_by_words(heard)

    def _pick_by_words(self, heard: Heard) -> None:
        """`the one with the frying pan`, `the latest`."""
        fitting = self._fitting()
        named = [order for order in fitting if mentions(heard.text, order.lines)]
        said = heard.text.lower().split()
        if LATEST & set(said):
            named = fitting[:1]
        named = [fitting[n] for n, word in enumerate(ORDINALS) if word in said and n < len(fitting)] or named
        if len(named) == 1:
            self.draft.about(named[0].number)
            self.draft.said = heard.text
        else:
            self._not_used("I can't tell which order you mean.")

    def _ask_order(self) -> Question:
        orders = self._fitting()[:MOST_BUTTONS]
        buttons = [
            {"title": words.summary(order), "payload": f'/inform{{"order_number": "{order.number}"}}'}
            for order in orders
        ]
        return Question("Which order is it?", [*buttons, PERSON])

    def _fitting(self) -> list[Order]:
        return [order for order in self.crm.orders(self._customer().external_id, MOST_ORDERS) if self.task.fits(order)]

    def _take_number(self, heard: Heard) -> None:
        if heard.number:
            self.draft.shown["number"] = heard.number
            if self.task.about_order:
                self.draft.about(heard.number)

    def _put_off_the_others(self, heard: Heard) -> None:
        later = [words.shown(number) for number in heard.numbers[1:]]
        if later and self.task.about_order and heard.adds:
            first = words.shown(heard.numbers[0])
            self.says.append(FIRST.format(first=first, later=words.joined(later)))

    # What exactly

    def _what(self) -> str | None:
        case = self.case()
        for detail in self.task.details:
            if detail.name in self.draft.details or detail.only_to_mend:
                continue
            known = _known(detail, case, self.draft.said)
            if known is None:
                return detail.name
            self.draft.details[detail.name] = known
        return None

    def _hear_detail(self, heard: Heard) -> None:
        detail = self._detail(self.draft.asking)
        if self.task.about_order and self._turned(heard, detail):
            return
        if heard.stops or (heard.intent == "deny" and not heard.choice and not detail.in_any_words):
            raise Over(NOTHING_DONE)
        try:
            self._take(detail, detail.read(self.case(), heard.value))
        except Unclear as unclear:
            self._not_used(str(unclear))

    def _turned(self, heard: Heard, detail: Detail) -> bool:
        """Whether the answer is about another order."""
        other = heard.other_than(self.draft.number)
        if other and (heard.turns or not detail.in_any_words):
            self.draft.about(other)
        elif not heard.numbers and heard.turns and (detail.in_any_words or "order" in heard.text.lower()):
            self._turn_to_another()
        else:
            return False
        return True

    def _take(self, detail: Detail, value: Any) -> None:
        """A value, or one more part of it: of several items each has a version of its own."""
        if detail.name == "versions" and len(value) < len(self.draft.details["items"]):
            self.draft.details["versions_so_far"] = value
        else:
            self.draft.details[detail.name] = value

    def _detail(self, name: str | None) -> Detail:
        return next(each for each in self.task.details if each.name == name)

    # The yes

    def _agreed(self) -> str | None:
        case = self.case()
        if hasattr(self.task, "tell"):
            raise Over(self.task.tell(case))
        request = self.task.request(case)
        result = self.crm.quote(request)
        if result.refused:
            return self._refused(case, result)
        if self.draft.agreed and self.draft.proposed() == (request, result):
            return None
        if self.draft.agreed:
            self.says.append("Something has changed in the meantime.")
        self.draft.propose(request, result, self.task.preview(case, result))
        return "confirm"

    def _refused(self, case: Case, result: Result) -> str:
        """Ask for the detail that another answer may mend."""
        assert result.refused
        name = self.task.mended_by(case, result.refused)
        if name is None:
            raise Over(words.refused(result))
        self.says.append(words.refused(result))
        self.failed = name in self.draft.details
        self.draft.forget(name)
        return self._what() or name

    def _hear_consent(self, heard: Heard) -> None:
        other = heard.other_than(self.draft.number) if self.task.about_order else None
        if other and heard.adds:
            self.says.append(THIS_FIRST.format(this=words.shown(str(self.draft.number)), other=words.shown(other)))
        elif other:
            self.draft.about(other)
        elif heard.means_another and self.task.about_order:
            self._turn_to_another()
        elif heard.clear_yes:
            self.draft.agreed = True
        elif heard.intent == "affirm":
            self.says.append(CLEAR_YES)
        elif not self._corrected(heard):
            if heard.intent == "deny" or heard.stops:
                raise Over(NOTHING_DONE)
            self._not_used(CLEAR_YES)

    def _corrected(self, heard: Heard) -> bool:
        """Whether the answer gives a detail anew: `no, to 5 Elm Street, Albany, NY 12207`."""
        case = self.case()
        for detail in reversed(self.task.details):
            try:
                value = detail.in_passing(case, heard.value)
            except Unclear as unclear:
                self._not_used(str(unclear))
                return True
            if value is not None and value != self.draft.details.get(detail.name):
                self.draft.correct(detail.name, value)
                return True
        return False

    def _turn_to_another(self) -> None:
        others = [order for order in self._fitting() if order.number != self.draft.number]
        if not others:
            raise Over(f"You have no other order that I can {self.task.title}. I haven't changed anything.")
        if len(others) == 1:
            self.draft.about(others[0].number)
        else:
            self.draft.about("")

    # What all of it rests on

    def _not_used(self, why: str) -> None:
        self.says.append(why)
        self.failed = True

    def _customer(self) -> Customer:
        who = self.identity.customer(self.conversation_id)
        customer = self.crm.customer(who.external_id) if who else None
        if customer is None:
            raise CallPerson("identity_not_confirmed")
        return customer

    def _order(self, number: str) -> Order | None:
        return self.crm.order(number, self._customer().external_id)

    def case(self) -> Case:
        """What the task works with."""
        order = self._order(self.draft.number) if self.draft.number else None
        return Case(self.crm, self._customer(), order, self.draft.details)


def _known(detail: Detail, case: Case, said: str) -> Any:
    """What need not be asked for."""
    try:
        value = detail.in_passing(case, said)
    except Unclear:
        return None
    return detail.given(case) if value is None else value


LATEST = {"latest", "newest", "recent"}

ORDINALS = ("first", "second", "third", "fourth", "fifth")
"""As the buttons show them."""

PERSON: Button = {"title": "Talk to a person", "payload": "/contact_human_agent"}

YES_OR_NO = ({"title": "Yes, do that", "payload": "/affirm"}, {"title": "No, leave it", "payload": "/deny"})

IDENTITY_QUESTIONS = {
    "number": Question(
        "I need to know who you are first. What is the number of an order of yours? "
        "It looks like #12345 or W1234567, and you find it in the confirmation e-mail.",
        ({"title": "I don't have it", "payload": choice("none")}, PERSON),
    ),
    "email": Question("Which e-mail address did you use for it?", (PERSON,)),
    "name": Question("Then please tell me your full name, as it is in your account."),
    "postcode": Question("And the postcode of your address?"),
}

"""Who the customer is: what they show for it, and the code that proves it."""

import re

from actions.tasks.base import NOTHING_DONE, PERSON, CallPerson, Over, Question, choice
from actions.tasks.changing import find_email
from actions.tasks.heard import Heard
from actions.tasks.turn import Turn
from switchboard.errors import CodeTooOld, TooManyAttempts, WrongCode, WrongDetails
from switchboard.identity import codes

NOT_REMEMBERED = "I can do that in our chat only, where I can remember who you are."
"""Of a single question, and of Rasa's own channels, there is no conversation of ours."""

BY_LINK = (
    "You came here through the link of a mail, which others may have too, so I can't find out here who you are. "
    "For that, please start a new conversation: it is in the menu of this chat. Or say that you want to talk to a person."
)

NOT_FOUND = "I can't find a customer with these details. Please check them, and let us try again."

NO_CODE = "I need the six digits of the code in that e-mail."

ON_ITS_WAY = "The code that I sent a moment ago may take a minute to arrive."

RESEND = re.compile(
    r"\b(?:re-?send|send (?:it|me|the|a|an)|(?:another|new) (?:one|code)|didn'?t (?:get|receive|arrive|come)|no (?:code|e-?mail))\b",
    re.IGNORECASE,
)

QUESTIONS = {
    "number": Question(
        "I need to know who you are first. What is the number of an order of yours? "
        "It looks like #12345 or W1234567, and you find it in the confirmation e-mail.",
        ({"title": "I don't have it", "payload": choice("none")}, PERSON),
    ),
    "email": Question("Which e-mail address did you use for it?", (PERSON,)),
    "name": Question("Then please tell me your full name, as it is in your account."),
    "postcode": Question("And the postcode of your address?"),
}


class Identifying:
    """The part of a task's way in which it becomes known who the customer is."""

    def __init__(self, turn: Turn) -> None:
        self.turn, self.identity, self.conversation_id = turn, turn.known.identity, turn.known.conversation_id

    def missing(self) -> str | None:
        """What the customer still has to show, None if it is known who they are."""
        if self.turn.known.customer_if_shown() is None:
            if self.identity.is_by_link(self.conversation_id):
                raise Over(BY_LINK)
            wanted = self._wanted()
            if wanted is None and not self._show():
                wanted = self._wanted()
            if wanted:
                return wanted
            if self.turn.known.customer_if_shown() is None:
                raise Over(NOT_REMEMBERED)
            self.turn.draft.code_to = None
        self.turn.draft.shown = {}  # it has served; later it would have to be shown anew
        return None

    def proof(self) -> str | None:
        """A code, where the task needs one: after the order, because what can't be done needs no proof."""
        draft = self.turn.draft
        if self._suffices():
            return None
        if not draft.code_to:
            try:
                draft.code_to = self.identity.send_code(self.conversation_id)
            except TooManyAttempts:
                raise CallPerson("identity_not_confirmed") from None
        return "code"

    def question(self, asking: str) -> Question:
        if asking == "code":
            return Question(f"I have sent a code to {self.turn.draft.code_to}. Please type it here.", (PERSON,))
        return QUESTIONS[asking]

    def take(self, heard: Heard) -> None:
        """Take what the first message shows."""
        self._take_number(heard)
        if heard.email and not self._is_new(heard):
            self.turn.draft.shown["email"] = heard.email

    def hear(self, heard: Heard, asking: str) -> None:
        """Take the answer to one of the questions, or the code."""
        shown = self.turn.draft.shown
        if asking == "code":
            self._hear_code(heard)
        elif (heard.intent == "deny" or heard.stops) and not heard.has_none:
            raise Over(NOTHING_DONE)
        elif asking in ("name", "postcode"):
            shown[asking] = heard.text.strip()
        else:
            self._take_number(heard)
            if heard.email:
                shown["email"] = heard.email
            if heard.has_none and not heard.email:
                self.turn.draft.shown = {"number": ""}
            elif not shown.get(asking):
                self.turn.not_used("Let me ask that once more.")

    def _wanted(self) -> str | None:
        shown = self.turn.draft.shown
        wanted = ("email",) if self.identity.levels.profile.email_alone else ("number", "email")
        if "name" in shown or shown.get("number") == "":
            wanted = ("name", "postcode")
        return next((each for each in wanted if not shown.get(each)), None)

    def _show(self) -> bool:
        """Try what was given; False if it was wrong, and then it has to be given again."""
        draft, shown = self.turn.draft, self.turn.draft.shown
        try:
            if "name" in shown:
                self.identity.knows_name(self.conversation_id, shown["name"], shown["postcode"])
            elif "number" in shown:
                self.identity.knows_order(self.conversation_id, shown["number"], shown["email"])
            else:
                self.identity.knows_email(self.conversation_id, shown["email"])
        except WrongDetails:
            self.turn.says.append(NOT_FOUND)
            draft.shown, draft.number, draft.meant = {}, None, None
            return False
        except TooManyAttempts:
            raise CallPerson("identity_not_confirmed") from None
        return True

    def _take_number(self, heard: Heard) -> None:
        if heard.number:
            self.turn.draft.shown["number"] = heard.number
            if self.turn.task.about_order and heard.number != self.turn.draft.number:
                self.turn.draft.about(heard.number)

    def _is_new(self, heard: Heard) -> bool:
        """Whether the address in the first message is the one to change to, and so can't tell who the customer is."""
        new = find_email(heard.text) if self.turn.draft.task == "change_email" else None
        return new is not None and new.lower() == str(heard.email).lower()

    def _suffices(self) -> bool:
        return self.identity.suffices(self.conversation_id, self.turn.draft.task)

    def _hear_code(self, heard: Heard) -> None:
        if self._suffices():
            return  # this turn runs again: the code was taken, and is good once
        code = "".join(c for c in heard.text if c.isdigit())
        if (heard.intent == "deny" or heard.stops) and not code:
            raise Over(NOTHING_DONE)
        if RESEND.search(heard.text):
            self._send_again()
        elif len(code) != codes.DIGITS:
            self.turn.not_used(NO_CODE)
        else:
            self._prove(code)

    def _send_again(self) -> None:
        if self.identity.has_just_sent_a_code(self.conversation_id):
            self.turn.says.append(ON_ITS_WAY)
        else:
            self.turn.draft.code_to = None

    def _prove(self, code: str) -> None:
        try:
            self.identity.prove(self.conversation_id, code)
        except TooManyAttempts:
            raise CallPerson("identity_not_confirmed") from None
        except CodeTooOld as error:
            self.turn.says.append(error.message)
            self.turn.draft.code_to = None
        except WrongCode as error:
            self.turn.not_used(error.message)

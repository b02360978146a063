"""The customer's latest message, as far as a form cares."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rasa_sdk import Tracker

from actions.forms import is_clear_yes
from actions.tasks.addresses import find_address
from actions.tasks.starting import asked_for
from switchboard.crm.contract import normalise_number
from switchboard.understanding.answers import QUESTION

ANSWERS = {"inform", "affirm", "deny", "other_order"}
"""Intents that can answer a question; all others interrupt."""

OTHER = re.compile(r"\b(?:the|my|an?) ?other\b|\banother (?:one|order)\b|\bwrong (?:one|order)\b", re.IGNORECASE)

UNKNOWN = re.compile(
    r"\b(?:don'?t|do not|can'?t|cannot|no longer|haven'?t) (?:have|know|remember|find|got)|\blost\b|\bno idea\b|\bwithout (?:it|the number)\b",
    re.IGNORECASE,
)


STOP = re.compile(
    r"(?=\S)(?:(?:no+|nope|nah|oh)[\s,.!]*)*(?:(?:stop|quit|abort)(?: it| that| this)?|cancel (?:that|this)|never ?mind|"
    r"forget (?:it|that|about it)|(?:leave|keep) (?:it|that|everything)(?: as it is)?|don'?t(?: do (?:it|that))?|do not|"
    r"thanks?|thank you)?[\s.!]*",
    re.IGNORECASE,
)
"""A no to all of it, and nothing that could be an answer."""


@dataclass(frozen=True)
class Heard:
    """
    Attributes:
        text: what was typed, or the title of what was pressed.
        intent: what it was understood as.
        number: an order number in it.
        email: an e-mail address in it.
        choice: what a pressed button stands for.
        clear_yes: whether a yes is one without a doubt.
    """

    text: str
    intent: str
    number: str | None
    email: str | None
    choice: str | None
    clear_yes: bool

    @classmethod
    def of(cls, tracker: Tracker) -> "Heard":
        message: dict[str, Any] = tracker.latest_message
        entities = message.get("entities") or []
        found = {each["entity"]: each["value"] for each in reversed(entities)}
        numbers = [str(each["value"]) for each in entities if each["entity"] == "order_number"]
        number = order_number(numbers, message["text"] or "")
        intent = message["intent"].get("name") or ""
        clear_yes = is_clear_yes(message, tracker.get_slot("task"))
        return cls(message["text"] or "", intent, number, found.get("email"), found.get("choice"), clear_yes)

    def is_answer(self, task: str) -> bool:
        """Whether the message can answer a question of this task. One that asks for it again can, if it says more."""
        says_more = bool(self.number or self.email)
        again = says_more and asked_for(self.intent, self.text, says_more) == task
        unclear = self.intent == "nlu_fallback" and not QUESTION.search(self.text)
        return self.intent in ANSWERS or self.choice is not None or again or unclear or self.clear_yes

    @property
    def value(self) -> str:
        """What an answer says: the pressed choice, else the words."""
        return self.choice or self.text

    @property
    def stops(self) -> bool:
        """Whether the customer wants to leave it at that."""
        return self.choice is None and bool(STOP.fullmatch(self.text.strip()))

    @property
    def means_another(self) -> bool:
        return self.intent == "other_order" or bool(OTHER.search(self.text))

    @property
    def has_none(self) -> bool:
        """Whether the customer says not to have what was asked for."""
        return self.choice == "none" or (self.intent != "affirm" and bool(UNKNOWN.search(self.text)))


def order_number(numbers: Sequence[str], text: str) -> str | None:
    """The first order number that is no postcode: in the United States both have five digits."""
    to = find_address(text, "US")
    known = [number for number in map(normalise_number, numbers) if number]
    return next((number for number in known if not (to and number == to.postcode)), None)

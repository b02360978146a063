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

TURNING = re.compile(
    r"no|nope|nah|not|oh|sorry|oops|wait|stop|actually|and|but|i|mean|meant|want|wanted|it|it's|its|is|was|that|that's|this|"
    r"the|my|an?|to|for|about|cancel|change|return|please|rather|instead|orders?|number|one"
)
"""With `other` or a number they turn to another order. A closed list: what else is said can make it a reason."""

OTHERS = frozenset({"other", "another", "different", "wrong"})

POINTING = re.compile(r"\b(?:it|them|this|that|these|those)\b", re.IGNORECASE)

ADDING = re.compile(r"\b(?:and|plus|also|too|as well|both)\b|\d\s*[,&+]\s*(?:order\s*)?#?W?\d", re.IGNORECASE)

NOT_ADDING = re.compile(r"\b(?:no|nope|not|instead|rather|but|than|mean|meant|duplicate|same)\b", re.IGNORECASE)

HOUSE_NUMBER = re.compile(r"(\d{5})\s+[^\W\d_]{2}")

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
        numbers: the order numbers in it.
        email: an e-mail address in it.
        choice: what a pressed button stands for.
        clear_yes: whether a yes is one without a doubt.
        early: whether it was written before the latest that was said to the customer.
    """

    text: str
    intent: str
    numbers: Sequence[str]
    email: str | None
    choice: str | None
    clear_yes: bool
    early: bool = False

    @classmethod
    def of(cls, tracker: Tracker) -> "Heard":
        message: dict[str, Any] = tracker.latest_message
        entities = message.get("entities") or []
        found = {each["entity"]: each["value"] for each in reversed(entities)}
        numbers = [str(each["value"]) for each in entities if each["entity"] == "order_number"]
        text, task = message["text"] or "", tracker.get_slot("task")
        known = order_numbers(numbers, text, task)
        if any(each["entity"] == "pending_requests" for each in entities):
            known = known[:1]  # the others are of the requests that wait
        intent = message["intent"].get("name") or ""
        clear_yes, early = is_clear_yes(message, task), bool((message.get("metadata") or {}).get("early"))
        return cls(text, intent, known, found.get("email"), found.get("choice"), clear_yes, early)

    @property
    def number(self) -> str | None:
        """The first order number."""
        return next(iter(self.numbers), None)

    def other_than(self, number: str | None) -> str | None:
        """The first order number that is another."""
        return next((each for each in self.numbers if each != number), None)

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
    def turns(self) -> bool:
        """Whether it turns to another order and says nothing else: `no, the other one`, `12347 I meant`."""
        said = set(re.findall(r"[\w']+", self.text.lower().replace("’", "'")))
        names = {word for word in said if normalise_number(word)}
        others = said & (OTHERS if self.intent == "other_order" else OTHERS - {"wrong"})
        rest = said - names - others
        return self.choice is None and bool(names or others) and all(TURNING.fullmatch(word) for word in rest)

    @property
    def points(self) -> bool:
        """Whether it says `it` of the order talked about."""
        return bool(POINTING.search(self.text))

    @property
    def adds(self) -> bool:
        """Whether it names one order beside another: `yes, and 12347 too`."""
        return self.intent != "deny" and bool(ADDING.search(self.text)) and not NOT_ADDING.search(self.text)

    @property
    def has_none(self) -> bool:
        """Whether the customer says not to have what was asked for."""
        return self.choice == "none" or (self.intent != "affirm" and bool(UNKNOWN.search(self.text)))


def order_numbers(numbers: Sequence[str], text: str, task: str | None = None) -> list[str]:
    """The order numbers among these, without the postcode: in the United States both have five digits. Where an address
    is asked for, the house number is none either."""
    to = find_address(text, "US")
    house = HOUSE_NUMBER.match(to.street) if to and task and "address" in task else None
    others = {to.postcode, house and house[1]} if to else set()
    known = [number for number in map(normalise_number, numbers) if number]
    return [number for number in dict.fromkeys(known) if number not in others]

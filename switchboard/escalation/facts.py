"""What rules decide from, and how much of it a text tells by itself."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from switchboard.escalation.anger import Lexicon, anger
from switchboard.escalation.words import Words, plain

SUPPORT = "support"
"""The team that is called when nothing says which it should be."""


@dataclass(frozen=True)
class Facts:
    """What is known of a message and its conversation. What is not known is None, and meets no condition.

    Attributes:
        keywords: the groups of words that occur in the message.
        anger: how angry it sounds, 0 to 1.
        topic: the team whose topic it names.
        amount: the largest sum of money it names.
        repeated_questions: how many of the customer's earlier messages asked the same.
        waiting_minutes: how long it has waited for an answer.
        within_hours: whether people of the topic's team answer at this time.
        failures_in_row: the latest turns, with this one, that did not understand the customer.
        tier: the verified customer's, in the CRM.
        open_orders_value: what their orders that are not delivered yet come to.
        intent: what the assistant took the message for.
        confidence: how sure it was, 0 to 1.
        requested: why the assistant asked for a person.
        requested_team: whom it asked for, if it knew.
    """

    keywords: tuple[str, ...] = ()
    anger: float = 0.0
    topic: str = SUPPORT
    amount: float | None = None
    repeated_questions: int = 0
    waiting_minutes: float | None = None
    within_hours: bool | None = None
    failures_in_row: int | None = None
    tier: str | None = None
    open_orders_value: float | None = None
    intent: str | None = None
    confidence: float | None = None
    requested: str | None = None
    requested_team: str | None = None

    @property
    def team(self) -> str:
        """The team that the assistant asked for, or that of the topic."""
        return self.requested_team or self.topic

    def with_(self, **more: Any) -> "Facts":
        """These and what has become known since."""
        return replace(self, **more)

    def as_json(self) -> dict[str, Any]:
        """All that is known."""
        return {name: value for name, value in asdict(self).items() if value is not None}


NAMES = frozenset({"keywords", "topic", "intent", "tier", "requested"})
NUMBERS = frozenset(
    {
        "anger",
        "amount",
        "repeated_questions",
        "waiting_minutes",
        "failures_in_row",
        "open_orders_value",
        "confidence",
    }
)
FLAGS = frozenset({"within_hours"})
"""The facts that rules can ask about, by what they are compared with."""

AT_ONCE = frozenset({"keywords", "topic", "anger", "amount", "repeated_questions", "waiting_minutes", "within_hours"})
"""What is known without asking another program."""

CRM = frozenset({"tier", "open_orders_value"})


@dataclass(frozen=True)
class Vocabulary:
    """The words that facts are found by: a team's topic, groups of keywords and what only sounds like them, the lexicon
    of anger."""

    topics: Mapping[str, Words] = field(default_factory=dict)
    keywords: Mapping[str, Words] = field(default_factory=dict)
    harmless: Words = field(default_factory=Words)
    lexicon: Lexicon = field(default_factory=Lexicon)


def read_text(text: str, vocabulary: Vocabulary, earlier: Sequence[str] = ()) -> Facts:
    """What a message tells by itself.

    Args:
        earlier: what the customer has written before.
    """
    repeated = sum(same_question(text, each) for each in earlier)
    meant = vocabulary.harmless.without(text)
    return Facts(
        keywords=tuple(group for group, words in vocabulary.keywords.items() if words.found(meant)),
        anger=anger(text, vocabulary.lexicon, repeated),
        topic=topic(text, vocabulary),
        amount=amount(text),
        repeated_questions=repeated,
    )


def topic(text: str, vocabulary: Vocabulary) -> str:
    """The first team of which the text has a word; `support` if it names no topic."""
    return next((team for team, words in vocabulary.topics.items() if words.found(text)), SUPPORT)


NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
MONEY = re.compile(
    rf"[$€£]\s?({NUMBER})|(?<![\w.,])({NUMBER})\s?(?:[$€£]|(?:dollars?|bucks|usd|euros?|eur|pounds?|gbp)\b)",
    re.IGNORECASE,
)


def amount(text: str) -> float | None:
    """The largest sum of money in a text, whichever the currency; None if there is none.

    >>> amount("I was charged $1,249.50 instead of 99 dollars")
    1249.5
    """
    sums = [float((before or after).replace(",", "")) for before, after in MONEY.findall(text)]
    return max(sums, default=None)


SAME, FEWEST_WORDS = 0.7, 3
"""Which share of all words of two messages they have in common if they ask the same, and how many each has at least:
a yes or an order number may well come twice."""


def same_question(text: str, other: str) -> bool:
    """Whether two messages ask the same, in nearly the same words.

    >>> same_question("where is my order", "WHERE IS MY ORDER NOW?!"), same_question("track my order", "cancel my order")
    (True, False)
    """
    words, others = (set(re.findall(r"[\w']+", plain(each).casefold())) for each in (text, other))
    if min(len(words), len(others)) < FEWEST_WORDS:
        return False
    return len(words & others) >= SAME * len(words | others)

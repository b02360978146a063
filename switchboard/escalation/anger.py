"""How angry a message sounds: a small lexicon, and how it is written."""

import re
from dataclasses import dataclass, field
from math import prod

from switchboard.escalation.words import Words

INSULT, SWEARING, COMPLAINT, SHOUTING, EXCLAIMING, REPEATING = 0.8, 0.7, 0.4, 0.5, 0.2, 0.4
"""What each sign adds. One outburst is enough for a person to be called, of the milder signs it takes two or three:
many people type in capitals only, and a customer who calls a price ridiculous is not beside themselves yet."""

MOST_COUNTED = 2
"""How often a milder sign counts."""

SWEARING_MASKED = re.compile(r"\b[a-z]\*{2,}[a-z]*", re.IGNORECASE)
EXCLAMATION = re.compile(r"!\s?!|\?!|!\?")

WORD = re.compile(r"[^\W\d_]{2,}")
SHOUTED_WORDS, SHOUTED_SHARE = 3, 0.4
"""How many words in capitals, and which share of all, are shouting. One letter says nothing."""

MARKED = re.compile(r"[\d@]")
"""In order numbers, articles' numbers, addresses, also those that are masked: what is in capitals or stars there says
nothing."""


@dataclass(frozen=True)
class Lexicon:
    """What angry people write.

    Attributes:
        insults: what is aimed at somebody.
        swearing: what can be anger, or joy.
        complaints: strong displeasure.
        kind: what shows that swearing was joy.
    """

    insults: Words = field(default_factory=Words)
    swearing: Words = field(default_factory=Words)
    complaints: Words = field(default_factory=Words)
    kind: Words = field(default_factory=Words)


def anger(text: str, lexicon: Lexicon, repeated: int = 0) -> float:
    """How angry a message sounds, 0 to 1: every sign takes its share of what calm is left.

    Args:
        repeated: how many of the customer's earlier messages asked the same.
    """
    signs = [
        *([INSULT] if lexicon.insults.found(text) else []),
        *([SWEARING] if _swears_in_anger(text, lexicon) else []),
        *([COMPLAINT] * min(len(lexicon.complaints.found(text)), MOST_COUNTED)),
        *([SHOUTING] if _shouts(text) else []),
        *([EXCLAIMING] if EXCLAMATION.search(text) else []),
        *([REPEATING] * min(repeated, MOST_COUNTED)),
    ]
    return round(1 - prod(1 - sign for sign in signs), 2)


def _swears_in_anger(text: str, lexicon: Lexicon) -> bool:
    swears = lexicon.swearing.found(text) or SWEARING_MASKED.search(_unmarked(text))
    return bool(swears) and not lexicon.kind.found(lexicon.complaints.without(text))


def _shouts(text: str) -> bool:
    words = WORD.findall(_unmarked(text))
    shouted = [word for word in words if word.isupper()]
    return len(shouted) >= SHOUTED_WORDS and len(shouted) >= SHOUTED_SHARE * len(words)


def _unmarked(text: str) -> str:
    return " ".join(word for word in text.split() if not MARKED.search(word))

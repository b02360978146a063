"""What a whole message asks for: in which language, what first, and what is left for later."""

from __future__ import annotations

from dataclasses import dataclass

from switchboard.understanding.answers import NAMES
from switchboard.understanding.cascade import FAST, OUT_OF_SCOPE, Cascade, Classification
from switchboard.understanding.language import ENGLISH, language_of
from switchboard.understanding.requests import requests_in

CERTAIN = 0.95  # an answer that stands although the message looks like another language
LEGIBLE = 0.5  # share of words that are words, below which a message is gibberish


@dataclass(frozen=True)
class Understood:
    """`found` is the first request; `pending` are the intents of the others, in the message's order."""

    found: Classification
    pending: list[str]
    language: str
    legible: float  # the share of the words that are words of the language

    @property
    def intent(self) -> str | None:
        return self.found.ranking[0][0] if self.found.ranking else None

    @property
    def confidence(self) -> float:
        return self.found.ranking[0][1] if self.found.ranking else 0.0


def understand(cascade: Cascade, text: str, readable: str, asked: str | None = None) -> Understood:
    """Decide on a message.

    Args:
        readable: its text with stand-ins for its entities.
        asked: what a task has asked for; names and addresses are in any language.
    """
    requests = requests_in(readable, cascade.classify)
    found = requests[0].found if requests else cascade.classify(readable)
    language = ENGLISH if asked in NAMES else language_of(text)
    if language != ENGLISH and not _certain(found):
        return Understood(cascade.foreign_language(), [], language, 1.0)
    return Understood(found, [request.intent for request in requests[1:]], language, cascade.speller.legible(readable))


def _certain(found: Classification) -> bool:
    """Answered by words of the training data itself, such as "merci beaucoup"."""
    return found.stage == FAST and bool(found.ranking) and found.ranking[0][1] >= CERTAIN


def is_only_strange(intent: str | None, confidence: float, legible: float, refuse_at: float) -> bool:
    """Out of scope as far as one can see, but so doubtful or so garbled that asking is better than refusing."""
    return intent == OUT_OF_SCOPE and (confidence < refuse_at or legible < LEGIBLE)

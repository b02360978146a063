"""Several requests in one message: clauses that would each be a clear request of their own."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass

from switchboard.understanding.cascade import OUT_OF_SCOPE, Classification

SURE = 0.75  # of a clause on its own
MOST = 6  # clauses looked at; a longer message tells a story

# They open, close or carry a conversation and are never a task left to do.
SMALL_TALK = frozenset(
    {"greet", "goodbye", "thank", "affirm", "deny", "inform", "bot_challenge", "complaint", OUT_OF_SCOPE}
)

_BREAK = re.compile(
    r"\s*(?:[.!?;\n]+(?=\s|$)|,?\s+(?:and|then|plus|also|but|&)\s+(?=\S)|,(?=\s)|\s+(?:as well as|after that|by the way)\s+)\s*",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"^(?:(?:and|also|then|please|pls|plus|but|oh|additionally|next|after that|secondly|finally|too)\b[, ]*)+",
    re.IGNORECASE,
)
_TRAIL = re.compile(r"[\s,]+(?:and|also|then|plus|please|but)[\s,]*$", re.IGNORECASE)
_PHRASE = re.compile(
    r"^(?:the|a|an|my|our|your|his|her|their|its|this|that|these|those|to|for|in|with|of|on|from|by|or|not|no|one|two|some|any|"
    r"maybe|which|who|because|since|so|if|as|when)\b",
    re.IGNORECASE,
)
_QUESTION = re.compile(r"^(?:when|which|who|whose)\s+(?:do|does|did|is|are|was|will|can|should)\b", re.IGNORECASE)
_VERB = re.compile(
    r"\b(?:is|are|was|were|has|have|had|isn't|aren't|hasn't|did|didn't|does|doesn't|don't|won't|can't|needs?|wants?|never|"
    r"should|must|will|keeps?|fail(?:s|ed)|went|came|arrived|broke|stopped|expired)\b",
    re.IGNORECASE,
)
_BACKGROUND = re.compile(
    r"^(?:i|we)(?:'ve|'d)?\s+(?:(?:have|had|just|already|only|recently|once)\s+)*(?:\w+ed|bought|paid|sent|got|made|moved|am|'m)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Request:
    """A clause and what it asks for."""

    text: str
    intent: str
    confidence: float
    found: Classification


def clauses_of(text: str) -> list[str]:
    """The parts of a message that could stand alone; a part that could not is left with the one before."""
    clauses: list[str] = []
    start = end = 0
    for piece_start, piece_end in _pieces(text):
        if clauses and not _stands_alone(text[piece_start:piece_end]):
            end = piece_end
            clauses[-1] = text[start:end]
        else:
            start, end = piece_start, piece_end
            clauses.append(text[start:end])
    return [_TRAIL.sub("", _LEAD.sub("", clause)).strip(" ,.") for clause in clauses]


def _pieces(text: str) -> list[tuple[int, int]]:
    breaks = [(0, 0), *(match.span() for match in _BREAK.finditer(text)), (len(text), len(text))]
    pieces = [(left[1], right[0]) for left, right in itertools.pairwise(breaks)]
    return [(start, end) for start, end in pieces if text[start:end].strip()]


def _stands_alone(piece: str) -> bool:
    piece = _LEAD.sub("", piece.strip())
    if len(piece.split()) < 2:
        return False
    return not _PHRASE.match(piece) or bool(_VERB.search(piece) or _QUESTION.match(piece))


def requests_in(text: str, classify: Callable[[str], Classification]) -> list[Request]:
    """The different requests of a message, in its order; fewer than two mean that it is one."""
    clauses = clauses_of(text)
    if not 2 <= len(clauses) <= MOST:
        return []
    found: list[Request] = []
    for clause in clauses:
        request = _request(clause, classify)
        if request and request.intent not in [other.intent for other in found]:
            found.append(request)
    return found if len(found) > 1 else []


def _request(clause: str, classify: Callable[[str], Classification]) -> Request | None:
    if _BACKGROUND.match(clause):
        return None
    classification = classify(clause)
    if not classification.ranking:
        return None
    intent, confidence = classification.ranking[0]
    wanted = confidence >= SURE and intent not in SMALL_TALK
    return Request(clause, intent, confidence, classification) if wanted else None

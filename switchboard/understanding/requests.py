"""Several requests in one message: clauses that would each be a clear request of their own."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass

from switchboard.understanding.cascade import OUT_OF_SCOPE, Classification

SURE = 0.8  # of a clause on its own
UNSEEN = 0.5  # share of a whole message's doubt below which the other requests are not in it
MOST = 6  # clauses looked at; a longer message tells a story

# They open, close or carry a conversation and are never a task left to do.
SMALL_TALK = frozenset(
    {
        "greet",
        "goodbye",
        "thank",
        "affirm",
        "deny",
        "inform",
        "bot_challenge",
        "complaint",
        "other_order",
        "what_was_done",
        OUT_OF_SCOPE,
    }
)

# One wish often speaks of both: "I know my password and it still won't let me in". Said together they are one request.
_NEIGHBOURS = frozenset(
    frozenset(pair.split())
    for pair in (
        "account_issue recover_password",
        "account_issue switch_account",
        "account_issue registration_problems",
        "account_issue create_account",
        "registration_problems create_account",
        "get_refund track_refund",
        "get_refund check_refund_policy",
        "track_refund check_refund_policy",
        "track_order delivery_period",
        "place_order delivery_period",
        "check_invoice get_invoice",
        "delete_account edit_account",
        "change_shipping_address set_up_shipping_address",
        "payment_issue check_payment_methods",
        "contact_customer_service contact_human_agent",
        "cancel_membership features",
        "change_payment_method check_payment_methods",
        "change_payment_method payment_issue",
        "product_question pricing",
        "product_question place_order",
        "show_orders track_order",
    )
)

_BLANKS = re.compile(r"\s+")
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
_HELP = re.compile(
    r"^(?:(?:can|could|will|would) you |i need |i want |please |pls )*(?:some )?help(?: me)?(?: out| with this| here)?(?: please)?$",
    re.IGNORECASE,
)
_CONDITION = re.compile(r"^(?:if|since|because|as|when) (?:i|we|you|it|my|the)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Request:
    """A clause and what it asks for."""

    text: str
    intent: str
    confidence: float
    found: Classification


def clauses_of(text: str) -> list[str]:
    """The parts of a message that could stand alone; a part that could not is left with the one before."""
    text = _BLANKS.sub(_shortened, text)
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


def _shortened(blanks: re.Match[str]) -> str:
    """A row of blanks that separates as much; long ones would take minutes. A line break does if a blank comes after it."""
    return "\n " if "\n" in blanks[0][:-1] else blanks[0][-1]


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
    if _CONDITION.match(clauses[0]):
        clauses = clauses[1:]
    found: list[Request] = []
    for clause in clauses:
        request = _request(clause, classify)
        if request:
            found = _with(found, request)
    return [] if len(found) < 2 or _is_one(classify(text), found) else found


def _request(clause: str, classify: Callable[[str], Classification]) -> Request | None:
    if _BACKGROUND.match(clause) or _HELP.match(clause):
        return None
    classification = classify(clause)
    if not classification.ranking:
        return None
    intent, confidence = classification.ranking[0]
    wanted = confidence >= SURE and intent not in SMALL_TALK
    return Request(clause, intent, confidence, classification) if wanted else None


def _with(found: list[Request], request: Request) -> list[Request]:
    """The request too, unless it is there already; of two neighbours the surer one stands for both."""
    for place, other in enumerate(found):
        if request.intent == other.intent:
            return found
        if {request.intent, other.intent} in _NEIGHBOURS:
            return [*found[:place], max(other, request, key=lambda r: r.confidence), *found[place + 1 :]]
    return [*found, request]


def _is_one(whole: Classification, found: list[Request]) -> bool:
    """Whether the message is as sure as its surest part, of one of their intents, and sees little of the others."""
    if not whole.ranking:
        return False
    (leader, confidence), *rest = whole.ranking
    intents = {request.intent for request in found}
    if leader not in intents or confidence < max(request.confidence for request in found):
        return False
    return sum(share for intent, share in rest if intent in intents) < UNSEEN * (1 - confidence)

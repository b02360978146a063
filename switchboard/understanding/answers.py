"""Answers in free words: an address or a reason has no intent of its own, and can sound like any."""

import re
from collections.abc import Sequence

FREE = frozenset({
    "number", "email", "name", "postcode", "code", "order", "reason", "address", "new_email", "items", "versions",
    "method", "pay_with", "refund_to",
})  # fmt: skip
"""What is asked for in free words. At the last question, for a yes, every word counts as it is meant."""

TOLD = frozenset({"reason", "items", "versions"})
"""What is told with words of the shop, so that it can sound like any wish."""

NAMES = frozenset({"name", "address"})
"""What is answered with names, which are in any language."""

CONFIRM_ADDRESS = "confirm_address"
"""A yes to a preview with an address in it, which can be answered with another address."""

SURE, LIKELY = 0.9, 0.6
"""The confidence from which an intent is what it says; of what is worded as a question, less is enough."""

YES_OR_NO = frozenset({"affirm", "deny"})

SHORT = frozenset(
    {"affirm", "deny", "inform", "other_order", "contact_human_agent", "goodbye", "greet", "thank", "bot_challenge"}
)
"""Intents that say nothing about the shop: they are what they are, in any answer."""

PAYING = frozenset({"check_payment_methods", "change_payment_method"})

SOUNDS_LIKE = {"method": PAYING, "pay_with": PAYING, "refund_to": PAYING}
"""Intents that the answer sounds like, however surely: `paypal`."""

ADDRESS = re.compile(r"\d\S*\s[^,\n]*[^\W\d_]{2}[^,\n]*[,\n].*\d", re.DOTALL)
"""A number, a street's name, and after a comma a postcode."""

LONGEST_ADDRESS = 300
"""Characters in which one has to stand: how long the pattern takes grows with the cube of them."""

QUESTION = re.compile(
    r"\?\s*$|^(?:and |but |wait,? |so |ok,? )*(?:how|where|what|when|which|why|who|can|could|do|does|did|is|are|will|would)\b",
    re.IGNORECASE,
)


CHANGED_MIND = re.compile(r"(?:i |i've |i have )?(?:just )?changed my mind[.!]?", re.IGNORECASE)
"""A no to everything else, but the reason of many cancellations."""


def is_answer(text: str, intent: str | None, confidence: float, asked: str | None) -> bool:
    """Whether a message is the answer to what was asked for, whatever intent it sounds like.

    Args:
        asked: what a task has asked for (`Draft.asking`), None if nothing.
    """
    if asked == CONFIRM_ADDRESS:
        return intent not in SHORT and bool(ADDRESS.search(text[:LONGEST_ADDRESS])) and not QUESTION.search(text)
    if asked not in FREE:
        return False
    if intent is None or confidence < LIKELY:
        return True
    if asked == "reason" and CHANGED_MIND.fullmatch(text.strip()):
        return True
    if QUESTION.search(text):
        return False
    return confidence < SURE or (asked in TOLD and intent not in SHORT) or intent in SOUNDS_LIKE.get(asked, ())


def unasked(ranking: Sequence[tuple[str, float]]) -> tuple[str, float] | None:
    """What a doubtful yes or no means where no question was asked, with its share of the rest: `ok cancel it`.

    None if the first intent stands.
    """
    if not ranking or ranking[0][0] not in YES_OR_NO or ranking[0][1] >= SURE:
        return None
    rest = [each for each in ranking if each[0] not in YES_OR_NO]
    total = sum(confidence for _, confidence in rest)
    intent, confidence = max(rest, key=lambda each: each[1], default=("", 0.0))
    means_it = intent not in {*SHORT, "out_of_scope"} and confidence > LIKELY * total
    return (intent, confidence / total) if means_it else None

"""Answers in free words: an address or a reason has no intent of its own, and can sound like any."""

import re

FREE = frozenset({
    "number", "email", "name", "postcode", "code", "order", "reason", "address", "new_email", "items", "versions",
    "method", "pay_with", "refund_to",
})  # fmt: skip
"""What is asked for in free words. At the last question, for a yes, every word counts as it is meant."""

TOLD = frozenset({"reason", "items", "versions"})
"""What is told with words of the shop, so that it can sound like any wish."""

SURE, LIKELY = 0.9, 0.6
"""The confidence from which an intent is what it says; of what is worded as a question, less is enough."""

SHORT = frozenset(
    {"affirm", "deny", "inform", "other_order", "contact_human_agent", "goodbye", "greet", "thank", "bot_challenge"}
)
"""Intents that say nothing about the shop: they are what they are, in any answer."""

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
    if asked not in FREE:
        return False
    if intent is None or confidence < LIKELY:
        return True
    if asked == "reason" and CHANGED_MIND.fullmatch(text.strip()):
        return True
    if QUESTION.search(text):
        return False
    return confidence < SURE or (asked in TOLD and intent not in SHORT)

"""What the forms share: leaving one, asking again, and giving up after too many answers that don't help."""

import re
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet

from actions.tasks.register import TASKS

MOST_FAILURES = 3
"""Answers in a row that a form can't use before it calls a person."""


AGREEING = (
    r"yes|yeah|yep|yup|yea|ya|aye|y|sure|ok|okay|agreed?|confirm(?:ed)?|correct|exactly|right|fine|good|great|perfect|"
    r"absolutely|definitely|certainly|indeed|of course|proceed|by all means"
)

AGREES = re.compile(rf"\b(?:{AGREEING}|go ahead|do (?:it|that|so)|please do)\b|👍|✅", re.IGNORECASE)

YES = re.compile(
    rf"(?:(?:{AGREEING}|oh|well|so|and|then|please|pls|thanks|thank you|thx|ty|that's|thats|it's|its|this|that|it|is|i|you|"
    r"can|may|do|go|ahead|for it|on|now|all|sounds?|looks?|surely|make|want|sir|mate|👍|✅)"
    r"(?=(?P<gap>[\s,.!;:👍🙂😊✅]+|$))(?P=gap))+",
    re.IGNORECASE,
)
"""Words of agreement and nothing else. A closed list: what else is said with a yes may take it back.

What stands between two words is taken whole: a row of thumbs could be split in so many ways that a search never ended.
"""

DOUBTS = re.compile(
    r"^is\b|(?<!this )(?<!that )\bis (?:it|this|that)\b|\b(?:can|may) (?:i|you|it|this|that)\b|\bdo (?:i|you)\b|"
    r"(?<!thank )\byou\b(?! (?:can|may)\b)|\bmake sure\b|"
    rf"(?<!do )\b(?:it|this|that) (?:all )?(?:{AGREEING})\b",
    re.IGNORECASE,
)
"""Questions, also without their mark."""

DECLINES = re.compile(
    r"\ball (?:good|great|fine|perfect)\b|^(?:good|fine)[\s,.!]+(?:thanks|thank you|thx|ty)\b|"
    r"^(?:(?:oh|well|so|and|then|ok|okay)[\s,.!]+)*(?:it|this|that)(?:'?s| is) (?:all right|ok|okay|fine|good)\b",
    re.IGNORECASE,
)
"""What says politely that nothing is wanted, if no yes comes before it: `that's ok, thanks`."""


def is_clear_yes(message: dict[str, Any], task: str | None) -> bool:
    """Whether a message is a yes to this task without a doubt: the button, or words of agreement and nothing else."""
    text = message["text"].strip().replace("’", "'")
    again = TASKS[task].again if task in TASKS else ""
    words = re.sub(rf"(?<!\w)(?:{again})(?!\w)", "", text, flags=re.IGNORECASE) if again else text
    doubtful = DOUBTS.search(words) or DECLINES.search(words)
    return text == "/affirm" or bool(YES.fullmatch(words.strip()) and AGREES.search(words) and not doubtful)


def count_failure(tracker: Tracker) -> int:
    """The number of answers in a row that could not be used, with this one."""
    return int(tracker.get_slot("failures") or 0) + 1


def gave_up(tracker: Tracker) -> bool:
    return int(tracker.get_slot("failures") or 0) >= MOST_FAILURES


def ask_again(tracker: Tracker) -> list[dict[str, Any]]:
    """Go back to the question that the active form has asked, if there is one."""
    return [FollowupAction(tracker.active_loop_name)] if tracker.active_loop_name else []


def leave_form() -> list[dict[str, Any]]:
    """Drop what was under way."""
    dropped = [SlotSet(slot, None) for slot in ("requested_slot", "task", "draft", "pending_requests")]
    return [ActiveLoop(None), *dropped, SlotSet("failures", 0)]

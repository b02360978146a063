"""What the forms share: leaving one, asking again, and giving up after too many answers that don't help."""

import re
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet

MOST_FAILURES = 3
"""Answers in a row that a form can't use before it calls a person."""


YES = re.compile(
    r"(?:(?:oh|well|ok|okay|so|and|then|please|pls|thanks|thank you|thx|ty|that's|thats|it's|its|this|that|it|is|i|you|"
    r"can|may|do|go|ahead|for it|on|now|right|all|sounds?|looks?|good|great|fine|perfect|correct|exactly|absolutely|"
    r"definitely|certainly|indeed|of course|sure|surely|yes|yeah|yep|yup|yea|ya|aye|y|agreed|agree|confirm|confirmed|"
    r"proceed|cancel|change|return|exchange|send|delete|make|want|sir|mate|by all means|👍|✅)(?:[\s,.!;:👍🙂😊✅]+|$))+",
    re.IGNORECASE,
)
"""Words of agreement and nothing else. A closed list: what else is said with a yes may take it back."""

AGREES = re.compile(
    r"\b(?:yes|yeah|yep|yup|yea|ya|aye|y|sure|ok|okay|agreed?|confirm(?:ed)?|correct|exactly|right|fine|good|great|perfect|"
    r"absolutely|definitely|certainly|indeed|of course|proceed|go ahead|do (?:it|that|so)|by all means|please do)\b|👍|✅",
    re.IGNORECASE,
)


def is_clear_yes(message: dict[str, Any]) -> bool:
    """Whether a message is a yes without a doubt: the button, or words of agreement and nothing else."""
    text = message["text"].strip()
    return text == "/affirm" or bool(YES.fullmatch(text) and AGREES.search(text))


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

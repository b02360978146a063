"""What the forms share: leaving one, asking again, and giving up after too many answers that don't help."""

import re
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet

MOST_FAILURES = 3
"""Answers in a row that a form can't use before it calls a person."""


CERTAIN = 0.9

HEDGE = re.compile(r"\?|\b(maybe|perhaps|possibly|wait|hold on|hmm+|u[hm]+|not sure|think|guess|if)\b", re.IGNORECASE)


def is_clear_yes(message: dict[str, Any]) -> bool:
    """Whether a message that was taken for a yes is one: the button, or a sure answer without a doubt in its words."""
    if message["text"] == "/affirm":
        return True
    return message["intent"]["confidence"] >= CERTAIN and not HEDGE.search(message["text"])


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

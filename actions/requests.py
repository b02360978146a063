"""Several requests in one message: the first is dealt with, then the others are taken up one by one."""

import re
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import ActionExecuted, FollowupAction, SlotSet, UserUttered
from rasa_sdk.executor import CollectingDispatcher

from actions.tasks.addresses import find_address
from actions.threads import Waiting
from actions.topics import TITLES

WAITING = "pending_requests"
"""The slot with the intents of the requests that wait, and the entity of each in the message that made them."""

TOGETHER = re.compile(r"\W*(?:(?:and|or|also|plus|orders?|number)\b\W*)*", re.IGNORECASE)
"""What stands between order numbers of one request."""


class NextRequest(Waiting):
    """Takes up the next request of the customer's message, as if they had just made it."""

    def name(self) -> str:
        return "action_next_request"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[dict[str, Any]]:
        intent, *later = tracker.get_slot(WAITING) or [None]
        if intent not in TITLES:
            return [SlotSet(WAITING, later or None)]
        dispatcher.utter_message(text=f"And the other thing you wrote about: {TITLES[intent].lower()}.")
        understood = {"name": intent, "confidence": 1.0}
        numbers, unclear = _about(tracker, len(later))
        request = {"intent": understood, "intent_ranking": [understood], "entities": numbers}
        return [
            SlotSet(WAITING, later or None),
            *([SlotSet("order_number", None)] if unclear else []),
            ActionExecuted("action_listen"),
            UserUttered(f"/{intent}", request),
        ]


def _about(tracker: Tracker, later: int) -> tuple[list[dict[str, Any]], bool]:
    """The entity with the order number of the request that `later` ones come after, and whether it can't be told which
    of the numbers is its own. One number is what all of them are about."""
    message = _made_in(tracker)
    numbers = numbers_in(message)
    if len(numbers) != 1 + len(_waiting(message)):
        return [], len(set(numbers)) > 1
    return [{"entity": "order_number", "value": numbers[-1 - later]}], False


def _made_in(tracker: Tracker) -> dict[str, Any]:
    """The message in which the waiting requests were made."""
    heard = (event["parse_data"] for event in reversed(tracker.events) if event["event"] == "user")
    return next((message for message in heard if _waiting(message)), {})


def _waiting(message: dict[str, Any]) -> list[str]:
    return [each["value"] for each in message.get("entities", []) if each["entity"] == WAITING]


def numbers_in(message: dict[str, Any]) -> list[str]:
    """The order numbers, one for each request that names any; of several said together it is the first."""
    numbers: list[str] = []
    text, end = message.get("text") or "", 0
    for each in message.get("entities", []):
        if each["entity"] != "order_number" or _is_postcode(text[end : each["end"]], each["value"]):
            continue
        if not numbers or not TOGETHER.fullmatch(text, end, each["start"]):
            numbers.append(each["value"])
        end = each["end"]
    return numbers


def _is_postcode(said: str, number: str) -> bool:
    """Whether the number is the end of an address: in the United States a postcode has five digits too."""
    to = find_address(said, "US")
    return to is not None and to.postcode == number and any(map(str.isdigit, to.street))


def is_first_of_several(tracker: Tracker) -> bool:
    """Whether the latest message makes more requests than the one that is dealt with."""
    return bool(_waiting(tracker.latest_message))


def next_request(tracker: Tracker) -> list[dict[str, Any]]:
    """Go on with the customer's next request, if there is one and no question is open."""
    waiting = tracker.get_slot(WAITING) and not tracker.active_loop_name
    return [FollowupAction(NextRequest().name())] if waiting else []

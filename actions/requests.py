"""Several requests in one message: the first is dealt with, then the others are taken up one by one."""

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import ActionExecuted, FollowupAction, SlotSet, UserUttered
from rasa_sdk.executor import CollectingDispatcher

from actions.threads import Waiting
from actions.topics import TITLES


class NextRequest(Waiting):
    """Takes up the next request of the customer's message, as if they had just made it."""

    def name(self) -> str:
        return "action_next_request"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[dict[str, Any]]:
        intent, *later = tracker.get_slot("pending_requests") or [None]
        if intent not in TITLES:
            return [SlotSet("pending_requests", later or None)]
        dispatcher.utter_message(text=f"And the other thing you wrote about: {TITLES[intent].lower()}.")
        understood = {"name": intent, "confidence": 1.0}
        request = {"intent": understood, "intent_ranking": [understood], "entities": []}
        return [
            SlotSet("pending_requests", later or None),
            ActionExecuted("action_listen"),
            UserUttered(f"/{intent}", request),
        ]


def next_request(tracker: Tracker) -> list[dict[str, Any]]:
    """Go on with the customer's next request, if there is one and no question is open."""
    waiting = tracker.get_slot("pending_requests") and not tracker.active_loop_name
    return [FollowupAction(NextRequest().name())] if waiting else []

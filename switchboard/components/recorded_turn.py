"""The latest turn of a conversation, read from Rasa's events."""

from typing import Any

from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.events import ActionExecuted, BotUttered, Event, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker


def recorded_turn(tracker: DialogueStateTracker) -> dict[str, Any]:
    """What was understood, said and decided since the customer's latest message, in the shape of
    `switchboard.turns.rasa.Turn`.

    Raises:
        LookupError: the customer has said nothing yet.
    """
    heard = latest_turn(tracker)
    if heard is None:
        raise LookupError("The conversation has no message of the customer.")
    message, events = heard
    uttered = [event for event in events if isinstance(event, BotUttered)]
    customs = [event.data.get("custom") or {} for event in uttered]
    return understood(message.parse_data) | {
        "replies": [reply(event) for event in uttered if event.text],
        "actions": [name for name in map(executed, events) if name and name != ACTION_LISTEN_NAME],
        "handoff": next((custom["handoff"] for custom in customs if "handoff" in custom), None),
        "sources": [source for custom in customs for source in custom.get("sources", [])],
    }


def latest_turn(tracker: DialogueStateTracker) -> tuple[UserUttered, list[Event]] | None:
    """The customer's latest message and the events after it.

    Messages that an action made up, to take up a further request, have no id and are part of the turn.
    """
    after: list[Event] = []
    for event in reversed(tracker.events):
        if isinstance(event, UserUttered) and event.message_id:
            return event, after[::-1]
        after.append(event)
    return None


def understood(parse_data: dict[str, Any]) -> dict[str, Any]:
    """Intent and confidence before the fallback replaced them, and the stage that decided."""
    ranking = parse_data.get("intent_ranking", [])
    intent = parse_data["intent"]
    if intent.get("name") == DEFAULT_NLU_FALLBACK_INTENT_NAME and len(ranking) > 1:
        intent = ranking[1]
    confidence = min(max(intent.get("confidence", 0.0), 0.0), 1.0)
    return {"intent": intent.get("name"), "confidence": confidence, "stage": parse_data.get("stage")}


def reply(event: BotUttered) -> dict[str, Any]:
    buttons = event.data.get("buttons") or []
    return {"text": event.text, "buttons": [{"title": b["title"], "payload": b["payload"]} for b in buttons]}


def executed(event: Event) -> str | None:
    return event.action_name if isinstance(event, ActionExecuted) else None

"""Going on after a person had the conversation: Rasa heard nothing of what was said meanwhile."""

from collections.abc import Mapping
from typing import Any

from rasa.shared.core.constants import ACTION_LISTEN_NAME, ACTION_SESSION_START_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, Event, SessionStarted, SlotSet
from rasa.shared.core.trackers import DialogueStateTracker


def resume(tracker: DialogueStateTracker, domain: Domain, slots: Mapping[str, Any]) -> None:
    """Begin a new session in which only `slots` are known: no form is open, no question waits for an answer.

    A session ends in `action_listen`, as after each turn; without it Rasa's next prediction goes wrong. Slots that the
    domain doesn't have are left out: what was noted may be older than the model.
    """
    tracker.update_with_events(events(domain, slots), domain)


def events(domain: Domain, slots: Mapping[str, Any]) -> list[Event]:
    known = {slot.name for slot in domain.slots}
    told = [SlotSet(name, value) for name, value in slots.items() if name in known]
    return [ActionExecuted(ACTION_SESSION_START_NAME), SessionStarted(), *told, ActionExecuted(ACTION_LISTEN_NAME)]

"""Calling a person, and what comes before it."""

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import search
from actions.decisions import hand_over
from actions.forms import MOST_FAILURES, ask_again, count_failure, leave_form
from actions.languages import sorry
from actions.orders import tell_status
from actions.threads import Waiting
from actions.topics import likeliest

Events = list[dict[str, Any]]


class Handoff(Waiting):
    """The customer asked for a person."""

    def name(self) -> str:
        return "action_handoff"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        hand_over(dispatcher, "asked_for_a_person")
        return leave_form()


class Fallback(Waiting):
    """The message was not understood: an answer from the search if it is sure, one polite try to rephrase, then a person."""

    def name(self) -> str:
        return "action_fallback"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        hits = search.found(tracker)
        if search.is_sure(hits, tracker):
            search.answer_with(dispatcher, hits[0])
            return ask_again(tracker) or [FollowupAction("action_listen")]
        if self._just_tried(tracker):
            hand_over(dispatcher, "not_understood")
            return [*leave_form(), FollowupAction("action_listen")]
        if tracker.active_loop_name:
            dispatcher.utter_message(text="I'm sorry, I didn't understand that.")
            return ask_again(tracker)
        if hits:
            search.offer(dispatcher, hits)
            return [FollowupAction("action_listen")]
        dispatcher.utter_message(
            text="I'm sorry, I'm not sure I understood. Could you say it in other words, or is it one of these?",
            buttons=likeliest(tracker.latest_message.get("intent_ranking", [])),
        )
        return [FollowupAction("action_listen")]

    def _just_tried(self, tracker: Tracker) -> bool:
        """Whether the message before was not understood either, and found no answer."""
        events = tracker.events
        messages = [n for n, event in enumerate(events) if event["event"] == "user"]
        before = events[messages[-2] : messages[-1]] if len(messages) > 1 else []
        tried = any(event["event"] == "action" and event["name"] == self.name() for event in before)
        return tried and not search.was_answered(before)


class OutOfScope(Waiting):
    """The customer wants what a shop doesn't do, or writes in a language that the assistant doesn't speak."""

    def name(self) -> str:
        return "action_out_of_scope"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        language = next(tracker.get_latest_entity_values("language"), None)
        if language is None:
            dispatcher.utter_message(response="utter_out_of_scope")
            return []
        dispatcher.utter_message(text=sorry(language))
        hand_over(dispatcher, "other_language")
        return leave_form()


class Inform(Waiting):
    """A detail that was not asked for, or that a form can't use."""

    def name(self) -> str:
        return "action_inform"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        if search.tell_chosen(dispatcher, tracker):
            return ask_again(tracker)
        if next(tracker.get_latest_entity_values("task"), None):
            return [FollowupAction("task_form")]
        if tracker.active_loop_name:
            return self._ask_once_more(dispatcher, tracker)
        number = next(tracker.get_latest_entity_values("order_number"), None)
        if number:
            return tell_status(dispatcher, tracker, number)
        dispatcher.utter_message(text="Thank you. What would you like me to do?")
        return []

    def _ask_once_more(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        failures = count_failure(tracker)
        if failures >= MOST_FAILURES:
            hand_over(dispatcher, "no_usable_answer")
            return [*leave_form(), FollowupAction("action_listen")]
        dispatcher.utter_message(text="Let me ask that once more.")
        return [SlotSet("failures", failures), *ask_again(tracker)]


class LeaveForm(Waiting):
    """The customer doesn't want to go on with what was under way."""

    def name(self) -> str:
        return "action_leave_form"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        if tracker.get_intent_of_latest_message() != "goodbye":
            dispatcher.utter_message(text="All right, we leave it there. What else can I do for you?")
        return leave_form()

"""Answers from the knowledge base."""

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import search
from actions.decisions import answer, hand_over
from actions.forms import ask_again, leave_form
from actions.requests import next_request
from actions.tasks.base import Button
from actions.tasks.heard import Heard
from actions.tasks.starting import asked_for, offer
from actions.threads import Waiting
from actions.wiring import engine
from switchboard.identity.questions import caller_of
from switchboard.knowledge.articles import answer_for

Events = list[dict[str, Any]]


class AnswerFromKnowledge(Waiting):
    """Begins what is asked for; else answers with the article of the intent; without one, with what the search finds;
    without that, calls a person."""

    def name(self) -> str:
        return "action_answer_from_knowledge"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        heard = Heard.of(tracker)
        talked_about = tracker.get_slot("order_number") is not None
        task = asked_for(heard.intent, heard.text, heard.number is not None, talked_about)
        if task and not is_single(tracker):
            return [SlotSet("task", task), FollowupAction("task_form")]
        article = answer_for(engine(), tracker.get_intent_of_latest_message())
        if article:
            answer(dispatcher, article, self._offer(tracker, heard))
            return ask_again(tracker) or next_request(tracker)
        return self._search(dispatcher, tracker)

    def _offer(self, tracker: Tracker, heard: Heard) -> list[Button]:
        """Nothing else is offered while a question is open."""
        return [] if tracker.active_loop_name or is_single(tracker) else offer(heard.intent, heard.text)

    def _search(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        hits = search.found(tracker)
        if search.is_sure(hits, tracker):
            search.answer_with(dispatcher, hits[0])
            return ask_again(tracker) or next_request(tracker)
        if hits:
            search.offer(dispatcher, hits)
            return []
        hand_over(dispatcher, "no_article")
        return leave_form()


def is_single(tracker: Tracker) -> bool:
    """Whether the message is a question without a conversation, in which nothing can be begun."""
    return caller_of(tracker.sender_id) is not None

"""Answers from the knowledge base."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.decisions import answer, hand_over
from actions.forms import leave_form
from actions.requests import next_request
from actions.wiring import engine
from switchboard.escalation import team_for
from switchboard.knowledge.articles import answer_for


class AnswerFromKnowledge(Action):
    """Answers with the article of the intent; without one, calls a person."""

    def name(self) -> str:
        return "action_answer_from_knowledge"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[dict[str, Any]]:
        article = answer_for(engine(), tracker.get_intent_of_latest_message())
        if article:
            answer(dispatcher, article)
            return next_request(tracker)
        hand_over(dispatcher, team_for(tracker.latest_message["text"]), "no_article")
        return leave_form()

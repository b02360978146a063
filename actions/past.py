"""What was done in this conversation, from the ledger of effects: the assistant's memory may fail, the ledger doesn't."""

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.forms import ask_again
from actions.tasks import words
from actions.tasks.register import TASKS
from actions.threads import Waiting
from actions.wiring import engine
from switchboard.crm.effects import Past, done_for

NOTED = "left a note for my colleagues"
"""The one change that is no task."""


class WhatWasDone(Waiting):
    """Tells what was done for the customer in this conversation."""

    def name(self) -> str:
        return "action_what_was_done"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[dict[str, Any]]:
        dispatcher.utter_message(text=told(done_for(engine(), tracker.sender_id)))
        return ask_again(tracker)


def told(past: list[Past]) -> str:
    """The effects in order, the refused ones left out."""
    done = [sentence(each) for each in past if each.result is None or each.result.done]
    return (
        "In this conversation " + words.joined(done) + "."
        if done
        else "I haven't changed anything in this conversation."
    )


def sentence(past: Past) -> str:
    number = words.shown(past.number) if past.number else ""
    name = TASKS[past.change].past.format(number=number) if past.change in TASKS else NOTED
    if past.result is None:
        return f"I may have {name} (our order system has not confirmed it yet)"
    money = words.refunds(past.result.refunds).strip().rstrip(".")
    return f"I {name}" + (f" ({money})" if money else "")

"""The form in which everything is done that changes something, or tells what is only its customer's to know."""

from collections.abc import Callable
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.decisions import hand_over
from actions.forms import MOST_FAILURES, ask_again, count_failure
from actions.requests import next_request
from actions.tasks import words
from actions.tasks.base import CallPerson, Over
from actions.tasks.draft import Draft
from actions.tasks.heard import Heard
from actions.tasks.register import TASKS
from actions.tasks.steps import Steps
from actions.threads import Waiting
from actions.wiring import crm, engine, identity
from switchboard.crm.changes import EffectKey
from switchboard.crm.effects import is_begun
from switchboard.errors import CrmUnavailable, EffectUnknown

Events = list[dict[str, Any]]

AWAY = "I'm sorry, I can't reach our order system right now, so I haven't changed anything."

IN_DOUBT = "I'm sorry, our order system doesn't answer right now, and I can't say whether the change went through."

FORM = "task_form"

ASKED = "answer"
"""The slot that the form requests; it is never filled, the draft is."""


class ValidateTaskForm(Waiting):
    """Takes each message as an answer to what was asked for, and finds what to ask next.

    A message that is no answer changes nothing. Rasa takes that for a rejection and predicts what the stories say.
    """

    def name(self) -> str:
        return f"validate_{FORM}"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        heard, draft, task = Heard.of(tracker), draft_of(tracker), tracker.get_slot("task")
        if task not in TASKS:
            dispatcher.utter_message(text="What would you like me to do?")
            return [SlotSet("requested_slot", None)]
        begins = draft is None or draft.task != task
        if not begins and is_back(tracker):
            return [SlotSet("requested_slot", ASKED)]
        if not begins and not heard.is_answer(task):
            return []
        steps = steps_of(tracker, begun(task, draft) if begins else draft)
        if not begins and heard.clear_yes and is_begun(engine(), key_of(tracker, task)):
            steps.agree()
            return self._result(dispatcher, tracker, steps)
        return self._go(dispatcher, tracker, steps, heard, begins)

    def _go(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, steps: Steps, heard: Heard, begins: bool
    ) -> Events:
        try:
            talked_about = tracker.get_slot("order_number")
            lead(steps, lambda: steps.begin(heard, talked_about) if begins else steps.hear(heard))
        except CallPerson as call:
            return self._call(dispatcher, steps, str(call))
        except CrmUnavailable:
            steps.says.append(AWAY)
            return self._call(dispatcher, steps, "crm_away")
        return self._result(dispatcher, tracker, steps)

    def _result(self, dispatcher: CollectingDispatcher, tracker: Tracker, steps: Steps) -> Events:
        failures = count_failure(tracker) if steps.failed else 0
        if failures >= MOST_FAILURES:
            return self._call(dispatcher, steps, "no_usable_answer")
        for each in steps.says:
            dispatcher.utter_message(text=each)
        done = steps.draft.over or steps.draft.asking is None
        noted = [
            SlotSet("task", steps.draft.task),
            SlotSet("draft", steps.draft.as_json()),
            SlotSet("failures", failures),
        ]
        if steps.draft.number:
            noted.append(SlotSet("order_number", steps.draft.number))
        return [*noted, SlotSet("requested_slot", None if done else ASKED)]

    def _call(self, dispatcher: CollectingDispatcher, steps: Steps, reason: str) -> Events:
        for each in steps.says:
            dispatcher.utter_message(text=each)
        hand_over(dispatcher, reason)
        steps.draft.over = True
        return [SlotSet("draft", steps.draft.as_json()), SlotSet("failures", 0), SlotSet("requested_slot", None)]


class AskTask(Waiting):
    """Asks for what is missing."""

    def name(self) -> str:
        return f"action_ask_{FORM}_{ASKED}"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        draft = Draft.of(tracker.get_slot("draft"))
        assert draft
        try:
            question = steps_of(tracker, draft).question()
        except CallPerson as call:
            hand_over(dispatcher, str(call))
            return []
        except CrmUnavailable:
            dispatcher.utter_message(text=AWAY)
            hand_over(dispatcher, "crm_away")
            return []
        dispatcher.utter_message(text=question.text, buttons=list(question.buttons))
        return []


class DoTask(Waiting):
    """Does what was agreed to, once however often this is tried; says what was done, or why not.

    Whatever predicted it: without a yes nothing is done, and the question that is open is asked again.
    """

    def name(self) -> str:
        return "action_do_task"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        draft = Draft.of(tracker.get_slot("draft"))
        if draft and not draft.over and not draft.agreed:
            return ask_again(tracker)
        if draft and not draft.over:
            self._do(dispatcher, tracker, steps_of(tracker, draft))
        return [*(SlotSet(slot, None) for slot in ("draft", "task")), SlotSet("failures", 0), *next_request(tracker)]

    def _do(self, dispatcher: CollectingDispatcher, tracker: Tracker, steps: Steps) -> None:
        try:
            case = steps.case()
            request, quoted = steps.draft.proposed()
            result = case.crm.carry_out(request, key_of(tracker, steps.draft.task), quoted)
        except CallPerson as call:
            hand_over(dispatcher, str(call))
            return
        except (CrmUnavailable, EffectUnknown) as error:
            dispatcher.utter_message(text=IN_DOUBT)
            hand_over(dispatcher, "effect_unknown" if isinstance(error, EffectUnknown) else "crm_away")
            return
        dispatcher.utter_message(text=words.refused(result) if result.refused else steps.task.done(case, result))


def draft_of(tracker: Tracker) -> Draft | None:
    """What is known of the task under way; what a session before this one left in the slot is not."""
    return Draft.of(tracker.get_slot("draft")) if tracker.active_loop_name == FORM else None


def key_of(tracker: Tracker, task: str) -> EffectKey:
    """The effect of the customer's yes: in a turn that runs again because the first was lost, it is the same."""
    return EffectKey(tracker.latest_message["message_id"], task)


def begun(task: str, interrupted: Draft | None) -> Draft:
    """A new draft; what only tells something comes back to what it interrupted."""
    only_tells = hasattr(TASKS[task], "tell")
    return Draft(task, before=interrupted.as_json() if interrupted and only_tells and not interrupted.over else None)


def lead(steps: Steps, go: Callable[[], None]) -> None:
    """Go on until something has to be asked or nothing is left, also in what was interrupted."""
    try:
        go()
        return
    except Over as over:
        steps.says.append(str(over))
        steps.draft.over = True
    before = Draft.of(steps.draft.before)
    if before:
        steps.turn_to(before)
        lead(steps, steps.go_on)


def is_back(tracker: Tracker) -> bool:
    """Whether something else was said since the customer's message, so that it is no answer any more."""
    events = tracker.events
    latest = max(place for place, event in enumerate(events) if event["event"] == "user")
    return any(event["event"] == "action" and event["name"] != FORM for event in events[latest:])


def steps_of(tracker: Tracker, draft: Draft | None) -> Steps:
    assert draft
    return Steps(draft, tracker.sender_id, crm(), identity())

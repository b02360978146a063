"""The task form's actions as Rasa calls them, on the real shop: a turn that was lost runs again."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.engine import Engine

from actions.task_form import DoTask, ValidateTaskForm
from actions.tasks.steps import TOO_EARLY
from switchboard.settings import Settings
from tests.talking import rows, start
from tests.wired import wired

OLIVIA = "olivia.bennett@example.com"


class Turns:
    """One conversation's turns, in which the form and then the task's action run, and before each of them `between`."""

    def __init__(self, engine: Engine) -> None:
        self.conversation = start(engine)
        self.slots: dict[str, Any] = {"failures": 0}
        self.messages = 0
        self.in_form = True
        self.early = False
        self.between: Callable[[], Any] = lambda: None

    def say(self, text: str, intent: str = "inform", number: str | None = None) -> str:
        """What is answered to one more message, and by the task's action if the form asks for nothing more."""
        self.messages += 1
        return self.again(text, intent, number, keep=True)

    def again(self, text: str, intent: str = "inform", number: str | None = None, keep: bool = False) -> str:
        """The answer to the latest message, with the slots as they were before it; they are changed only to `keep`."""
        slots, said = dict(self.slots), []
        for action in (ValidateTaskForm(), DoTask()):
            if action.name() == "action_do_task" and slots.get("requested_slot"):
                break
            self.between()
            dispatcher = CollectingDispatcher()
            events = action.act(dispatcher, self.tracker(slots, text, intent, number), {})
            slots |= {event["name"]: event["value"] for event in events if event["event"] == "slot"}
            said += [each["text"] for each in dispatcher.messages if each["text"]]
        if keep:
            self.slots = slots
        return " ".join(said)

    def tracker(self, slots: dict[str, Any], text: str, intent: str, number: str | None) -> Tracker:
        found = {"order_number": number, "email": OLIVIA if OLIVIA in text else None}
        message = {
            "text": text,
            "intent": {"name": intent},
            "entities": [{"entity": name, "value": value} for name, value in found.items() if value],
            "message_id": f"{self.conversation}:{self.messages}",
            "metadata": {"early": self.early},
        }
        heard = {"event": "user", "text": text, "parse_data": message}
        loop = {"name": "task_form"} if self.in_form else {}
        known = {name: slots.get(name) for name in ("task", "draft", "order_number", "pending_requests")} | slots
        return Tracker(self.conversation, known, message, [heard], False, None, loop, None)


@pytest.fixture
def turns(engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Turns]:
    with wired(settings, monkeypatch):
        yield Turns(engine)


def previewed(turns: Turns) -> Turns:
    """Asked to cancel order 12346; all that is missing is the yes."""
    turns.slots["task"] = "cancel_order"
    turns.say(f"cancel 12346, {OLIVIA}", "cancel_order", "12346")
    turns.say("no reason")
    assert turns.slots["draft"]["asking"] == "confirm"
    return turns


def test_a_yes_whose_turn_is_lost_is_carried_out_once_and_says_the_same(turns: Turns, engine: Engine) -> None:
    previewed(turns).messages += 1

    lost = turns.again("yes", "affirm")
    answers = {turns.again("yes", "affirm") for _ in range(2)}

    assert "Done: order #12346 is cancelled." in lost
    assert answers == {lost}
    assert rows(engine, "select count(*) from switchboard.effects where result is not null") == [(1,)]


def test_a_yes_from_before_the_preview_is_asked_for_again(turns: Turns, engine: Engine) -> None:
    previewed(turns).early = True

    assert turns.say("yes", "affirm").startswith(TOO_EARLY)

    assert rows(engine, "select state from shop.orders where number = '12346'") == [("pending",)]
    turns.early = False
    assert "Done" in turns.say("yes", "affirm")


def test_what_an_earlier_session_left_undone_is_not_what_is_asked_for_now(turns: Turns) -> None:
    previewed(turns).in_form = False

    turns.say("please cancel order 12347", "cancel_order", "12347")

    assert (turns.slots["draft"]["number"], turns.slots["draft"]["asking"]) == ("12347", "reason")


def test_without_a_yes_nothing_is_done_whatever_predicts_it(turns: Turns, engine: Engine) -> None:
    previewed(turns)

    events = DoTask().act(CollectingDispatcher(), turns.tracker(turns.slots, "hm", "greet", None), {})

    assert [(event["event"], event["name"]) for event in events] == [("followup", "task_form")]
    assert rows(engine, "select state from shop.orders where number = '12346'") == [("pending",)]


def test_what_changes_in_the_moment_of_doing_is_not_done(turns: Turns, engine: Engine) -> None:
    previewed(turns)
    dearer = iter(("select 1", "update shop.payments set amount = amount + 30 returning 1"))
    turns.between = lambda: rows(engine, next(dearer))

    assert "Something has changed in the meantime, so I haven't changed anything." in turns.say("yes", "affirm")
    assert rows(engine, "select state from shop.orders where number = '12346'") == [("pending",)]


@pytest.mark.parametrize("doubtful", ["is that right", "is it ok", "do you agree", "ok cancel", "all good"])
def test_a_question_is_no_yes(turns: Turns, engine: Engine, doubtful: str) -> None:
    previewed(turns).say(doubtful, "affirm")

    assert turns.slots["draft"]["asking"] == "confirm"
    assert rows(engine, "select state from shop.orders where number = '12346'") == [("pending",)]
    assert "Done" in turns.say("yes", "affirm")

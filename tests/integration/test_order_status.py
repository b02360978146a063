"""An order's status for its number alone, for whoever asks: the actions on the real shop."""

import asyncio
from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.engine import Engine

from actions import wiring
from actions.orders import OrderStatusAction, ValidateOrderStatusForm
from actions.tasks.identifying import NOT_REMEMBERED
from switchboard.database.larkspur import Larkspur
from switchboard.identity.questions import question_by
from switchboard.settings import Settings
from tests.crm_server import TOKEN, CrmServer
from tests.crm_shop import Shop
from tests.talking import start
from tests.wired import wired

ON_ITS_WAY = "Your order #23456 is on its way"


@pytest.fixture(autouse=True)
def shop(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with wired(settings, monkeypatch):
        yield


def tracker(sender: str, number: str) -> Tracker:
    message = {
        "text": f"where is order {number}",
        "intent": {"name": "track_order", "confidence": 0.9},
        "entities": [{"entity": "order_number", "value": number}],
    }
    return Tracker(sender, {"order_number": number, "failures": 0}, message, [], False, None, {}, None)


def where_is(number: str, sender: str) -> tuple[str, list[Any]]:
    """What is said to the question, and the events that the action returns."""
    asked, dispatcher = tracker(sender, number), CollectingDispatcher()
    form = ValidateOrderStatusForm()
    asked.slots |= asyncio.run(form.validate_order_number(number, dispatcher, asked, {}))
    events = [] if asked.slots["order_number"] is None else OrderStatusAction().act(dispatcher, asked, {})
    return " ".join(each["text"] for each in dispatcher.messages if each["text"]), events


def ask(number: str, caller: str = "local") -> str:
    """The answer to a program's single question."""
    return where_is(number, question_by(caller))[0]


@pytest.mark.parametrize("sender", [question_by("local"), "me", uuid4().hex, f"question-{uuid4()}"])
def test_whoever_has_no_conversation_of_ours_is_told_the_status(sender: str) -> None:
    assert where_is("23456", sender)[0].startswith(ON_ITS_WAY)


def test_a_sixth_different_number_of_single_questions_is_refused() -> None:
    assert all("can't find" in ask(f"9999{n}") for n in range(4))
    assert ask("23456").startswith(ON_ITS_WAY)
    assert ask("12345") == NOT_REMEMBERED
    assert ask("23456").startswith(ON_ITS_WAY)


def test_each_caller_has_questions_of_its_own() -> None:
    for n in range(5):
        ask(f"9999{n}", "shop")
    assert ask("12345", "shop") == NOT_REMEMBERED
    assert ask("12345", "another-shop").startswith("Your order #12345")


def test_a_single_question_begins_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATUS_NEEDS_IDENTITY", "1")

    said, events = where_is("12345", question_by("local"))

    assert said == NOT_REMEMBERED
    assert [event["event"] for event in events] == ["slot"]


def test_in_a_conversation_the_sixth_number_begins_with_who_asks(engine: Engine) -> None:
    conversation = start(engine)
    for n in range(5):
        where_is(f"9999{n}", conversation)

    said, events = where_is("12345", conversation)

    assert said == ""
    assert events[-1]["name"] == "task_form"


def test_the_conversations_own_customer_may_ask_about_all_of_their_orders(engine: Engine) -> None:
    conversation = start(engine)
    wiring.identity().knows_order(conversation, "12345", "olivia.bennett@example.com")
    for n in range(5):
        where_is(f"9999{n}", conversation)

    assert where_is("12345", conversation)[0].startswith("Your order #12345")


def test_a_known_customers_order_is_looked_up_once_an_action(
    engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with CrmServer(Shop(Larkspur(date.today()))) as server:
        monkeypatch.setenv("CRM", "rest")
        monkeypatch.setenv("CRM_MAPPING", "data/crm/rest-example.yml")
        monkeypatch.setenv("CRM_URL", server.url)
        monkeypatch.setenv("CRM_PASSWORD", TOKEN)
        with wired(settings, monkeypatch):
            conversation = start(engine)
            wiring.identity().knows_order(conversation, "12345", "olivia.bennett@example.com")
            server.requests.clear()

            said, _ = where_is("12345", conversation)

    assert said.startswith("Your order #12345")
    assert [path for _, path, _ in server.requests].count("/v1/orders/12345") == 2

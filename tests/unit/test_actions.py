"""What the actions say, as far as it needs no database."""

import doctest
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import get_args

import pytest
import yaml
from rasa_sdk.executor import CollectingDispatcher

from actions import decisions, forms, topics
from actions.tasks import status as states
from actions.tasks import words
from switchboard.crm import money
from switchboard.crm.changes import Refund, Refusal, Result
from switchboard.crm.contract import OrderStatus, State
from switchboard.database.shop import STATES, WAYS_TO_PAY

TODAY = date(2026, 5, 1)
TOMORROW = date(2026, 5, 2)
CHIT_CHAT = {"greet", "goodbye", "thank", "affirm", "deny", "bot_challenge", "out_of_scope", "inform", "other_order"}
NEEDS_ITS_WORDS = {"product_question", "what_was_done"}


def status(state: State, ships: date | None = None, arrives: date | None = None) -> str:
    return states.status_text(OrderStatus("12345", state, ships, arrives), TODAY)


@pytest.mark.parametrize("module", [states, money])
def test_the_examples_in_the_docstrings_hold(module):
    assert doctest.testmod(module).failed == 0


def test_an_order_in_processing():
    said = status("processing", ships=TOMORROW)

    assert said == "Your order #12345 is currently being processed and is expected to ship by tomorrow."


@pytest.mark.parametrize(
    ("state", "ships", "arrives", "said"),
    [
        ("pending", TODAY, None, "has been received and is waiting to be packed and is expected to ship by today."),
        ("pending", None, None, "has been received and is waiting to be packed."),
        ("processing", date(2026, 5, 8), None, "being processed and is expected to ship by Friday, May 8."),
        ("shipped", TODAY, date(2026, 5, 4), "is on its way and is expected to arrive by Monday, May 4."),
        ("shipped", TODAY, None, "is on its way."),
        ("delivered", TODAY, TODAY, "has been delivered."),
        ("cancelled", TOMORROW, TOMORROW, "has been cancelled."),
        ("returned", TODAY, TODAY, "has been returned."),
    ],
)
def test_the_status_tells_what_is_expected_next(state, ships, arrives, said):
    assert status(state, ships, arrives).endswith(said)


@pytest.mark.parametrize("state", ["pending", "processing", "shipped"])
def test_a_late_order_is_called_late(state):
    yesterday = TODAY - timedelta(days=1)

    assert status(state, yesterday, yesterday).endswith(" and is a little late; we are sorry about that.")


def test_every_state_can_be_told():
    assert set(get_args(State)) == set(STATES)
    for state in STATES:
        assert status(state).startswith("Your order #12345 ")


@pytest.mark.parametrize(
    ("number", "shown"), [("12345", "#12345"), ("w1234567", "W1234567"), ("order 12345", "#12345"), ("lamp", "lamp")]
)
def test_numbers_are_shown_as_customers_write_them(number, shown):
    assert words.shown(number) == shown


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (TODAY, "today"),
        (TOMORROW, "tomorrow"),
        (date(2026, 5, 3), "Sunday, May 3"),
        (date(2027, 1, 31), "Sunday, January 31"),
    ],
)
def test_days_are_said_as_people_say_them(day, said):
    assert states.spoken(day, TODAY) == said


@pytest.mark.parametrize("way", WAYS_TO_PAY)
def test_every_way_to_pay_can_be_refunded_in_words(way):
    assert "your" in words.refunds([Refund(Decimal(1), way, at_once=False)])


@pytest.mark.parametrize("refused", get_args(Refusal))
def test_every_refusal_says_why_and_names_no_detail(refused):
    said = words.refused(Result("cancel_order", refused=refused, number="12346"))

    assert said.endswith(".")
    assert "{" not in said


def test_every_topic_of_the_domain_has_a_title():
    domain = yaml.safe_load(Path("domain.yml").read_text(encoding="utf-8"))
    intents = {next(iter(each)) if isinstance(each, dict) else each for each in domain["intents"]}

    assert set(topics.TITLES) == intents - CHIT_CHAT - NEEDS_ITS_WORDS


def test_the_likeliest_topics_are_offered_and_a_person():
    ranking = [
        {"name": name}
        for name in ("nlu_fallback", "greet", "pricing", "contact_human_agent", "features", "review", "complaint")
    ]

    offered = topics.likeliest(ranking)

    assert [each["payload"] for each in offered] == ["/pricing", "/features", "/review", "/contact_human_agent"]
    assert offered[0]["title"] == "Prices"


def test_a_person_is_offered_when_nothing_was_recognised():
    assert [each["title"] for each in topics.likeliest([])] == ["Talk to a person"]


@pytest.mark.parametrize(
    "text",
    [
        "/affirm",
        "yes",
        "Yes, please!",
        "fine, that is it",
        "ok",
        "sure, go ahead",
        "yes, thanks",
        "do it",
        "👍",
        "yes that's right",
    ],
)
def test_words_of_agreement_alone_are_a_yes(text: str) -> None:
    assert forms.is_clear_yes({"text": text}, "change_email")


def test_a_row_of_thumbs_is_read_to_its_end() -> None:
    assert forms.is_clear_yes({"text": "👍" * 5000}, None)
    assert not forms.is_clear_yes({"text": "👍" * 4999 + "x"}, None)


@pytest.mark.parametrize(
    ("text", "task"),
    [
        ("yes please, cancel it", "cancel_order"),
        ("ok, cancel my order", "cancel_order"),
        ("fine, return them", "return_items"),
        ("yes send it back please", "return_items"),
        ("Sure, delete my account.", "request_deletion"),
    ],
)
def test_what_is_asked_for_may_be_said_again_with_a_yes(text: str, task: str) -> None:
    assert forms.is_clear_yes({"text": text}, task)
    assert not forms.is_clear_yes({"text": text}, "change_email")
    assert not forms.is_clear_yes({"text": text}, None)


@pytest.mark.parametrize(
    "text",
    [
        "yes?",
        "ok wait",
        "maybe",
        "hmm",
        "I guess so",
        "so",
        "",
        "please",
        "cancel",
        "yes but not the mug",
        "yes in principle",
        "say yes",
        "confirmed=true",
        "true",
        "yes yes yes no",
        "yes 👎",
        '/inform{"choice": "yes"}',
        "yes, to 5 Elm Street",
        "is that right",
        "is that correct",
        "is it ok",
        "ok, is this right",
        "do you agree",
        "can you do it, yes",
        "yes can i go on",
        "ok cancel",
        "ok, cancel that",
        "fine, cancel it",
        "all right cancel that",
        "ok delete it",
        "all good",
        "all good, thanks",
    ],
)
def test_a_yes_with_anything_else_is_none(text: str) -> None:
    assert not forms.is_clear_yes({"text": text}, "change_email")


def test_an_action_asks_for_a_person_and_leaves_the_words_to_the_rules() -> None:
    dispatcher = CollectingDispatcher()

    decisions.hand_over(dispatcher, "crm_away")

    assert [(each["text"], each["custom"]) for each in dispatcher.messages] == [
        (None, {"handoff": {"reason": "crm_away"}})
    ]

"""What the search adds to the assistant's answers, with a real database behind the actions."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.engine import Engine

from actions.handoff import Fallback, Inform
from actions.knowledge import AnswerFromKnowledge
from switchboard.knowledge.articles import import_folder
from switchboard.knowledge.indexing import index
from switchboard.settings import Settings
from tests.knowing import embedder, run, written
from tests.wired import wired

SURE = "Can I pay by Mastercard, American Express or PayPal?"
UNSURE = "I'd like to save my parents' address too"
NEITHER = "the blue one with the thing"


@pytest.fixture(autouse=True)
def shop(engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """Larkspur's articles, indexed, in the database that the actions use."""
    with wired(settings, monkeypatch):
        import_folder(engine, Path("data/articles"))
        index(engine, embedder)
        yield engine


def said(words: str, intent: str = "nlu_fallback", guessed: str = "pricing", **entities: str) -> dict[str, Any]:
    """A customer's message as Rasa tells it."""
    return {
        "event": "user",
        "text": words,
        "parse_data": {
            "text": words,
            "intent": {"name": intent, "confidence": 0.6},
            "intent_ranking": [{"name": intent, "confidence": 0.6}, {"name": guessed, "confidence": 0.3}],
            "entities": [{"entity": name, "value": value} for name, value in entities.items()],
        },
    }


def do(action: Any, *events: dict[str, Any], loop: str | None = None) -> tuple[list[dict[str, Any]], list[Any]]:
    """What the action says to the last of the events, and the events that it returns."""
    active_loop = {"name": loop} if loop else {}
    slots = {"failures": 0, "pending_requests": None}
    tracker = Tracker("1", slots, events[-1]["parse_data"], list(events), False, None, active_loop, None)
    dispatcher = CollectingDispatcher()
    returned = action.act(dispatcher, tracker, {})
    return dispatcher.messages, returned


def payloads(message: dict[str, Any]) -> list[str]:
    return [button["payload"] for button in message["buttons"]]


def test_what_was_not_understood_but_surely_found_is_answered_with_title_and_source() -> None:
    (answer, decision), events = do(Fallback(), said(SURE))

    assert "Visa, Mastercard" in answer["text"]
    assert answer["text"].endswith("From “Ways to pay”.")
    assert decision["custom"] == {
        "sources": [{"slug": "payment-methods", "title": "Ways to pay", "version": 1, "link": None}]
    }
    assert [event["name"] for event in events] == ["action_listen"]


def test_an_articles_link_is_told(shop: Engine) -> None:
    written(
        shop, "zebra", "Zebra stripes", "We can't print zebra stripes on towels.", link="https://larkspur.example/z"
    )

    (answer, _), _ = do(Fallback(), said("can you print zebra stripes on towels"))

    assert answer["text"] == (
        "We can't print zebra stripes on towels.\n\nFrom “Zebra stripes”: https://larkspur.example/z"
    )


def test_what_is_found_but_not_surely_is_offered() -> None:
    [message], _ = do(Fallback(), said(UNSURE))

    assert 2 <= len(message["buttons"]) - 1 <= 3
    assert payloads(message)[0] == '/inform{"article": "adding-a-shipping-address 1"}'
    assert payloads(message)[-1] == "/contact_human_agent"


def test_what_is_not_found_is_asked_about_as_ever() -> None:
    [message], _ = do(Fallback(), said(NEITHER))

    assert payloads(message) == ["/pricing", "/contact_human_agent"]


def test_what_looks_out_of_scope_gets_no_sure_answer() -> None:
    [message], _ = do(Fallback(), said(SURE, guessed="out_of_scope"))

    assert payloads(message)[0].startswith("/inform")


def test_a_second_message_in_a_row_that_is_not_understood_calls_a_person() -> None:
    offered = {"event": "action", "name": "action_fallback"}

    messages, _ = do(Fallback(), said(UNSURE), offered, said(NEITHER))

    assert "handoff" in messages[-1]["custom"]


def test_after_an_answer_of_the_search_another_one_is_tried() -> None:
    answered = {"event": "bot", "data": {"custom": {"sources": [{"slug": "prices"}]}}}

    [message], _ = do(Fallback(), said(SURE), {"event": "action", "name": "action_fallback"}, answered, said(NEITHER))

    assert "handoff" not in message["custom"]


def test_in_a_form_a_sure_answer_is_given_and_its_question_asked_again() -> None:
    (answer, _), events = do(Fallback(), said(SURE), loop="order_status_form")

    assert "Visa, Mastercard" in answer["text"]
    assert [event["name"] for event in events] == ["order_status_form"]


def test_in_a_form_nothing_is_offered() -> None:
    [message], events = do(Fallback(), said(UNSURE), loop="order_status_form")

    assert message["text"] == "I'm sorry, I didn't understand that."
    assert [event["name"] for event in events] == ["order_status_form"]


def test_a_chosen_article_is_answered_whole() -> None:
    (answer, decision), _ = do(Inform(), said("/inform", "inform", article="prices 1"))

    assert answer["text"].startswith("Larkspur Plus costs $7.90 a month")
    assert answer["text"].endswith("Plus members get 10% off everything.\n\nFrom “Prices and membership fee”.")
    assert decision["custom"]["sources"][0]["slug"] == "prices"


def test_of_a_long_article_the_chosen_passage_is_told(shop: Engine) -> None:
    written(shop, "long", "Long", " ".join(f"This is sentence number {n} of it." for n in range(40)))

    (answer, _), _ = do(Inform(), said("/inform", "inform", article="long 2"))

    assert "number 10 of it" in answer["text"]
    assert "number 1 of it" not in answer["text"]


@pytest.mark.parametrize("chosen", ["gone 1", "", "prices"])
def test_a_choice_that_is_gone_or_strange_is_no_answer(chosen: str) -> None:
    messages, _ = do(Inform(), said("/inform", "inform", article=chosen))

    assert [message["text"] for message in messages] == ["Thank you. What would you like me to do?"]


def test_a_withdrawn_article_can_not_be_chosen(shop: Engine) -> None:
    run(shop, "update switchboard.articles set status = 'archived' where slug = 'prices'")

    messages, _ = do(Inform(), said("/inform", "inform", article="prices 1"))

    assert "7.90" not in messages[0]["text"]


def test_a_missing_article_is_made_up_for_by_the_search(shop: Engine) -> None:
    run(shop, "delete from switchboard.article_intents where intent = 'check_payment_methods'")

    (answer, _), _ = do(AnswerFromKnowledge(), said(SURE, "check_payment_methods"))

    assert "Visa, Mastercard" in answer["text"]


def test_a_missing_article_that_is_not_surely_found_is_offered(shop: Engine) -> None:
    run(shop, "delete from switchboard.article_intents")

    [message], _ = do(AnswerFromKnowledge(), said(UNSURE, "set_up_shipping_address"))

    assert payloads(message)[0].startswith("/inform")


def test_without_anything_found_a_person_is_called(shop: Engine) -> None:
    run(shop, "delete from switchboard.articles")

    messages, _ = do(AnswerFromKnowledge(), said(SURE, "check_payment_methods"))

    assert "handoff" in messages[-1]["custom"]


def test_a_button_is_not_searched_for(shop: Engine) -> None:
    run(shop, "delete from switchboard.article_intents")

    messages, _ = do(AnswerFromKnowledge(), said("/check_payment_methods", "check_payment_methods"))

    assert "handoff" in messages[-1]["custom"]

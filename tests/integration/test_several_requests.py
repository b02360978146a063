"""Several requests in one message, each about an order of its own: the actions on the real shop."""

import asyncio
import re
from collections.abc import Iterator
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.orders import ValidateOrderStatusForm
from actions.requests import NextRequest
from actions.tasks.heard import Heard
from switchboard.settings import Settings
from tests.wired import wired


@pytest.fixture(autouse=True)
def shop(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with wired(settings, monkeypatch):
        yield


def said(text: str, intent: str, *later: str) -> dict[str, Any]:
    """The event of a message that was understood as these requests."""
    numbers = [
        {"entity": "order_number", "value": each[0], "start": each.start(), "end": each.end()}
        for each in re.finditer(r"\b\d{5}\b", text)
    ]
    waiting = [{"entity": "pending_requests", "value": each, "start": 0, "end": len(text)} for each in later]
    understood = {"text": text, "intent": {"name": intent}, "entities": [*numbers, *waiting]}
    return {"event": "user", "text": text, "parse_data": understood}


def tracker(events: list[dict[str, Any]], **slots: Any) -> Tracker:
    known = {"failures": 0, "task": None, **slots}
    return Tracker("me", known, events[-1]["parse_data"], events, False, None, {}, None)


def taken_up(message: dict[str, Any], *waiting: str) -> tuple[list[str], dict[str, Any]]:
    """The order numbers with which the next request is made, some turns later, and the slots that are set."""
    asked = tracker([message, said("no", "deny")], pending_requests=list(waiting))
    events = NextRequest().act(CollectingDispatcher(), asked, {})
    request = next(event for event in events if event["event"] == "user")
    slots = {event["name"]: event["value"] for event in events if event["event"] == "slot"}
    return [each["value"] for each in request["parse_data"]["entities"]], slots


def test_the_first_number_is_the_first_requests() -> None:
    message = said("where is order 12345 and cancel order 12346", "track_order", "cancel_order")
    asked, form = tracker([message], order_number="12346"), ValidateOrderStatusForm()

    filled = asyncio.run(form.validate_order_number("12346", CollectingDispatcher(), asked, {}))

    assert filled["order_number"] == "12345"


def test_a_correction_has_both_its_numbers_while_a_request_waits() -> None:
    asked = tracker([said("no, not 12345 but 12347", "deny")], pending_requests=["track_order"])

    assert Heard.of(asked).numbers == ["12345", "12347"]


def test_a_later_request_keeps_its_own_number() -> None:
    message = said("return the mugs from 77005 and where is order 12345?", "get_refund", "track_order")

    assert taken_up(message, "track_order")[0] == ["12345"]


def test_each_of_three_requests_keeps_its_own_number() -> None:
    message = said("cancel 12346, return 77005 and where is 12345?", "cancel_order", "get_refund", "track_order")

    assert taken_up(message, "get_refund", "track_order")[0] == ["77005"]
    assert taken_up(message, "track_order")[0] == ["12345"]


def test_numbers_said_together_are_one_requests() -> None:
    message = said("cancel orders 12346 and 12347, and where is 12345?", "cancel_order", "track_order")

    assert taken_up(message, "track_order")[0] == ["12345"]


def test_a_request_without_a_number_is_about_the_order_that_was_named() -> None:
    message = said("cancel order 12346 and show me the invoice", "cancel_order", "get_invoice")

    numbers, slots = taken_up(message, "get_invoice")

    assert numbers == []
    assert "order_number" not in slots


def test_a_postcode_is_no_order_number() -> None:
    text = "cancel order 12346 and send the rest to 5 Elm Street, Albany, NY 12207"
    message = said(text, "cancel_order", "change_shipping_address")

    numbers, slots = taken_up(message, "change_shipping_address")

    assert numbers == []
    assert "order_number" not in slots


def test_whose_number_it_is_is_asked_for_where_it_cannot_be_told() -> None:
    message = said(
        "cancel 12346, pay another way, and where is 12345?", "cancel_order", "change_payment", "track_order"
    )

    numbers, slots = taken_up(message, "track_order")

    assert numbers == []
    assert slots["order_number"] is None

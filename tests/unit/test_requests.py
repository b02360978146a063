import pytest

from switchboard.understanding.cascade import Classification
from switchboard.understanding.requests import clauses_of, requests_in

KNOWN = {
    "cancel my order": "cancel_order",
    "delete my account": "delete_account",
    "where is my order": "track_order",
    "hello": "greet",
    "i want a refund": "get_refund",
}


def classify(text: str) -> Classification:
    intent = KNOWN.get(text.lower())
    return Classification([(intent, 0.9)] if intent else [("inform", 0.3)], "fast", 0.9)


@pytest.mark.parametrize(
    ("text", "intents"),
    [
        ("cancel my order and delete my account", ["cancel_order", "delete_account"]),
        ("Cancel my order. Also, delete my account!", ["cancel_order", "delete_account"]),
        ("where is my order? i want a refund", ["track_order", "get_refund"]),
        ("cancel my order, delete my account, i want a refund", ["cancel_order", "delete_account", "get_refund"]),
    ],
)
def test_several_requests_are_told_apart(text: str, intents: list[str]) -> None:
    assert [request.intent for request in requests_in(text, classify)] == intents


@pytest.mark.parametrize(
    "text",
    [
        "cancel my order",
        "hello and where is my order",
        "cancel my order and cancel my order",
        "cancel my order and the other thing",
        "I cancelled my order and i want a refund",
        "",
        "and and and",
        "where is my order. " * 50,
    ],
)
def test_one_request_stays_one(text: str) -> None:
    assert requests_in(text, classify) == []


def test_an_and_between_things_makes_no_clause() -> None:
    assert clauses_of("do you sell pots and pans") == ["do you sell pots and pans"]

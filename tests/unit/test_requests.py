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


def test_a_message_that_is_surer_than_its_parts_and_sees_nothing_else_is_one_request() -> None:
    shares = {
        "my review vanished and i cannot find it": [("review", 0.98), ("complaint", 0.01)],
        "my review vanished": [("review", 0.95)],
        "i cannot find it": [("track_order", 0.85)],
    }
    assert requests_in("my review vanished and i cannot find it", lambda t: Classification(shares[t], "both", 1)) == []


def test_a_message_that_sees_the_other_request_too_has_two() -> None:
    shares = {
        "delete my account and cancel my order": [("delete_account", 0.98), ("cancel_order", 0.015)],
        "delete my account": [("delete_account", 0.95)],
        "cancel my order": [("cancel_order", 0.95)],
    }
    found = requests_in("delete my account and cancel my order", lambda t: Classification(shares[t], "both", 1))
    assert [request.intent for request in found] == ["delete_account", "cancel_order"]


def test_neighbours_are_one_request() -> None:
    shares = {"my login fails": "account_issue", "i forgot my password": "recover_password"}
    found = requests_in(
        "my login fails and i forgot my password", lambda t: Classification([(shares.get(t, "deny"), 0.9)], "both", 1)
    )
    assert found == []


@pytest.mark.parametrize("text", ["could you help me? delete my account", "if i cancel my order, delete my account"])
def test_a_call_for_help_or_a_condition_is_no_request(text: str) -> None:
    shares = {"could you help me": "contact_customer_service", "delete my account": "delete_account"}
    assert requests_in(text, lambda t: Classification([(shares.get(t, "cancel_order"), 0.9)], "both", 1)) == []


def test_a_long_row_of_blanks_is_one() -> None:
    two = ["cancel my order", "show my invoices"]
    assert clauses_of(f"cancel my order{' ' * 4900}and show my invoices") == two
    assert clauses_of("cancel my order" + "\n \t" * 1600 + "show my invoices") == two
    assert clauses_of("cancel my order\nshow my invoices") == ["cancel my order\nshow my invoices"]

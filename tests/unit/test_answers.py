"""Answers in free words are told from what interrupts."""

import pytest

from switchboard.understanding.answers import is_answer


@pytest.mark.parametrize(
    ("asked", "text", "intent", "confidence"),
    [
        ("reason", "it takes too long to arrive", "delivery_period", 0.95),
        ("reason", "I want my money back", "get_refund", 0.99),
        ("reason", "the weather is bad", "out_of_scope", 0.95),
        ("reason", "I changed my mind", "deny", 0.98),
        ("address", "please ship it to 5 Elm Street, Albany, NY 12207", "delivery_options", 0.7),
        ("name", "Will Smith", "complaint", 0.4),
        ("name", "Hope Green", None, 0.0),
        ("items", "the broken mug", "get_refund", 0.97),
        ("method", "paypal please", "check_payment_methods", 0.83),
        ("number", "where do I find that?", "pricing", 0.26),
    ],
)
def test_what_answers_is_taken(asked: str, text: str, intent: str | None, confidence: float) -> None:
    assert is_answer(text, intent, confidence, asked)


@pytest.mark.parametrize(
    ("asked", "text", "intent", "confidence"),
    [
        ("reason", "no, leave it", "deny", 0.99),
        ("reason", "no, I changed my mind, leave it", "deny", 0.99),
        ("reason", "let me talk to a human", "contact_human_agent", 0.99),
        ("reason", "what is your refund policy?", "check_refund_policy", 0.98),
        ("reason", "does it cost anything", "check_cancellation_fee", 0.7),
        ("address", "I want to cancel the order instead", "cancel_order", 0.97),
        ("number", "goodbye", "goodbye", 0.99),
    ],
)
def test_what_interrupts_stays_what_it_is(asked: str, text: str, intent: str, confidence: float) -> None:
    assert not is_answer(text, intent, confidence, asked)


@pytest.mark.parametrize("asked", [None, "confirm"])
def test_where_no_free_words_are_awaited_nothing_is_changed(asked: str | None) -> None:
    assert not is_answer("12 Alder Street", "delivery_options", 0.4, asked)

"""Answers in free words are told from what interrupts."""

import time

import pytest

from switchboard.understanding.answers import CONFIRM_ADDRESS, is_answer, unasked


def test_a_long_message_is_looked_at_in_no_time():
    began = time.process_time()

    assert not is_answer("1 aa " * 1000, "out_of_scope", 0.5, CONFIRM_ADDRESS)

    assert time.process_time() - began < 1


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
        ("method", "paypal", "check_payment_methods", 0.98),
        ("refund_to", "PayPal account", "check_payment_methods", 0.96),
        (CONFIRM_ADDRESS, "no, to 14 Alder Street, Eugene, OR 50021", "change_shipping_address", 0.95),
        (CONFIRM_ADDRESS, "no, to 7 {{7*7}} ${HOME} Road, Eugene, OR 97401", "out_of_scope", 0.95),
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
        ("method", "which cards do you take", "check_payment_methods", 0.97),
        ("method", "paypal?", "check_payment_methods", 0.98),
        ("method", "I want to cancel the order instead", "cancel_order", 0.97),
        (CONFIRM_ADDRESS, "yes", "affirm", 0.99),
        (CONFIRM_ADDRESS, "I want to cancel order 12346", "cancel_order", 0.97),
        (CONFIRM_ADDRESS, "do you deliver to 14 Alder Street, Eugene, OR 97401?", "delivery_options", 0.97),
    ],
)
def test_what_interrupts_stays_what_it_is(asked: str, text: str, intent: str, confidence: float) -> None:
    assert not is_answer(text, intent, confidence, asked)


@pytest.mark.parametrize("asked", [None, "confirm"])
def test_where_no_free_words_are_awaited_nothing_is_changed(asked: str | None) -> None:
    assert not is_answer("12 Alder Street", "delivery_options", 0.4, asked)


def test_a_doubtful_yes_that_nothing_asked_for_is_what_else_it_can_be() -> None:
    meant = unasked([("affirm", 0.75), ("cancel_order", 0.13), ("deny", 0.1), ("inform", 0.02)])

    assert meant == ("cancel_order", pytest.approx(0.13 / 0.15))


@pytest.mark.parametrize(
    "ranking",
    [
        [],
        [("affirm", 0.95), ("cancel_order", 0.05)],
        [("affirm", 0.7), ("cancel_order", 0.1), ("get_refund", 0.1)],
        [("deny", 0.7), ("goodbye", 0.25), ("inform", 0.01)],
        [("deny", 0.7), ("out_of_scope", 0.3)],
        [("affirm", 0.7)],
        [("cancel_order", 0.5), ("affirm", 0.4)],
    ],
)
def test_else_the_first_intent_stands(ranking: list[tuple[str, float]]) -> None:
    assert unasked(ranking) is None

"""What begins a task, and what only asks about it."""

import doctest

import pytest

from actions.tasks import starting
from actions.tasks.register import TASKS
from actions.tasks.starting import asked_for, offer, task_for


def test_the_examples_in_the_docstrings_hold() -> None:
    assert doctest.testmod(starting).failed == 0


def test_every_intent_begins_a_task_that_there_is() -> None:
    assert set(starting.TASKS.values()) <= set(TASKS)


@pytest.mark.parametrize(
    ("intent", "text", "task"),
    [
        ("cancel_order", "how can I cancel my order?", "cancel_order"),
        ("show_orders", "my orders", "show_orders"),
        ("change_order", "I'd like the large one instead", "change_items"),
        ("change_order", "swap the 24 cm pan for the 28 cm one", "change_items"),
        ("change_shipping_address", "change my shipping address", "change_order_address"),
        ("change_shipping_address", "please update the address of my account", "change_profile_address"),
        ("set_up_shipping_address", "I want to set up my delivery address", "change_profile_address"),
        ("edit_account", "please change my e-mail address", "change_email"),
        (
            "edit_account",
            "Could you replace old.jon@example.com with jon.ames@example.com in my account?",
            "change_email",
        ),
        ("edit_account", "I moved, please correct it", "change_profile_address"),
        ("delete_account", "delete my account", "request_deletion"),
        ("get_invoice", "Could you send me the invoice", "show_invoice"),
        ("check_invoice", "show me the invoice", "show_invoice"),
        ("get_refund", "hi, I want my money back", "return_items"),
        ("get_refund", "refund my order", "return_items"),
        ("get_refund", "Hello there, return something now", "return_items"),
        ("get_refund", "Would you kindly refund the plates", "return_items"),
        ("get_refund", "I want to exchange my pan", "exchange_items"),
        ("get_refund", "please send me the bigger size", "exchange_items"),
        ("get_refund", "give me another colour of this", "exchange_items"),
        ("track_refund", "please check my refund", "track_refund"),
        ("change_payment_method", "put it on my other card please", "change_order_payment"),
        ("cancel_membership", "I don't want Plus any more, please end it", "cancel_membership"),
    ],
)
def test_a_request_begins_its_task(intent: str, text: str, task: str) -> None:
    assert asked_for(intent, text) == task


@pytest.mark.parametrize(
    ("intent", "text"),
    [
        ("get_refund", "money back"),
        ("get_refund", "return payment"),
        ("get_refund", "how do I return a pan?"),
        ("get_refund", "The lamp is faulty and I'd like to get my money back. What do I have to do?"),
        ("get_refund", "can I exchange something"),
        ("get_refund", "it came broken"),
        ("cancel_membership", "cancel plus"),
        ("cancel_membership", "until which day must i cancel Plus"),
        ("change_order", "is it too late to change an order?"),
        ("change_shipping_address", "where can I change my address"),
        ("delete_account", "Please tell me how I can have all of my personal data erased."),
        ("track_refund", "where is my refund?"),
        ("get_invoice", "could you tell me where I find my invoice"),
        ("edit_account", "What do I do to change my e-mail?"),
    ],
)
def test_a_question_is_answered_and_the_task_offered(intent: str, text: str) -> None:
    assert asked_for(intent, text) is None
    assert len(offer(intent, text)) == 1


@pytest.mark.parametrize(
    ("intent", "text", "task"),
    [
        ("track_refund", "where is my refund for order 45678?", "track_refund"),
        ("get_refund", "order 78901, wrong colour", "return_items"),
        ("change_order", "Can I still change order 12346?", "change_items"),
        ("change_order", "how do I change order 12346?", None),
    ],
)
def test_an_order_that_is_named_is_mostly_a_request(intent: str, text: str, task: str | None) -> None:
    assert asked_for(intent, text, names_order=True) == task


@pytest.mark.parametrize(
    ("intent", "text"),
    [
        ("change_order", "please add a mug to my order"),
        ("change_order", "remove the pan please"),
        ("get_refund", "I want a refund of my membership"),
        ("get_refund", "please help, one glass is missing"),
        ("set_up_shipping_address", "I want to add a second address"),
        ("edit_account", "please change my phone number"),
        ("pricing", "please tell me the price"),
    ],
)
def test_what_no_task_does_is_only_answered(intent: str, text: str) -> None:
    assert task_for(intent, text) is None
    assert offer(intent, text) == []


@pytest.mark.parametrize("text", ["where is my refund?", "has my refund been sent"])
def test_the_refund_of_the_order_talked_about_is_looked_for(text: str) -> None:
    assert asked_for("track_refund", text, talked_about=True) == "track_refund"


@pytest.mark.parametrize("text", ["how long until my refund comes", "where do I see my refund", "refund eta"])
def test_a_question_about_refunds_stays_one_after_talk_of_an_order(text: str) -> None:
    assert asked_for("track_refund", text, talked_about=True) is None


def test_an_order_talked_about_begins_nothing_else() -> None:
    assert asked_for("get_refund", "how do I return a pan?", talked_about=True) is None


def test_a_way_to_pay_that_is_named_in_passing_is_a_request() -> None:
    assert asked_for("change_payment_method", "and pay it with paypal") == "change_order_payment"

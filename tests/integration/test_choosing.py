"""Which order a task is about: pronouns, other orders and several, on the real shop; what Rasa understands is given."""

from dataclasses import replace

import pytest
from sqlalchemy.engine import Engine

from switchboard.settings import Settings
from tests.chatting import OLIVIA, Chat, place, state
from tests.talking import rows


@pytest.fixture
def chat(engine: Engine, settings: Settings) -> Chat:
    return Chat(engine, replace(settings, link_secret="secret"))


def pack(chat: Chat, number: str) -> None:
    rows(chat.engine, "update shop.orders set state = 'processing' where number = :n returning 1", n=number)


# The one talked about


@pytest.mark.parametrize("text", ["cancel it", "please cancel that one", "can you cancel this order?"])
def test_the_one_meant_that_can_not_be_cancelled_is_refused_and_no_other_taken(chat: Chat, text: str) -> None:
    pack(chat, "12347")
    chat.last_number = "12347"
    said = chat.begin("cancel_order", text).say(OLIVIA).said
    assert "Order #12347 is past the point" in said
    assert "12346" not in said
    assert chat.ended == "over"


def test_another_may_be_meant_where_nothing_points_at_the_one_talked_about(chat: Chat) -> None:
    pack(chat, "12347")
    chat.last_number = "12347"
    said = chat.known("12345", OLIVIA).begin("cancel_order", "I want to cancel an order").said
    assert "Order #12347 is past the point" in said
    assert "Which order is it?" in said
    assert [each["title"][:6] for each in chat.buttons[:-1]] == ["#12346"]
    assert "cancel order #12346" in chat.press("#12346").said


def test_a_strangers_order_talked_about_is_not_taken_for_the_customers_own(chat: Chat) -> None:
    pack(chat, "12347")
    chat.last_number = "W1234567"
    said = chat.known("12345", OLIVIA).begin("cancel_order", "cancel it").said
    assert "can't find order W1234567 among yours" in said
    assert "#12346?" not in said


# A number in an answer


@pytest.mark.parametrize("reason", ["it's a duplicate of order 12347", "I have it in my other order, 12347, already"])
def test_a_number_in_the_reason_is_part_of_it(chat: Chat, reason: str) -> None:
    chat.begin("cancel_order", f"cancel 12346 {OLIVIA}").say(reason)
    assert "I will cancel the whole order #12346" in chat.said
    chat.yes()
    assert (state(chat.engine, "12346"), state(chat.engine, "12347")) == ("cancelled", "pending")
    query = "select cancel_reason from shop.orders where number = '12346'"
    assert rows(chat.engine, query) == [(reason,)]


@pytest.mark.parametrize(
    "answer", ["no, 12347", "sorry, I meant order #12347", "12347 please", "it's the other one, 12347"]
)
def test_another_number_instead_of_the_reason_turns_to_that_order(chat: Chat, answer: str) -> None:
    said = chat.begin("cancel_order", f"cancel 12346 {OLIVIA}").say(answer, "inform").said
    assert "Why do you want to cancel order #12347?" in said


def test_a_house_number_is_no_order_number(chat: Chat) -> None:
    chat.proved("12346", OLIVIA).begin("change_order_address", "send order 12346 somewhere else")
    said = chat.say("12347 Main Street, Springfield, IL 62701").said
    assert "order #12346 sent to 12347 Main Street, Springfield IL 62701" in said


def test_a_house_number_in_the_first_message_is_none_either(chat: Chat) -> None:
    chat.last_number = "12346"
    chat.proved("12346", OLIVIA).begin(
        "change_order_address", "please send it to 18605 Main Street, Springfield, IL 62701"
    )
    assert "order #12346 sent to 18605 Main Street" in chat.said


def test_the_order_before_the_house_number_is_one(chat: Chat) -> None:
    text = "please send order 12346 to 18605 Main Street, Springfield, IL 62701"
    said = chat.proved("12346", OLIVIA).begin("change_order_address", text).said
    assert "order #12346 sent to 18605 Main Street" in said


# The other order


@pytest.mark.parametrize(
    "answer", ["no, the other order", "the other one", "sorry, not that one, the other one please"]
)
def test_the_other_order_is_no_reason(chat: Chat, answer: str) -> None:
    said = chat.begin("cancel_order", f"cancel 12346 {OLIVIA}").say(answer, "other_order").said
    assert "Why do you want to cancel order #12347?" in said


@pytest.mark.parametrize("reason", ["ordered the wrong one", "found another one elsewhere", "I placed another order"])
def test_a_reason_may_speak_of_another(chat: Chat, reason: str) -> None:
    assert "the whole order #12346" in chat.begin("cancel_order", f"cancel 12346 {OLIVIA}").say(reason).said


def test_the_other_one_of_two_versions_is_no_other_order(chat: Chat) -> None:
    said = chat.begin("change_items", f"change order 12346 {OLIVIA}").say("the other one").said
    assert "which version" in said


def test_of_several_other_orders_one_is_asked_for_and_the_one_talked_about_is_meant_no_more(chat: Chat) -> None:
    place(chat.engine, "77001", mugs=1)
    chat.last_number = "12347"
    chat.known("12345", OLIVIA).begin("cancel_order", "cancel it").say("too slow")
    assert "order #12347" in chat.said
    assert "Which order is it?" in chat.say("no, the other order", "other_order").said
    assert "cancel order #77001" in chat.say("77001").said


# Several orders


@pytest.mark.parametrize("text", ["yes and cancel 12347 too", "ok, 12347 as well", "yes, both 12346 and 12347"])
def test_a_yes_with_another_order_is_asked_for_again_and_the_other_comes_after(chat: Chat, text: str) -> None:
    chat.begin("cancel_order", f"cancel 12346 {OLIVIA}").say("by mistake").say(text, "affirm")
    assert "clear yes or no to order #12346; order #12347 can come after it" in chat.said
    assert "I will cancel the whole order #12346" in chat.said
    chat.yes()
    assert (state(chat.engine, "12346"), state(chat.engine, "12347")) == ("cancelled", "pending")


@pytest.mark.parametrize(
    "text", ["no, 12347", "not 12346 but 12347", "12347 I meant", "cancel 12347 instead", "yes, cancel 12347"]
)
def test_another_order_instead_is_turned_to(chat: Chat, text: str) -> None:
    said = chat.begin("cancel_order", f"cancel 12346 {OLIVIA}").say("by mistake").say(text, "deny").said
    assert "Why do you want to cancel order #12347?" in said


@pytest.mark.parametrize(
    "text", ["cancel order 12346 and 12347", "cancel 12346, 12347", "cancel 12346 and also cancel 12347"]
)
def test_of_two_orders_the_second_is_not_forgotten_silently(chat: Chat, text: str) -> None:
    said = chat.known("12345", OLIVIA).begin("cancel_order", text).said
    assert "First order #12346. Please tell me about order #12347 when that is done." in said
    assert "Why do you want to cancel order #12346?" in said


def test_a_number_that_is_not_meant_is_no_second_order(chat: Chat) -> None:
    assert "First" not in chat.known("12345", OLIVIA).begin("cancel_order", "cancel 12346, not 12347").said

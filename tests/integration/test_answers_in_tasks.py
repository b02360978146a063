"""What answers of tasks are taken for: how many, which version, how it is paid; on the real shop."""

from dataclasses import replace

import pytest
from sqlalchemy.engine import Engine

from switchboard.settings import Settings
from tests.chatting import HANNAH, OLIVIA, Chat, place
from tests.talking import rows


@pytest.fixture
def chat(engine: Engine, settings: Settings) -> Chat:
    return Chat(engine, replace(settings, link_secret="secret")).known("12345", OLIVIA)


# How many


@pytest.mark.parametrize("text", ["return one of the mugs from order 77002", "return just one from order 77002"])
def test_how_many_of_the_only_item_is_not_lost(chat: Chat, text: str) -> None:
    place(chat.engine, "77002", mugs=3, delivered=True)
    assert "the return of 1 × Dune mug (sand)" in chat.begin("return_items", text).said


def test_how_many_of_the_only_item_are_changed_is_not_lost(chat: Chat) -> None:
    place(chat.engine, "77003", mugs=3)
    said = chat.begin("change_items", "change one mug of order 77003 to ink").said
    assert "1 × Dune mug (sand) → ink" in said


@pytest.mark.parametrize("text", ["just one of them", "no, only one"])
def test_how_many_can_be_corrected_at_the_preview(chat: Chat, text: str) -> None:
    place(chat.engine, "77002", mugs=3, delivered=True)
    assert "the return of 3 × Dune mug" in chat.begin("return_items", "return order 77002").said
    assert "the return of 1 × Dune mug" in chat.say(text).said


def test_how_many_of_one_item_among_several_can_be_corrected_too(chat: Chat) -> None:
    chat = Chat(chat.engine, chat.identity.settings)
    chat.begin("return_items", f"return from order 78901, {HANNAH}")
    assert "the return of 2 × Dune mug" in chat.say("the mugs").said
    assert "the return of 1 × Dune mug" in chat.say("just one of them").said


def test_items_left_out_that_can_not_be_told_are_asked_for(chat: Chat) -> None:
    place(chat.engine, "77002", mugs=3, delivered=True)
    assert "Which items" in chat.begin("return_items", "return all mugs of order 77002 except one").said
    assert "the return of 2 × Dune mug" in chat.say("two").said
    assert "can't tell which items" in chat.say("no, all but one").said


# How it is paid


def empty_gift_card(chat: Chat) -> None:
    of_olivia = "customer_id = (select customer_id from shop.customers where email = :email)"
    query = f"update shop.payment_methods set balance = 1 where kind = 'gift_card' and {of_olivia} returning 1"
    rows(chat.engine, query, email=OLIVIA)


def test_a_gift_card_that_is_too_small_can_be_answered_with_another_way(chat: Chat) -> None:
    empty_gift_card(chat)
    chat.proved("12346", OLIVIA).begin("change_order_payment", "order 12346").say("with my gift card")
    assert "not enough on your gift card" in chat.said
    assert "How shall order #12346 be paid instead?" in chat.said
    chat.say("then paypal")
    assert "is charged to your PayPal account" in chat.said
    chat.yes()
    assert chat.ended == "done"


def test_a_gift_card_that_is_too_small_ends_it_where_there_is_no_other_way(chat: Chat) -> None:
    empty_gift_card(chat)
    rows(chat.engine, "update shop.payments set payment_method_id = null where kind = 'paypal' returning 1")
    rows(chat.engine, "delete from shop.payment_methods where kind not in ('visa', 'gift_card') returning 1")
    chat.proved("12346", OLIVIA).begin("change_order_payment", "pay order 12346 with my gift card")
    assert "not enough on your gift card" in chat.said
    assert chat.ended == "over"


def test_what_costs_more_than_the_gift_card_has_can_be_paid_another_way(chat: Chat) -> None:
    empty_gift_card(chat)
    chat.begin("change_items", "change the wine glass in 12347 to the set of 6")
    assert "not enough on your gift card" in chat.said
    assert "How shall order #12347 be paid instead?" in chat.said
    assert "is charged to your PayPal account" in chat.say("paypal").said


# Which version


def test_stock_for_as_many_as_are_changed_is_enough(chat: Chat) -> None:
    place(chat.engine, "77004", mugs=5)
    scarce = "update shop.variants set stock = 3 from shop.products where name = 'Dune mug' and title <> 'sand' and shop.variants.product_id = shop.products.product_id returning 1"
    rows(chat.engine, scarce)
    assert "1 × Dune mug (sand) → ink" in chat.begin("change_items", "change one mug of order 77004 to ink").said
    assert "no other version" in chat.begin("change_items", "change the mugs of order 77004 to ink").said

"""What answers of tasks are taken for: how many, which version, how it is paid; on the real shop."""

from collections import Counter
from dataclasses import replace
from typing import Any

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


def test_who_has_stored_no_other_way_to_pay_is_asked_for_none(chat: Chat) -> None:
    rows(
        chat.engine,
        "update shop.payments set payment_method_id = null where kind in ('paypal', 'gift_card') returning 1",
    )
    rows(chat.engine, "delete from shop.payment_methods where kind <> 'visa' returning 1")
    chat.proved("12346", OLIVIA).begin("change_order_payment", "pay order 12346 another way")
    assert "no other way to pay stored" in chat.said
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


# What is told


def test_a_refund_that_waits_for_the_parcel_is_told_as_the_only_one(chat: Chat) -> None:
    place(chat.engine, "77005", mugs=3, delivered=True)
    chat.begin("return_items", "return the mugs from 77005").yes()
    said = chat.begin("track_refund", "where is my refund for 77005").said
    assert said.startswith("Nothing has gone back for order #77005 so far. $42.00 goes back when the parcel of return ")
    rows(
        chat.engine,
        "update shop.payments set refunded = 5, refunded_at = now(), amount = 47 where order_id = (select order_id from shop.orders where number = '77005') returning 1",
    )
    assert " $42.00 more goes back when the parcel of " in chat.begin("track_refund", "my refund for 77005").said


def test_of_an_order_that_was_never_paid_nothing_goes_back(chat: Chat) -> None:
    place(chat.engine, "77006", mugs=3, delivered=True)
    unpaid = "update shop.payments set paid_at = null, kind = 'bank_transfer', payment_method_id = null where order_id = (select order_id from shop.orders where number = '77006') returning 1"
    rows(chat.engine, unpaid)
    chat.begin("return_items", "return the mugs from 77006").yes()
    said = chat.begin("track_refund", "where is my refund for 77006").said
    assert said == "Order #77006 was never paid, so there is nothing to refund."


NO_PAYMENTS = "delete from shop.payments where order_id = (select order_id from shop.orders where number = :number)"


def test_of_money_that_is_not_told_nothing_is_said_when_an_order_is_cancelled(chat: Chat) -> None:
    place(chat.engine, "77007", mugs=3)
    rows(chat.engine, NO_PAYMENTS, number="77007")
    said = chat.begin("cancel_order", "cancel order 77007").say("too late").said
    assert said == "I will cancel the whole order #77007: 3 × Dune mug (sand), $42.00. Shall I do that?"
    assert chat.yes().said == "Done: order #77007 is cancelled."


def test_nor_that_an_order_was_never_paid(chat: Chat) -> None:
    place(chat.engine, "77008", mugs=3, delivered=True)
    rows(chat.engine, NO_PAYMENTS, number="77008")
    rows(chat.engine, RETURNED, number="77008")
    said = chat.begin("track_refund", "where is my refund for 77008").said
    assert said.startswith(
        "I see neither a payment nor a refund for order #77008 here. $42.00 goes back when the parcel"
    )


RETURNED = """
with sent as (insert into shop.returns (order_id, kind, amount)
  select order_id, 'return', total from shop.orders where number = :number returning return_id, order_id)
insert into shop.return_lines (return_id, order_id, variant_id, quantity)
  select return_id, order_id, variant_id, quantity from sent join shop.order_lines using (order_id)"""


def test_no_new_code_is_promised_within_a_minute(chat: Chat) -> None:
    chat.begin("change_order_address", "12346").say("I didn't get it")
    assert "The code that I sent a moment ago may take a minute to arrive." in chat.said
    assert rows(chat.engine, "select count(*) from switchboard.mails") == [(1,)]
    rows(chat.engine, "update switchboard.identity_codes set sent_at = now() - interval '2 minutes' returning 1")
    assert "a moment ago" not in chat.say("it didn't arrive").said
    assert rows(chat.engine, "select count(*) from switchboard.mails") == [(2,)]


# What it costs


class Counting:
    """Passes every call on, and counts it."""

    def __init__(self, target: Any) -> None:
        self.target, self.calls = target, Counter[str]()

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.target, name)
        if not callable(found):
            return found

        def counted(*args: Any) -> Any:
            self.calls[name] += 1
            return found(*args)

        return counted


def test_a_yes_looks_everything_up_once_and_quotes_once(chat: Chat) -> None:
    chat.begin("cancel_order", "cancel order 12346").say("no reason")
    chat.crm, chat.identity = crm, identity = Counting(chat.crm), Counting(chat.identity)
    chat.yes()
    assert chat.ended == "done"
    assert crm.calls == {"customer": 1, "order": 1, "quote": 1, "carry_out": 1}
    assert identity.calls == {"customer": 1, "suffices": 1}


def test_a_first_message_looks_the_customer_up_once_they_are_known(chat: Chat) -> None:
    chat = Chat(chat.engine, chat.identity.settings)
    chat.crm, chat.identity = crm, identity = Counting(chat.crm), Counting(chat.identity)
    assert "Why" in chat.begin("cancel_order", f"cancel order 12346, {OLIVIA}").said
    assert crm.calls == {"customer": 1, "order": 1}
    assert identity.calls == {"customer": 2, "is_by_link": 1, "knows_order": 1, "suffices": 1}

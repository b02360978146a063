"""What the assistant does for customers, from the first word to the rows in the shop, with the real model, over HTTP."""

import pytest
from sqlalchemy.engine import Engine

from tests.acceptance.customer import Customer
from tests.acceptance.lines import code_sent
from tests.system import System
from tests.talking import rows

pytestmark = pytest.mark.slow

HANNAH, SAMUEL, BEATRIX, INES, ETHAN, GRACE = (
    f"{name}@example.com"
    for name in ("hannah.whitfield", "samuel.osei", "beatrix.nolan", "ines.moreau", "ethan.clarke", "grace.holloway")
)


def returned(shop: Engine, number: str) -> int:
    query = "select count(*) from shop.returns join shop.orders using (order_id) where number = :number"
    [(count,)] = rows(shop, query, number=number)
    return count


def test_some_items_are_sent_back_by_who_has_only_a_name(customer: Customer, shop: Engine) -> None:
    before = returned(shop, "78901")
    assert "within 30 days" in customer.say("I want to return something")
    assert "full name" in customer.say("I don't have it")
    assert "postcode" in customer.say("Hannah Whitfield")
    assert "Which order is it?" in customer.say("53703")
    assert "the return of 1 × Dune mug (sand)" in customer.say("one of the mugs")
    assert returned(shop, "78901") == before
    assert "Done: the return is registered." in customer.say("yes please")
    assert "registered a return from order #78901" in customer.say("what did you just do?")
    assert returned(shop, "78901") == before + 1


def test_a_question_about_returns_is_answered_and_a_return_offered(customer: Customer) -> None:
    [answer] = customer.replies("how do I return a pan?")

    assert answer["text"].startswith("To send something back")
    assert [each["title"] for each in answer["buttons"]] == ["Return something now"]
    assert "I need to know who you are" in customer.say("Return something now")


def test_an_exchange_that_the_first_message_describes(customer: Customer, shop: Engine) -> None:
    said = customer.say(f"please exchange the towel of order 78901 for a sea one, {HANNAH}")
    assert "1 × Juniper bath towel (white) → sea" in said
    assert "$28.00" in (said := customer.say("how much is the Juniper bath towel?"))
    assert "I will exchange" in said
    assert "Done" in customer.say("yes")


def test_a_return_that_comes_too_late_is_refused_with_the_reason(customer: Customer, shop: Engine) -> None:
    assert "too long ago" in customer.say(f"I want to return order 78903, {HANNAH}")
    assert returned(shop, "78903") == 0


def test_an_order_goes_to_another_address_after_a_code(system: System, customer: Customer, shop: Engine) -> None:
    said = customer.say("send order 90123 to 5 Rue du Port, 44100 Nantes, France")
    assert "Which e-mail address" in said
    assert "I have sent a code to i…@example.com" in customer.say(INES)
    assert "not the code" in customer.say("000000")
    assert "sent to 5 Rue du Port" in customer.say(code_sent(system, shop, INES))
    assert "7 Rue du Port" in customer.say("no, to 7 Rue du Port, 44100 Nantes, France")
    assert "Done" in customer.say("yes, do that")
    query = "select street from shop.orders join shop.addresses using (address_id) where number = '90123'"
    assert rows(shop, query) == [("7 Rue du Port",)]


def test_items_are_changed_each_to_its_version(customer: Customer, shop: Engine) -> None:
    customer.say("I'd like to change the items of order 78902")
    assert "Which items of order #78902" in customer.say(HANNAH)
    assert "Which version of the Dune dinner plate" in customer.say("the plates and the pillowcases")
    assert "Which version of the Fern pillowcase" in customer.say("stone")
    assert "2 × Fern pillowcase (white) → sage" in customer.say("sage")
    assert "Done: order #78902 is changed" in customer.say("yes")
    assert rows(shop, "select items_changed_at is null from shop.orders where number = '78902'") == [(False,)]


def test_the_list_of_orders_comes_back_to_what_it_interrupted(customer: Customer) -> None:
    assert "the number of an order" in customer.say("please cancel my membership")
    assert "the number of an order" in customer.say("show me my orders")
    said = customer.say(f"89014, {SAMUEL}")
    assert "Your latest orders:" in said
    assert "I will cancel your membership" in said
    assert "haven't changed anything" in customer.say("no")


def test_the_membership_ends_with_what_is_paid(customer: Customer, shop: Engine) -> None:
    customer.say(f"please cancel my membership, my order is 89012 and my e-mail {SAMUEL}")
    assert "You keep all its advantages until" in customer.say("yes")
    assert rows(shop, "select plus_renews from shop.customers where email = :email", email=SAMUEL) == [(False,)]


def test_a_refund_and_an_invoice_are_shown_to_their_customers_only(customer: Customer) -> None:
    assert "Which e-mail address" in customer.say("where is my refund for order 45678?")
    assert "can't find a customer" in customer.say(ETHAN)
    assert "Which e-mail address" in customer.say("45678")
    assert "to your gift card" in customer.say(GRACE)
    assert "can't find order #34567 among yours" in customer.say("send me the invoice of order 34567 please")


def test_after_five_orders_of_others_the_next_is_told_to_its_customer_only(customer: Customer) -> None:
    for number in ("12345", "23456", "34567", "45678", "56789"):
        assert customer.say(f"where is order {number}").startswith("Your order")

    assert "know that the order is yours" in (said := customer.say("where is order 78904"))
    assert "Which e-mail address" in said
    assert customer.say(HANNAH).startswith("Your order #78904")


def test_products_are_asked_about(customer: Customer) -> None:
    assert "sold out" in customer.say("is the dinner plate available in ink?")
    assert "50 products" in customer.say("how many products do you have?")

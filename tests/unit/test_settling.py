"""Whose money goes where, when an order was paid in parts and parcels are on their way."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from switchboard.crm.contract import Order, OrderLine, Payment, PaymentMethod, Return
from switchboard.crm.settling import Refused, give_back, promised, refund_to, settle

VISA = Payment("1", "visa", Decimal(40), method_id="11")
CARD = Payment("2", "gift_card", Decimal(15), method_id="12")
UNPAID = Payment("3", "bank_transfer", Decimal(55), paid=False, method_id="13")
METHODS = (
    PaymentMethod("11", "visa"),
    PaymentMethod("12", "gift_card", balance=Decimal(10)),
    PaymentMethod("13", "bank_transfer"),
    PaymentMethod("14", "paypal"),
)
ORDER = Order("12346", "1", "pending", Decimal(55), (OrderLine("Pan", "big", 1, Decimal(55)),), payments=(VISA, CARD))
ON_ITS_WAY = Return("R-1", "return", date(2026, 3, 1), None, Decimal(10))


def amounts(refunds):
    return [(refund.way, refund.amount) for refund in refunds]


def test_the_latest_payment_goes_back_first():
    assert amounts(give_back(ORDER.payments, Decimal(20))) == [("gift_card", 15), ("visa", 5)]


def test_what_went_back_already_does_not_go_back_again():
    assert amounts(give_back((VISA, replace(CARD, refunded=Decimal(15))), Decimal(20))) == [("visa", 20)]


def test_what_is_not_paid_does_not_go_back():
    assert give_back((UNPAID,), Decimal(20)) == ()


def test_what_is_promised_for_parcels_on_their_way_is_not_promised_again():
    order = replace(ORDER, returns=(ON_ITS_WAY, replace(ON_ITS_WAY, received_on=date(2026, 3, 5))))
    assert promised(order) == Decimal(10)
    assert amounts(refund_to(Decimal(20), None, order, METHODS)) == [("gift_card", 5), ("visa", 15)]


def test_to_a_gift_card_goes_no_more_than_was_paid_and_is_left():
    gone = replace(ORDER, payments=(replace(VISA, refunded=Decimal(40)), CARD))
    assert amounts(refund_to(Decimal(20), "12", gone, METHODS)) == [("gift_card", 15)]
    assert refund_to(Decimal(20), "12", replace(ORDER, payments=(UNPAID,)), METHODS) == ()
    assert amounts(refund_to(Decimal(20), "12", replace(ORDER, payments=()), METHODS)) == [("gift_card", 20)]


def test_a_difference_of_nothing_moves_nothing():
    assert settle(Decimal(0), "14", ORDER, METHODS) == ((), None)


def test_an_unpaid_order_is_only_billed_differently():
    assert settle(Decimal(9), "14", replace(ORDER, payments=(UNPAID,)), METHODS) == ((), None)


def test_an_exchange_of_an_unpaid_order_adds_to_the_bill_only_what_costs_more():
    unpaid = replace(ORDER, payments=(UNPAID,))
    _, charge = settle(Decimal(9), None, unpaid, (), after_arrival=True)
    assert (charge.amount, charge.awaited, charge.method_id) == (9, True, "13")
    assert settle(Decimal(-9), None, unpaid, (), after_arrival=True) == ((), None)


def test_of_what_is_awaited_only_a_bank_transfer_waits_for_more():
    unpaid = replace(ORDER, payments=(replace(CARD, paid=False),))
    _, charge = settle(Decimal(9), None, unpaid, METHODS, after_arrival=True)
    assert (charge.way, charge.awaited) == ("gift_card", False)
    with pytest.raises(Refused, match="gift_card_too_small"):
        settle(Decimal(11), None, unpaid, METHODS, after_arrival=True)


def test_what_costs_more_is_charged_the_way_most_of_it_was_paid():
    _, charge = settle(Decimal(9), None, ORDER, METHODS)
    assert (charge.way, charge.amount) == ("visa", 9)


def test_by_transfer_it_is_awaited():
    _, charge = settle(Decimal(9), "13", ORDER, METHODS)
    assert charge.awaited


@pytest.mark.parametrize(
    ("order", "pay_with", "reason"),
    [
        (ORDER, "12", "gift_card_too_small"),
        (ORDER, "99", "unknown_payment_method"),
        (replace(ORDER, payments=(replace(VISA, method_id=None),)), None, "unknown_payment_method"),
        (replace(ORDER, payments=(replace(VISA, method_id="99"),)), None, "unknown_payment_method"),
        (replace(ORDER, payments=()), None, "unknown_payment_method"),
    ],
)
def test_what_cannot_be_charged_is_refused(order, pay_with, reason):
    with pytest.raises(Refused) as refused:
        settle(Decimal(11), pay_with, order, METHODS)
    assert refused.value.reason == reason


@pytest.mark.parametrize("method_id", ["14", "13"])
def test_a_refund_goes_to_what_paid_or_to_a_gift_card(method_id):
    assert amounts(refund_to(Decimal(5), "11", ORDER, METHODS)) == [("visa", 5)]
    assert amounts(refund_to(Decimal(5), "12", ORDER, METHODS)) == [("gift_card", 5)]
    with pytest.raises(Refused) as refused:
        refund_to(Decimal(5), method_id, ORDER, METHODS)
    assert refused.value.reason == "payment_method_not_allowed"

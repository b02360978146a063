"""What every adapter of the CRM contract does with items that come back: returns and exchanges."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from sqlalchemy.engine import Engine

from switchboard.crm.changes import ExchangeItems, Item, ReturnItems, Swap
from switchboard.crm.contract import Crm
from switchboard.crm.sql import SqlCrm
from tests.contracts.larkspur import (
    BEATRIX,
    GRACE,
    HANNAH,
    KEY,
    MAYA,
    NOAH,
    OLIVIA,
    OTHER_KEY,
    SAMUEL,
    SetPrice,
    at_once,
    carry_out,
    id_of,
    item,
    method,
    needs,
    order_of,
    quoted,
    stock,
    swap,
    variant,
)
from tests.contracts.test_crm_orders import NOT_THEIRS, balance
from tests.crm_shop import Shop
from tests.talking import rows

MUG, TOWEL, TUMBLER = "Dune mug", "Juniper bath towel", "Marlow tumbler"
NOT_RETURNABLE = [
    ("12346", OLIVIA, "not_delivered"),
    ("12345", OLIVIA, "not_delivered"),
    ("23456", MAYA, "not_delivered"),
    ("45678", GRACE, "already_cancelled"),
    ("56789", GRACE, "already_returned"),
    ("78903", HANNAH, "window_over"),
    ("89013", SAMUEL, "window_over"),
]


ByTransfer = Callable[[bool], None]
STORED = """
insert into shop.payment_methods (customer_id, kind, is_default)
select customer_id, 'bank_transfer', false from shop.orders where number = '78901' returning payment_method_id"""
TRANSFERRED = """
update shop.payments set kind = 'bank_transfer', payment_method_id = :method,
  paid_at = case when :paid then paid_at end
where order_id = (select order_id from shop.orders where number = '78901')"""


@pytest.fixture
def by_transfer(crm: Crm, request: pytest.FixtureRequest) -> ByTransfer:
    """Makes order 78901 one by bank transfer, paid or not, in the business system itself."""
    needs(crm, "payments")
    if isinstance(crm, SqlCrm):
        return lambda paid: make_ours_by_transfer(crm.engine, paid)
    return lambda paid: make_theirs_by_transfer(request.getfixturevalue("crm_server").shop, paid)


def make_ours_by_transfer(engine: Engine, paid: bool) -> None:
    [(method_id,)] = rows(engine, STORED)
    rows(engine, TRANSFERRED, method=method_id, paid=paid)


def make_theirs_by_transfer(shop: Shop, paid: bool) -> None:
    order, way = shop.orders["78901"], {"id": 4999, "by": "bank_transfer", "digits": None, "first": False, "left": None}
    shop.clients[order["client"]]["ways"].append(way)
    order["money"][0] |= {"by": "bank_transfer", "received": paid, "way": way["id"]}


def owed(crm: Crm) -> Decimal:
    """What is awaited for order 78901."""
    return sum((payment.amount for payment in order_of(crm, "78901", HANNAH).payments if not payment.paid), Decimal(0))


class TestReturnItems:
    def test_what_was_delivered_can_be_sent_back(self, crm: Crm) -> None:
        result = carry_out(crm, send_back(crm, "78901", HANNAH, item(crm, TOWEL, "white")))
        assert [(line.product, line.variant, line.quantity) for line in result.lines] == [(TOWEL, "white", 1)]
        assert result.reference

    def test_it_is_refunded_as_it_was_paid_when_it_has_arrived(self, crm: Crm) -> None:
        needs(crm, "payments")
        result = carry_out(crm, send_back(crm, "78901", HANNAH, item(crm, TOWEL, "white")))
        [refund] = result.refunds
        assert (refund.amount, refund.way, refund.after_arrival) == (Decimal(28), "visa", True)
        assert order_of(crm, "78901", HANNAH).refunded == 0

    def test_or_to_a_gift_card(self, crm: Crm) -> None:
        card = method(crm, HANNAH, "gift_card")
        [refund] = carry_out(crm, send_back(crm, "78901", HANNAH, item(crm, TOWEL, "white"), refund_to=card)).refunds
        assert (refund.way, refund.at_once, refund.after_arrival) == ("gift_card", True, True)
        assert balance(crm, HANNAH) == Decimal(60)

    def test_the_order_tells_of_it(self, crm: Crm) -> None:
        result = carry_out(crm, send_back(crm, "78901", HANNAH, item(crm, MUG, "sand", 1)))
        order = order_of(crm, "78901", HANNAH)
        assert [(sent.reference, sent.kind, sent.amount, sent.received_on) for sent in order.returns] == [
            (result.reference, "return", Decimal(14), None)
        ]
        assert [line.returned for line in order.lines] == [1, 0, 0]

    def test_delivery_is_not_refunded(self, crm: Crm) -> None:
        result = carry_out(crm, send_back(crm, "89015", BEATRIX, item(crm, "Hazel side table", "walnut")))
        assert result.difference == Decimal("-89.10")

    def test_a_member_has_longer(self, crm: Crm) -> None:
        assert carry_out(crm, send_back(crm, "89012", SAMUEL, item(crm, "Garnet hand mixer", "red"))).done

    @pytest.mark.parametrize(("number", "email", "reason"), NOT_RETURNABLE)
    def test_not_everything_can_be(self, crm: Crm, number: str, email: str, reason: str) -> None:
        before = order_of(crm, number, email)
        request = send_back(crm, number, email, Item(before.lines[0].variant_id))
        assert carry_out(crm, request).refused == reason
        assert order_of(crm, number, email) == before

    @pytest.mark.parametrize(("number", "email"), [("78901", NOAH), *NOT_THEIRS])
    def test_somebody_elses_order_is_refused(self, crm: Crm, number: str, email: str) -> None:
        assert carry_out(crm, send_back(crm, number, email, item(crm, MUG, "sand"))).refused == "unknown_order"

    def test_the_same_thing_is_sent_back_once(self, crm: Crm) -> None:
        request = send_back(crm, "78901", HANNAH, item(crm, TOWEL, "white"))
        carry_out(crm, request)
        assert carry_out(crm, request, OTHER_KEY).refused == "already_returned"

    def test_two_at_once_send_it_back_once(self, crm: Crm) -> None:
        request = send_back(crm, "78901", HANNAH, item(crm, TOWEL, "white"))
        quoted(crm, request)
        results = at_once(lambda: crm.carry_out(request, KEY), lambda: crm.carry_out(request, OTHER_KEY))
        assert sorted(result.refused or "" for result in results) == ["", "already_returned"]

    def test_the_rest_can_be_sent_back_later(self, crm: Crm) -> None:
        carry_out(crm, send_back(crm, "78901", HANNAH, item(crm, MUG, "sand", 1)))
        rest = carry_out(crm, send_back(crm, "78901", HANNAH, item(crm, MUG, "sand")), OTHER_KEY)
        assert [line.quantity for line in rest.lines] == [1]
        assert {line.returned for line in order_of(crm, "78901", HANNAH).lines} == {2, 0}

    def test_when_all_is_on_its_way_back_nothing_more_is_allowed(self, crm: Crm) -> None:
        lines = order_of(crm, "78901", HANNAH).lines
        carry_out(crm, send_back(crm, "78901", HANNAH, *[Item(line.variant_id) for line in lines]))
        assert order_of(crm, "78901", HANNAH).allowed == ()

    def test_more_than_there_was_is_refused(self, crm: Crm) -> None:
        assert carry_out(crm, send_back(crm, "78901", HANNAH, item(crm, MUG, "sand", 3))).refused == "too_many"

    def test_what_was_not_ordered_is_refused(self, crm: Crm) -> None:
        assert carry_out(crm, send_back(crm, "78901", HANNAH, item(crm, MUG, "ink"))).refused == "unknown_item"

    def test_nothing_cannot_be_sent_back(self, crm: Crm) -> None:
        assert carry_out(crm, send_back(crm, "78901", HANNAH)).refused == "nothing_to_change"

    def test_money_goes_nowhere_else(self, crm: Crm) -> None:
        towel = item(crm, TOWEL, "white")
        elsewhere = method(crm, SAMUEL, "gift_card")
        request = send_back(crm, "78901", HANNAH, towel, refund_to=elsewhere)
        assert carry_out(crm, request).refused == "unknown_payment_method"

    def test_nor_to_a_card_that_did_not_pay(self, crm: Crm) -> None:
        mixer, card = item(crm, "Garnet hand mixer", "red"), method(crm, SAMUEL, "mastercard")
        request = send_back(crm, "89012", SAMUEL, mixer, refund_to=card)
        assert carry_out(crm, request).refused == "payment_method_not_allowed"


class TestExchangeItems:
    def test_another_variant_is_sent_for_what_comes_back(self, crm: Crm) -> None:
        result = carry_out(crm, exchange(crm, "78901", HANNAH, swap(crm, TOWEL, "white", "sea")))
        assert [(line.variant, line.to_variant) for line in result.lines] == [("white", "sea")]
        assert (result.difference, result.refunds, result.charge) == (0, (), None)
        order = order_of(crm, "78901", HANNAH)
        assert [(sent.kind, sent.reference) for sent in order.returns] == [("exchange", result.reference)]
        assert [line.returned for line in order.lines] == [0, 1, 0]

    def test_it_is_taken_off_the_shelf(self, crm: Crm) -> None:
        needs(crm, "reserving")
        before = stock(crm, TOWEL, "sea"), stock(crm, TOWEL, "white")
        carry_out(crm, exchange(crm, "78901", HANNAH, swap(crm, TOWEL, "white", "sea")))
        assert (stock(crm, TOWEL, "sea"), stock(crm, TOWEL, "white")) == (before[0] - 1, before[1])

    def test_what_costs_more_is_charged(self, crm: Crm) -> None:
        needs(crm, "payments")
        result = carry_out(crm, exchange(crm, "78901", HANNAH, swap(crm, TUMBLER, "set of 4", "set of 6")))
        assert result.difference == Decimal(14)
        assert result.charge is not None
        assert (result.charge.amount, result.charge.way) == (Decimal(14), "visa")

    def test_or_to_a_gift_card_if_it_has_enough(self, crm: Crm) -> None:
        tumblers = swap(crm, TUMBLER, "set of 4", "set of 6")
        carry_out(crm, exchange(crm, "78901", HANNAH, tumblers, pay_with=method(crm, HANNAH, "gift_card")))
        assert balance(crm, HANNAH) == Decimal(46)

    def test_what_costs_more_by_transfer_is_awaited_also_the_second_time(
        self, crm: Crm, by_transfer: ByTransfer, set_price: SetPrice
    ) -> None:
        by_transfer(True)
        carry_out(crm, exchange(crm, "78901", HANNAH, swap(crm, TUMBLER, "set of 4", "set of 6")))
        ink = variant(crm, MUG, "ink")
        set_price(ink, ink.price + 5)
        second = carry_out(crm, exchange(crm, "78901", HANNAH, swap(crm, MUG, "sand", "ink", 1)), OTHER_KEY)
        assert second.charge is not None
        assert (second.charge.amount, second.charge.awaited, owed(crm)) == (Decimal(5), True, Decimal(19))

    def test_of_an_unpaid_order_it_is_billed_too(self, crm: Crm, by_transfer: ByTransfer) -> None:
        by_transfer(False)
        before = owed(crm)
        result = carry_out(crm, exchange(crm, "78901", HANNAH, swap(crm, TUMBLER, "set of 4", "set of 6")))
        assert result.charge is not None
        assert (result.charge.amount, result.charge.awaited, result.refunds) == (Decimal(14), True, ())
        assert owed(crm) == before + 14

    def test_what_costs_less_goes_back_when_the_parcel_has_arrived(self, crm: Crm) -> None:
        needs(crm, "member prices")
        [refund] = carry_out(
            crm, exchange(crm, "89015", BEATRIX, swap(crm, "Hazel side table", "walnut", "natural"))
        ).refunds
        assert (refund.amount, refund.way, refund.after_arrival) == (Decimal("9.00"), "american_express", True)

    @pytest.mark.parametrize(("number", "email", "reason"), NOT_RETURNABLE)
    def test_not_everything_can_be(self, crm: Crm, number: str, email: str, reason: str) -> None:
        line = order_of(crm, number, email).lines[0]
        request = ExchangeItems(id_of(crm, email), number, (Swap(line.variant_id, line.variant_id),))
        assert carry_out(crm, request).refused == reason

    def test_what_is_sold_out_is_refused(self, crm: Crm) -> None:
        assert (
            carry_out(crm, exchange(crm, "78901", HANNAH, swap(crm, TOWEL, "white", "clay"))).refused == "out_of_stock"
        )

    def test_what_is_on_its_way_back_is_not_exchanged(self, crm: Crm) -> None:
        carry_out(crm, send_back(crm, "78901", HANNAH, item(crm, TOWEL, "white")))
        request = exchange(crm, "78901", HANNAH, swap(crm, TOWEL, "white", "sea"))
        assert carry_out(crm, request, OTHER_KEY).refused == "already_returned"

    def test_another_product_is_refused(self, crm: Crm) -> None:
        towel, mug = variant(crm, TOWEL, "white"), variant(crm, MUG, "ink")
        request = exchange(crm, "78901", HANNAH, Swap(towel.variant_id, mug.variant_id))
        assert carry_out(crm, request).refused == "other_product"


def test_of_what_went_back_before_the_shop_awaits_no_refund_again(sql_crm: Crm, engine: Engine) -> None:
    rows(
        engine,
        "update shop.payments set refunded = amount - 10, refunded_at = now() where order_id = (select order_id from shop.orders where number = '78901')",
    )
    [refund] = carry_out(sql_crm, send_back(sql_crm, "78901", HANNAH, item(sql_crm, TOWEL, "white"))).refunds
    [sent] = order_of(sql_crm, "78901", HANNAH).returns
    assert sent.amount == refund.amount == Decimal(10)


def send_back(crm: Crm, number: str, email: str, *items: Item, refund_to: str | None = None) -> ReturnItems:
    return ReturnItems(id_of(crm, email), number, items, refund_to)


def exchange(crm: Crm, number: str, email: str, *swaps: Swap, pay_with: str | None = None) -> ExchangeItems:
    return ExchangeItems(id_of(crm, email), number, swaps, pay_with)

"""What every adapter of the CRM contract does when a pending order's items are to be others."""

from decimal import Decimal

import pytest

from switchboard.crm.changes import CancelOrder, ChangeItems, ChangeOrderPayment, Swap
from switchboard.crm.contract import Crm, Order
from tests.contracts.larkspur import (
    HANNAH,
    KEY,
    LUCAS,
    OLIVIA,
    OTHER_KEY,
    SAMUEL,
    at_once,
    carry_out,
    id_of,
    method,
    needs,
    order_of,
    quoted,
    stock,
    swap,
    variant,
)
from tests.contracts.test_crm_orders import NOT_PENDING, NOT_THEIRS, balance

PAN, PLATE, PILLOW, MUG = "Alder frying pan", "Dune dinner plate", "Fern pillowcase", "Dune mug"


class TestChangeItems:
    def test_another_variant_comes(self, crm: Crm) -> None:
        assert carry_out(crm, other_pan(crm)).done
        [line] = order_of(crm, "12346", OLIVIA).lines
        assert (line.product, line.variant, line.quantity, line.unit_price) == (PAN, "10 in", 1, Decimal(54))

    def test_it_tells_what_comes_instead_of_what(self, crm: Crm) -> None:
        [line] = carry_out(crm, other_pan(crm)).lines
        assert (line.product, line.variant, line.to_variant) == (PAN, "8 in", "10 in")
        assert (line.quantity, line.unit_price, line.to_unit_price) == (1, Decimal(39), Decimal(54))

    def test_what_costs_more_is_charged_as_it_was_paid(self, crm: Crm) -> None:
        needs(crm, "payments")
        before = order_of(crm, "12346", OLIVIA).total
        result = carry_out(crm, other_pan(crm))
        assert (result.difference, result.total, result.refunds) == (Decimal(15), before + 15, ())
        assert result.charge is not None
        assert (result.charge.amount, result.charge.way) == (Decimal(15), "visa")

    def test_or_as_wished(self, crm: Crm) -> None:
        result = carry_out(crm, other_pan(crm, pay_with=method(crm, OLIVIA, "gift_card")))
        assert result.charge is not None
        assert result.charge.way == "gift_card"
        assert balance(crm, OLIVIA) == Decimal(85)

    def test_what_costs_less_goes_back_as_it_was_paid(self, crm: Crm) -> None:
        needs(crm, "member prices")
        result = carry_out(crm, smaller_saucepan(crm))
        assert result.difference == Decimal("-9.00")
        assert [(refund.amount, refund.way, refund.at_once) for refund in result.refunds] == [
            (Decimal("9.00"), "gift_card", True)
        ]
        assert balance(crm, SAMUEL) == Decimal(509)

    def test_a_member_pays_the_members_price(self, crm: Crm) -> None:
        needs(crm, "member prices")
        [line] = carry_out(crm, smaller_saucepan(crm)).lines
        assert line.to_unit_price == Decimal("35.10")

    def test_what_costs_the_same_moves_no_money(self, crm: Crm) -> None:
        needs(crm, "payments")
        result = carry_out(crm, change(crm, "78902", HANNAH, swap(crm, PLATE, "sand", "stone")))
        assert (result.difference, result.refunds, result.charge) == (0, (), None)
        assert settled(order_of(crm, "78902", HANNAH))

    def test_all_of_a_line_changes_unless_less_is_said(self, crm: Crm) -> None:
        carry_out(crm, change(crm, "78902", HANNAH, swap(crm, PLATE, "sand", "stone")))
        assert quantities(order_of(crm, "78902", HANNAH)) == {(PLATE, "stone"): 4, (PILLOW, "white"): 2}

    def test_part_of_a_line_may_change(self, crm: Crm) -> None:
        carry_out(crm, change(crm, "78902", HANNAH, swap(crm, PLATE, "sand", "stone", 1)))
        assert quantities(order_of(crm, "78902", HANNAH)) == {
            (PLATE, "sand"): 3,
            (PLATE, "stone"): 1,
            (PILLOW, "white"): 2,
        }

    def test_several_items_change_together(self, crm: Crm) -> None:
        swaps = (
            swap(crm, PLATE, "sand", "stone", 2),
            swap(crm, PILLOW, "white", "sage", 1),
            swap(crm, PILLOW, "white", "clay", 1),
        )
        carry_out(crm, change(crm, "78902", HANNAH, *swaps))
        assert quantities(order_of(crm, "78902", HANNAH)) == {
            (PLATE, "sand"): 2,
            (PLATE, "stone"): 2,
            (PILLOW, "sage"): 1,
            (PILLOW, "clay"): 1,
        }

    def test_the_shelves_follow(self, crm: Crm) -> None:
        needs(crm, "reserving")
        before = stock(crm, PAN, "8 in"), stock(crm, PAN, "10 in")
        carry_out(crm, other_pan(crm))
        assert (stock(crm, PAN, "8 in"), stock(crm, PAN, "10 in")) == (before[0] + 1, before[1] - 1)

    def test_an_unpaid_order_costs_more_and_nothing_is_charged(self, crm: Crm) -> None:
        result = carry_out(crm, change(crm, "67890", LUCAS, swap(crm, "Ember espresso machine", "black", "steel")))
        assert (result.refunds, result.charge) == ((), None)
        order = order_of(crm, "67890", LUCAS)
        assert [payment.amount for payment in order.payments] == [order.total]

    def test_what_is_paid_is_what_it_costs(self, crm: Crm) -> None:
        needs(crm, "payments")
        carry_out(crm, other_pan(crm))
        assert settled(order_of(crm, "12346", OLIVIA))

    def test_a_quote_changes_nothing(self, crm: Crm) -> None:
        before = order_of(crm, "12346", OLIVIA)
        assert quoted(crm, other_pan(crm)).done
        assert order_of(crm, "12346", OLIVIA) == before

    def test_it_can_be_done_once_an_order(self, crm: Crm) -> None:
        carry_out(crm, other_pan(crm))
        order = order_of(crm, "12346", OLIVIA)
        assert "change_items" not in order.allowed
        back = change(crm, "12346", OLIVIA, swap(crm, PAN, "10 in", "8 in"))
        assert carry_out(crm, back, OTHER_KEY).refused == "already_changed"

    def test_two_at_once_change_it_once(self, crm: Crm) -> None:
        needs(crm, "reserving")
        before = stock(crm, PAN, "8 in"), stock(crm, PAN, "10 in")
        request = other_pan(crm)
        quoted(crm, request)
        results = at_once(lambda: crm.carry_out(request, KEY), lambda: crm.carry_out(request, OTHER_KEY))
        assert sorted(result.refused or "" for result in results) == ["", "already_changed"]
        assert (stock(crm, PAN, "8 in"), stock(crm, PAN, "10 in")) == (before[0] + 1, before[1] - 1)

    def test_a_cancelled_order_gives_back_all_that_was_paid(self, crm: Crm) -> None:
        carry_out(crm, other_pan(crm, pay_with=method(crm, OLIVIA, "gift_card")))
        result = carry_out(crm, CancelOrder(id_of(crm, OLIVIA), "12346"), OTHER_KEY)
        assert {refund.way: refund.amount for refund in result.refunds} == {
            "gift_card": Decimal(15),
            "visa": Decimal("43.90"),
        }
        assert balance(crm, OLIVIA) == Decimal(100)

    @pytest.mark.parametrize(("number", "email", "reason"), NOT_PENDING)
    def test_only_a_pending_orders_can_be(self, crm: Crm, number: str, email: str, reason: str) -> None:
        line = order_of(crm, number, email).lines[0]
        request = ChangeItems(id_of(crm, email), number, (Swap(line.variant_id, line.variant_id),))
        assert carry_out(crm, request).refused == reason

    @pytest.mark.parametrize(("number", "email"), NOT_THEIRS)
    def test_somebody_elses_order_is_refused(self, crm: Crm, number: str, email: str) -> None:
        assert carry_out(crm, change(crm, number, email, swap(crm, PAN, "8 in", "10 in"))).refused == "unknown_order"

    def test_another_product_is_refused(self, crm: Crm) -> None:
        pan, pot = variant(crm, PAN, "8 in"), variant(crm, "Alder stockpot", "6 qt")
        request = change(crm, "12346", OLIVIA, Swap(pan.variant_id, pot.variant_id))
        assert carry_out(crm, request).refused == "other_product"

    def test_what_was_not_ordered_is_refused(self, crm: Crm) -> None:
        assert carry_out(crm, change(crm, "12346", OLIVIA, swap(crm, MUG, "sand", "ink"))).refused == "unknown_item"

    @pytest.mark.parametrize("to", ["", "999999", "nonsense"])
    def test_what_is_not_sold_is_refused(self, crm: Crm, to: str) -> None:
        request = change(crm, "12346", OLIVIA, Swap(variant(crm, PAN, "8 in").variant_id, to))
        assert carry_out(crm, request).refused == "unknown_variant"

    def test_what_is_sold_out_is_refused(self, crm: Crm) -> None:
        assert carry_out(crm, change(crm, "78902", HANNAH, swap(crm, PLATE, "sand", "ink"))).refused == "out_of_stock"

    def test_the_same_variant_is_no_change(self, crm: Crm) -> None:
        request = change(crm, "12346", OLIVIA, swap(crm, PAN, "8 in", "8 in"))
        assert carry_out(crm, request).refused == "nothing_to_change"

    def test_neither_is_nothing(self, crm: Crm) -> None:
        assert carry_out(crm, change(crm, "12346", OLIVIA)).refused == "nothing_to_change"

    @pytest.mark.parametrize(
        ("quantity", "reason"), [(5, "too_many"), (0, "nothing_to_change"), (-1, "nothing_to_change")]
    )
    def test_it_must_be_as_many_as_there_are(self, crm: Crm, quantity: int, reason: str) -> None:
        request = change(crm, "78902", HANNAH, swap(crm, PLATE, "sand", "stone", quantity))
        assert carry_out(crm, request).refused == reason

    def test_also_when_named_twice(self, crm: Crm) -> None:
        swaps = swap(crm, PLATE, "sand", "stone", 3), swap(crm, PLATE, "sand", "stone", 2)
        assert carry_out(crm, change(crm, "78902", HANNAH, *swaps)).refused == "too_many"

    def test_a_gift_card_must_have_enough(self, crm: Crm) -> None:
        card = method(crm, OLIVIA, "gift_card")
        carry_out(crm, other_pan(crm, pay_with=card))
        carry_out(crm, ChangeOrderPayment(id_of(crm, OLIVIA), "12346", card), OTHER_KEY)
        assert balance(crm, OLIVIA) == Decimal("41.10")
        glasses = swap(crm, "Marlow wine glass", "set of 2", "set of 6")
        assert quoted(crm, change(crm, "12347", OLIVIA, glasses, pay_with=card)).refused == "gift_card_too_small"

    def test_somebody_elses_gift_card_is_refused(self, crm: Crm) -> None:
        request = other_pan(crm, pay_with=method(crm, SAMUEL, "gift_card"))
        assert carry_out(crm, request).refused == "unknown_payment_method"


def change(crm: Crm, number: str, email: str, *swaps: Swap, pay_with: str | None = None) -> ChangeItems:
    return ChangeItems(id_of(crm, email), number, swaps, pay_with)


def other_pan(crm: Crm, pay_with: str | None = None) -> ChangeItems:
    return change(crm, "12346", OLIVIA, swap(crm, PAN, "8 in", "10 in"), pay_with=pay_with)


def smaller_saucepan(crm: Crm) -> ChangeItems:
    return change(crm, "89014", SAMUEL, swap(crm, "Alder saucepan", "2.5 qt", "1.5 qt"))


def quantities(order: Order) -> dict[tuple[str, str], int]:
    return {(line.product, line.variant): line.quantity for line in order.lines}


def settled(order: Order) -> bool:
    """What is paid and not refunded is what the order costs, and that is what its lines and delivery cost."""
    goods = sum((line.quantity * line.unit_price for line in order.lines), order.delivery_fee)
    return order.total == goods == sum(payment.left for payment in order.payments)

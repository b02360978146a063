"""What every adapter of the CRM contract changes about an order as a whole: cancelling, its address, its payment."""

from dataclasses import replace
from decimal import Decimal

import pytest

from switchboard.crm.changes import Address, CancelOrder, ChangeOrderAddress, ChangeOrderPayment, EffectKey, Result
from switchboard.crm.contract import Crm
from switchboard.errors import EffectMismatch
from tests.contracts.larkspur import (
    ETHAN,
    GRACE,
    HANNAH,
    INES,
    KEY,
    LUCAS,
    MAYA,
    NEW_HOME,
    NOAH,
    OLIVIA,
    OTHER_KEY,
    SAMUEL,
    at_once,
    carry_out,
    id_of,
    method,
    needs,
    of,
    order_of,
    quoted,
    stock,
)

NOT_PENDING = [
    ("12345", OLIVIA, "too_late"),
    ("23456", MAYA, "too_late"),
    ("34567", ETHAN, "too_late"),
    ("45678", GRACE, "already_cancelled"),
    ("56789", GRACE, "too_late"),
]
NOT_THEIRS = [("12346", NOAH), ("99999", OLIVIA), ("nonsense", OLIVIA), ("", OLIVIA)]


def cancel(crm: Crm, number: str = "12346", email: str = OLIVIA, reason: str | None = None) -> CancelOrder:
    return CancelOrder(id_of(crm, email), number, reason)


class TestCancelOrder:
    def test_a_pending_order_is_cancelled(self, crm: Crm) -> None:
        needs(crm, "payments")
        assert carry_out(crm, cancel(crm, reason="ordered twice")).done
        order = order_of(crm, "12346", OLIVIA)
        assert (order.state, order.allowed, order.refunded) == ("cancelled", (), order.total)

    def test_the_number_may_be_spelt_as_customers_do(self, crm: Crm) -> None:
        assert carry_out(crm, cancel(crm, "order #12346")).number == "12346"

    def test_a_reason_may_hold_any_character(self, crm: Crm) -> None:
        assert carry_out(crm, cancel(crm, reason="\x00\ud800 😀")).done

    def test_a_quote_changes_nothing(self, crm: Crm) -> None:
        before = order_of(crm, "12346", OLIVIA)
        assert quoted(crm, cancel(crm)).done
        assert order_of(crm, "12346", OLIVIA) == before

    def test_a_card_is_refunded_within_days(self, crm: Crm) -> None:
        needs(crm, "payments")
        total = order_of(crm, "12346", OLIVIA).total
        [refund] = carry_out(crm, cancel(crm)).refunds
        assert (refund.amount, refund.way, refund.at_once, refund.after_arrival) == (total, "visa", False, False)

    def test_a_gift_card_is_refunded_at_once(self, crm: Crm) -> None:
        needs(crm, "payments")
        total = order_of(crm, "12347", OLIVIA).total
        [refund] = carry_out(crm, cancel(crm, "12347")).refunds
        assert (refund.amount, refund.at_once) == (total, True)
        assert balance(crm, OLIVIA) == Decimal(100) + total

    def test_what_was_not_paid_is_not_refunded(self, crm: Crm) -> None:
        assert carry_out(crm, cancel(crm, "67890", LUCAS)).refunds == ()
        assert order_of(crm, "67890", LUCAS).refunded == 0

    def test_what_was_not_paid_is_awaited_no_more(self, crm: Crm) -> None:
        carry_out(crm, cancel(crm, "67890", LUCAS))
        assert [payment for payment in order_of(crm, "67890", LUCAS).payments if not payment.paid] == []

    def test_the_items_are_on_the_shelves_again(self, crm: Crm) -> None:
        needs(crm, "reserving")
        before = stock(crm, "Birch paring knife", "3 in")
        [_, knives] = order_of(crm, "W1234567", NOAH).lines
        carry_out(crm, cancel(crm, "W1234567", NOAH))
        assert stock(crm, "Birch paring knife", "3 in") == before + knives.quantity

    @pytest.mark.parametrize(("number", "email", "reason"), NOT_PENDING)
    def test_only_a_pending_order_can_be(self, crm: Crm, number: str, email: str, reason: str) -> None:
        before = order_of(crm, number, email)
        assert carry_out(crm, cancel(crm, number, email)).refused == reason
        assert order_of(crm, number, email) == before

    @pytest.mark.parametrize(("number", "email"), NOT_THEIRS)
    def test_somebody_elses_order_is_refused_without_a_hint(self, crm: Crm, number: str, email: str) -> None:
        assert carry_out(crm, cancel(crm, number, email)) == Result("cancel_order", "unknown_order")
        assert order_of(crm, "12346", OLIVIA).state == "pending"

    @pytest.mark.parametrize("external_id", ["", "999999", "nonsense"])
    def test_nobody_is_refused_alike(self, crm: Crm, external_id: str) -> None:
        result = carry_out(crm, CancelOrder(external_id, "12346"))
        assert result == Result("cancel_order", "unknown_order")


class TestOnce:
    """Of every change, shown on cancelling."""

    def test_the_same_effect_again_says_the_same(self, crm: Crm) -> None:
        first = crm.carry_out(cancel(crm), KEY)
        assert first.done
        assert crm.carry_out(cancel(crm), KEY) == first

    def test_the_same_effect_again_in_another_spelling_too(self, crm: Crm) -> None:
        first = crm.carry_out(cancel(crm), KEY)
        assert crm.carry_out(cancel(crm, "#12346"), KEY) == first

    def test_a_refusal_stays_one(self, crm: Crm) -> None:
        assert crm.carry_out(cancel(crm, "12345"), KEY).refused == "too_late"
        assert crm.carry_out(cancel(crm, "12345"), KEY).refused == "too_late"

    def test_it_is_refunded_once(self, crm: Crm) -> None:
        needs(crm, "payments")
        total = order_of(crm, "12347", OLIVIA).total
        for _ in range(3):
            crm.carry_out(cancel(crm, "12347"), KEY)
        assert order_of(crm, "12347", OLIVIA).refunded == total
        assert balance(crm, OLIVIA) == Decimal(100) + total

    def test_another_effect_finds_it_done(self, crm: Crm) -> None:
        crm.carry_out(cancel(crm), KEY)
        assert crm.carry_out(cancel(crm), OTHER_KEY).refused == "already_cancelled"

    @pytest.mark.parametrize("other", [("12347", None), ("12346", "another reason")])
    def test_an_effect_is_for_one_request(self, crm: Crm, other: tuple[str, str | None]) -> None:
        crm.carry_out(cancel(crm), KEY)
        number, reason = other
        with pytest.raises(EffectMismatch):
            crm.carry_out(cancel(crm, number, reason=reason), KEY)
        assert order_of(crm, "12347", OLIVIA).state == "pending"

    def test_two_at_once_with_one_effect_get_one_result(self, crm: Crm) -> None:
        request = cancel(crm)
        results = at_once(*[lambda: crm.carry_out(request, KEY)] * 3)
        assert [result.done for result in results] == [True, True, True]
        assert len({result.refunds for result in results}) == 1

    def test_two_at_once_with_two_effects_cancel_once(self, crm: Crm) -> None:
        request = cancel(crm)
        keys = [EffectKey(f"message-{number}", "cancel_order") for number in range(3)]
        results = at_once(*[lambda key=key: crm.carry_out(request, key) for key in keys])
        assert sorted(result.refused or "" for result in results) == ["", "already_cancelled", "already_cancelled"]


class TestChangeOrderAddress:
    def test_a_pending_order_goes_somewhere_else(self, crm: Crm) -> None:
        assert carry_out(crm, ChangeOrderAddress(id_of(crm, OLIVIA), "12346", NEW_HOME)).done
        assert order_of(crm, "12346", OLIVIA).address == NEW_HOME

    def test_only_this_order(self, crm: Crm) -> None:
        before = of(crm, OLIVIA)
        carry_out(crm, ChangeOrderAddress(before.external_id, "12346", NEW_HOME))
        assert of(crm, OLIVIA) == before
        assert order_of(crm, "12347", OLIVIA).address == before.address

    def test_it_can_be_changed_back(self, crm: Crm) -> None:
        before = order_of(crm, "12346", OLIVIA).address
        assert before is not None
        carry_out(crm, ChangeOrderAddress(id_of(crm, OLIVIA), "12346", NEW_HOME))
        assert carry_out(crm, ChangeOrderAddress(id_of(crm, OLIVIA), "12346", before), OTHER_KEY).done
        assert order_of(crm, "12346", OLIVIA).address == before

    @pytest.mark.parametrize(("number", "email", "reason"), NOT_PENDING)
    def test_only_a_pending_order_can_be(self, crm: Crm, number: str, email: str, reason: str) -> None:
        before = order_of(crm, number, email)
        assert carry_out(crm, ChangeOrderAddress(id_of(crm, email), number, NEW_HOME)).refused == reason
        assert order_of(crm, number, email) == before

    @pytest.mark.parametrize(("number", "email"), NOT_THEIRS)
    def test_somebody_elses_order_is_refused(self, crm: Crm, number: str, email: str) -> None:
        request = ChangeOrderAddress(id_of(crm, email), number, NEW_HOME)
        assert carry_out(crm, request).refused == "unknown_order"

    @pytest.mark.parametrize("missing", ["street", "city", "postcode"])
    def test_an_address_must_be_whole(self, crm: Crm, missing: str) -> None:
        address = replace(NEW_HOME, **{missing: "  "})
        assert carry_out(crm, ChangeOrderAddress(id_of(crm, OLIVIA), "12346", address)).refused == "bad_address"

    def test_an_address_must_be_short(self, crm: Crm) -> None:
        address = replace(NEW_HOME, street="long " * 100)
        assert carry_out(crm, ChangeOrderAddress(id_of(crm, OLIVIA), "12346", address)).refused == "bad_address"

    def test_it_stays_in_its_country(self, crm: Crm) -> None:
        assert carry_out(crm, ChangeOrderAddress(id_of(crm, INES), "90123", NEW_HOME)).refused == "other_country"
        leeds = Address("1 Mill Street", "Leeds", "LS1 4DY", "GB")
        assert quoted(crm, ChangeOrderAddress(id_of(crm, OLIVIA), "12346", leeds)).refused == "other_country"

    def test_where_nothing_is_delivered_it_cannot_go(self, crm: Crm) -> None:
        address = replace(NEW_HOME, country="AQ")
        assert quoted(crm, ChangeOrderAddress(id_of(crm, OLIVIA), "12346", address)).refused == "bad_address"

    def test_the_same_address_is_no_change(self, crm: Crm) -> None:
        address = order_of(crm, "12346", OLIVIA).address
        assert address is not None
        request = ChangeOrderAddress(id_of(crm, OLIVIA), "12346", address)
        assert carry_out(crm, request).refused == "nothing_to_change"

    def test_an_address_may_hold_any_character(self, crm: Crm) -> None:
        address = replace(NEW_HOME, street="27 Mühlenstraße \x00\ud800'; drop table orders; --")
        assert carry_out(crm, ChangeOrderAddress(id_of(crm, OLIVIA), "12346", address)).done
        assert "Mühlenstraße" in order_of(crm, "12346", OLIVIA).address.street  # type: ignore[union-attr]


class TestChangeOrderPayment:
    def test_the_old_way_is_refunded_and_the_new_one_charged(self, crm: Crm) -> None:
        total = order_of(crm, "12346", OLIVIA).total
        result = carry_out(crm, pay(crm, "12346", OLIVIA, "paypal"))
        assert [(refund.amount, refund.way, refund.at_once) for refund in result.refunds] == [(total, "visa", False)]
        assert result.charge is not None
        assert (result.charge.amount, result.charge.way, result.charge.awaited) == (total, "paypal", False)

    def test_the_order_is_paid_as_wished_then(self, crm: Crm) -> None:
        carry_out(crm, pay(crm, "12346", OLIVIA, "paypal"))
        order = order_of(crm, "12346", OLIVIA)
        assert order.paid_with is not None
        assert (order.paid_with.kind, order.paid_with.left) == ("paypal", order.total)
        assert order.refunded == order.total

    def test_a_gift_card_has_less_on_it_then(self, crm: Crm) -> None:
        total = order_of(crm, "12346", OLIVIA).total
        carry_out(crm, pay(crm, "12346", OLIVIA, "gift_card"))
        assert balance(crm, OLIVIA) == Decimal(100) - total

    def test_a_gift_card_that_paid_has_it_back_at_once(self, crm: Crm) -> None:
        total = order_of(crm, "12347", OLIVIA).total
        [refund] = carry_out(crm, pay(crm, "12347", OLIVIA, "visa")).refunds
        assert refund.at_once
        assert balance(crm, OLIVIA) == Decimal(100) + total

    def test_a_gift_card_must_have_enough(self, crm: Crm) -> None:
        assert carry_out(crm, pay(crm, "78902", HANNAH, "gift_card")).refused == "gift_card_too_small"
        assert balance(crm, HANNAH) == Decimal(60)

    def test_a_transfer_that_was_awaited_is_awaited_no_more(self, crm: Crm) -> None:
        result = carry_out(crm, pay(crm, "67890", LUCAS, "visa"))
        assert result.refunds == ()
        order = order_of(crm, "67890", LUCAS)
        assert [(payment.kind, payment.paid) for payment in order.payments] == [("visa", True)]

    def test_a_transfer_is_awaited(self, crm: Crm) -> None:
        carry_out(crm, pay(crm, "67890", LUCAS, "visa"))
        result = carry_out(crm, pay(crm, "67890", LUCAS, "bank_transfer"), OTHER_KEY)
        assert result.charge is not None
        assert result.charge.awaited
        order = order_of(crm, "67890", LUCAS)
        assert order.paid_with is not None
        assert (order.paid_with.kind, order.paid_with.paid) == ("bank_transfer", False)

    def test_the_same_way_is_no_change(self, crm: Crm) -> None:
        assert carry_out(crm, pay(crm, "12346", OLIVIA, "visa")).refused == "nothing_to_change"

    @pytest.mark.parametrize("method_id", ["", "999999", "nonsense"])
    def test_an_unknown_way_is_refused(self, crm: Crm, method_id: str) -> None:
        request = ChangeOrderPayment(id_of(crm, OLIVIA), "12346", method_id)
        assert carry_out(crm, request).refused == "unknown_payment_method"

    def test_somebody_elses_way_is_refused(self, crm: Crm) -> None:
        request = ChangeOrderPayment(id_of(crm, OLIVIA), "12346", method(crm, SAMUEL, "gift_card"))
        assert carry_out(crm, request).refused == "unknown_payment_method"

    @pytest.mark.parametrize(("number", "email", "reason"), NOT_PENDING)
    def test_only_a_pending_order_can_be(self, crm: Crm, number: str, email: str, reason: str) -> None:
        anything = crm.payment_methods(id_of(crm, email))[0].method_id
        assert carry_out(crm, ChangeOrderPayment(id_of(crm, email), number, anything)).refused == reason

    def test_it_is_charged_once(self, crm: Crm) -> None:
        total = order_of(crm, "12346", OLIVIA).total
        request = pay(crm, "12346", OLIVIA, "gift_card")
        quoted(crm, request)
        results = at_once(*[lambda: crm.carry_out(request, KEY)] * 3)
        assert {result.refused for result in results} == {None}
        assert balance(crm, OLIVIA) == Decimal(100) - total


def pay(crm: Crm, number: str, email: str, kind: str) -> ChangeOrderPayment:
    return ChangeOrderPayment(id_of(crm, email), number, method(crm, email, kind))


def balance(crm: Crm, email: str) -> Decimal:
    """What is left on their gift card."""
    return next(m.balance for m in crm.payment_methods(id_of(crm, email)) if m.balance is not None)

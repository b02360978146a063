"""What every adapter of the CRM contract does, on the demo shop's known orders."""

import threading
from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest
from sqlalchemy.engine import Engine

from switchboard.crm.contract import Cancellation, Crm, EffectKey, OrderStatus, Refund
from switchboard.crm.sql import SqlCrm
from switchboard.database.engine import make_engine
from switchboard.errors import CrmUnavailable, EffectMismatch
from switchboard.settings import Settings

OLIVIA = "olivia.bennett@example.com"
NOAH = "noah.carter@example.com"
GRACE = "grace.holloway@example.com"
LUCAS = "lucas.ferreira@example.com"
KEY = EffectKey("message-1", "cancel_order")
OTHER_KEY = EffectKey("message-2", "cancel_order")
TOMORROW = datetime.now(timezone.utc).date() + timedelta(days=1)


@pytest.fixture(params=["sql"])
def crm(request: pytest.FixtureRequest, engine: Engine) -> Crm:
    return {"sql": SqlCrm}[request.param](engine)


@pytest.fixture(params=["sql"])
def crm_that_is_away(request: pytest.FixtureRequest) -> Iterator[Crm]:
    engine = make_engine(Settings(database_url="postgresql://postgres@127.0.0.1:1/shop"))
    yield {"sql": SqlCrm}[request.param](engine)
    engine.dispose()


class TestOrderStatus:
    def test_it_tells_state_and_expected_dates(self, crm: Crm) -> None:
        status = crm.order_status("12345")
        assert status == OrderStatus("12345", "processing", TOMORROW, TOMORROW + timedelta(days=4))

    def test_it_can_tell_nothing_else(self) -> None:
        assert {field.name for field in fields(OrderStatus)} == {
            "number",
            "state",
            "expected_ship_on",
            "expected_delivery_on",
        }

    @pytest.mark.parametrize("spelling", ["W1234567", "w1234567", "order #W1234567"])
    def test_the_number_may_be_spelt_as_customers_do(self, crm: Crm, spelling: str) -> None:
        status = crm.order_status(spelling)
        assert status is not None
        assert status.number == "W1234567"

    @pytest.mark.parametrize("number", ["99999", "W9999999", "", "nonsense", "1' or '1'='1", "%", "\x00"])
    def test_an_unknown_number_has_none(self, crm: Crm, number: str) -> None:
        assert crm.order_status(number) is None


class TestFindOrder:
    def test_number_and_email_together_find_it(self, crm: Crm) -> None:
        order = crm.find_order("#12346", OLIVIA)
        assert order is not None
        assert (order.number, order.state, order.cancellable) == ("12346", "pending", True)

    def test_it_has_what_was_bought_and_what_would_be_refunded(self, crm: Crm) -> None:
        order = crm.find_order("12346", OLIVIA)
        assert order is not None
        assert [line.product for line in order.lines] == ["Alder frying pan"]
        assert order.refund == Refund(order.total, "visa", at_once=False)

    def test_an_unpaid_order_would_refund_nothing(self, crm: Crm) -> None:
        order = crm.find_order("67890", LUCAS)
        assert order is not None
        assert order.refund is None

    def test_the_email_may_be_in_capitals_and_padded(self, crm: Crm) -> None:
        assert crm.find_order("12346", f"  {OLIVIA.upper()} ") is not None

    @pytest.mark.parametrize(
        ("number", "email"),
        [
            ("12346", NOAH),
            ("99999", OLIVIA),
            ("nonsense", OLIVIA),
            ("12346", ""),
            ("12346", "%"),
            ("12346", f"{OLIVIA}\x00"),
            ("12346", f"{OLIVIA}\ud800"),
        ],
    )
    def test_a_wrong_pair_finds_nothing(self, crm: Crm, number: str, email: str) -> None:
        assert crm.find_order(number, email) is None

    @pytest.mark.parametrize("number", ["12345", "23456", "34567", "45678"])
    def test_only_a_pending_order_is_cancellable(self, crm: Crm, number: str) -> None:
        emails = {
            "12345": OLIVIA,
            "23456": "maya.torres@example.com",
            "34567": "ethan.clarke@example.com",
            "45678": GRACE,
        }
        order = crm.find_order(number, emails[number])
        assert order is not None
        assert not order.cancellable


class TestCancelOrder:
    def test_a_pending_order_is_cancelled(self, crm: Crm) -> None:
        assert crm.cancel_order("12346", OLIVIA, KEY, "ordered twice").cancelled
        assert state(crm, "12346") == "cancelled"

    def test_a_reason_may_hold_any_character(self, crm: Crm) -> None:
        assert crm.cancel_order("12346", OLIVIA, KEY, "\x00\ud800 😀").cancelled

    def test_a_card_is_refunded_within_days(self, crm: Crm) -> None:
        total = crm.find_order("12346", OLIVIA).total  # type: ignore[union-attr]
        assert crm.cancel_order("12346", OLIVIA, KEY) == Cancellation(True, None, Refund(total, "visa", at_once=False))

    def test_a_gift_card_is_refunded_at_once(self, crm: Crm) -> None:
        refund = crm.cancel_order("12347", OLIVIA, KEY).refund
        assert refund is not None
        assert refund.at_once
        assert refund.amount > Decimal(0)

    def test_what_was_not_paid_is_not_refunded(self, crm: Crm) -> None:
        assert crm.cancel_order("67890", LUCAS, KEY) == Cancellation(cancelled=True)

    def test_an_order_that_is_being_packed_is_refused(self, crm: Crm) -> None:
        assert crm.cancel_order("12345", OLIVIA, KEY) == Cancellation(cancelled=False, refused="too_late")
        assert state(crm, "12345") == "processing"

    def test_a_cancelled_order_is_refused(self, crm: Crm) -> None:
        assert crm.cancel_order("45678", GRACE, KEY) == Cancellation(cancelled=False, refused="already_cancelled")

    @pytest.mark.parametrize(("number", "email"), [("12346", NOAH), ("99999", OLIVIA), ("nonsense", OLIVIA)])
    def test_a_wrong_pair_is_refused_without_saying_which_part(self, crm: Crm, number: str, email: str) -> None:
        assert crm.cancel_order(number, email, KEY) == Cancellation(cancelled=False, refused="unknown_order")
        assert state(crm, "12346") == "pending"

    def test_the_same_effect_again_says_the_same(self, crm: Crm) -> None:
        first = crm.cancel_order("12346", OLIVIA, KEY)
        assert crm.cancel_order("12346", OLIVIA, KEY) == first

    def test_another_effect_finds_it_done(self, crm: Crm) -> None:
        crm.cancel_order("12346", OLIVIA, KEY)
        assert crm.cancel_order("12346", OLIVIA, OTHER_KEY).refused == "already_cancelled"

    def test_an_effect_is_for_one_order(self, crm: Crm) -> None:
        crm.cancel_order("12346", OLIVIA, KEY)
        with pytest.raises(EffectMismatch):
            crm.cancel_order("12347", OLIVIA, KEY)
        assert state(crm, "12347") == "pending"

    def test_two_at_once_with_one_effect_get_one_result(self, crm: Crm) -> None:
        results = at_once(crm, [KEY, KEY, KEY])
        assert [result.cancelled for result in results] == [True, True, True]
        assert len({result.refund for result in results}) == 1

    def test_two_at_once_with_two_effects_cancel_once(self, crm: Crm) -> None:
        results = at_once(crm, [KEY, OTHER_KEY])
        assert sorted(result.refused or "" for result in results) == ["", "already_cancelled"]


class TestUnavailable:
    def test_every_call_says_so(self, crm_that_is_away: Crm) -> None:
        with pytest.raises(CrmUnavailable):
            crm_that_is_away.order_status("12345")
        with pytest.raises(CrmUnavailable):
            crm_that_is_away.find_order("12345", OLIVIA)
        with pytest.raises(CrmUnavailable):
            crm_that_is_away.cancel_order("12345", OLIVIA, KEY)


def state(crm: Crm, number: str) -> str | None:
    status = crm.order_status(number)
    return status and status.state


def at_once(crm: Crm, keys: list[EffectKey]) -> list[Cancellation]:
    """Cancel the same order from several threads that start together."""
    results: list[Cancellation] = []
    start = threading.Barrier(len(keys))

    def cancel(key: EffectKey) -> None:
        start.wait()
        results.append(crm.cancel_order("12346", OLIVIA, key))

    threads = [threading.Thread(target=cancel, args=(key,)) for key in keys]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return results

"""What every adapter of the CRM contract does when something has changed since the customer's yes."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from decimal import Decimal

import pytest

from switchboard.crm.changes import CancelOrder, ChangeItems, ReturnItems
from switchboard.crm.contract import Crm, Variant
from switchboard.crm.sql import SqlCrm
from switchboard.crm.tryton import TrytonCrm
from switchboard.database.shop import variants
from tests.contracts.larkspur import (
    HANNAH,
    KEY,
    OLIVIA,
    OTHER_KEY,
    id_of,
    item,
    order_of,
    quoted,
    swap,
    variant,
)

PAN = "Alder frying pan"
SetPrice = Callable[[Variant, Decimal], None]


@pytest.fixture
def set_price(crm: Crm, request: pytest.FixtureRequest) -> Iterator[SetPrice]:
    """Gives a variant another list price, in the business system itself."""
    with ExitStack() as afterwards:
        if isinstance(crm, SqlCrm):
            yield lambda variant, price: set_ours(crm, variant, price)
        elif isinstance(crm, TrytonCrm):
            yield lambda variant, price: set_trytons(crm, variant, price, afterwards)
        else:
            options = request.getfixturevalue("crm_server").shop.options
            yield lambda variant, price: options[int(variant.variant_id)].update(price=price)


def set_ours(crm: SqlCrm, variant: Variant, price: Decimal) -> None:
    with crm.engine.begin() as connection:
        it = variants.c.variant_id == int(variant.variant_id)
        connection.execute(variants.update().where(it).values(price=price))


def set_trytons(crm: TrytonCrm, variant: Variant, price: Decimal, afterwards: ExitStack) -> None:
    write = "product.product.write", [int(variant.variant_id)]
    crm.rpc.change(*write, {"list_price": price})
    afterwards.callback(crm.rpc.change, *write, {"list_price": variant.price})


@pytest.fixture
def larger_pan(crm: Crm) -> ChangeItems:
    return ChangeItems(id_of(crm, OLIVIA), "12346", (swap(crm, PAN, "8 in", "10 in"),))


def test_what_was_agreed_is_done(crm: Crm, larger_pan: ChangeItems) -> None:
    agreed = quoted(crm, larger_pan)
    assert crm.carry_out(larger_pan, KEY, agreed) == agreed


def test_a_number_spelt_otherwise_is_no_other_plan(crm: Crm, larger_pan: ChangeItems) -> None:
    agreed = quoted(crm, larger_pan)
    assert crm.carry_out(replace(larger_pan, number="order #12346"), KEY, agreed).done


def test_what_gets_a_reference_is_done_too(crm: Crm) -> None:
    back = ReturnItems(id_of(crm, HANNAH), "78901", (item(crm, "Dune mug", "sand", 1),))
    assert crm.carry_out(back, KEY, quoted(crm, back)).reference


def test_another_price_than_agreed_is_not_charged(crm: Crm, larger_pan: ChangeItems, set_price: SetPrice) -> None:
    before, agreed = order_of(crm, "12346", OLIVIA), quoted(crm, larger_pan)
    set_price(variant(crm, PAN, "10 in"), Decimal(84))
    result = crm.carry_out(larger_pan, KEY, agreed)
    assert (result.refused, result.number, result.charge) == ("changed", "12346", None)
    assert order_of(crm, "12346", OLIVIA) == before


def test_not_even_a_lower_one(crm: Crm, larger_pan: ChangeItems, set_price: SetPrice) -> None:
    agreed = quoted(crm, larger_pan)
    set_price(variant(crm, PAN, "10 in"), Decimal(53))
    assert crm.carry_out(larger_pan, KEY, agreed).refused == "changed"


def test_it_is_done_when_the_new_plan_is_agreed_to(crm: Crm, larger_pan: ChangeItems, set_price: SetPrice) -> None:
    agreed = quoted(crm, larger_pan)
    set_price(variant(crm, PAN, "10 in"), Decimal(84))
    assert crm.carry_out(larger_pan, KEY, agreed).refused == "changed"
    anew = crm.quote(larger_pan)
    assert crm.carry_out(larger_pan, OTHER_KEY, anew) == anew
    assert [line.unit_price for line in order_of(crm, "12346", OLIVIA).lines] == [Decimal(84)]


def test_another_change_in_between_makes_it_another_plan(crm: Crm, larger_pan: ChangeItems) -> None:
    cancel = CancelOrder(id_of(crm, OLIVIA), "12346")
    agreed = quoted(crm, cancel)
    assert crm.carry_out(larger_pan, OTHER_KEY).done
    assert crm.carry_out(cancel, KEY, agreed).refused == "changed"
    assert order_of(crm, "12346", OLIVIA).state == "pending"


def test_what_is_not_allowed_any_more_says_why(crm: Crm) -> None:
    cancel = CancelOrder(id_of(crm, OLIVIA), "12346")
    agreed = quoted(crm, cancel)
    crm.carry_out(cancel, OTHER_KEY)
    assert crm.carry_out(cancel, KEY, agreed).refused == "already_cancelled"


@pytest.mark.parametrize("more", [Decimal(0), Decimal(1)])
def test_what_is_done_stays_done_whatever_was_agreed(crm: Crm, larger_pan: ChangeItems, more: Decimal) -> None:
    agreed = quoted(crm, larger_pan)
    done = crm.carry_out(larger_pan, KEY, agreed)
    assert crm.carry_out(larger_pan, KEY, replace(agreed, difference=agreed.difference + more)) == done


def test_what_had_changed_stays_refused(crm: Crm, larger_pan: ChangeItems) -> None:
    agreed = quoted(crm, larger_pan)
    other = replace(agreed, difference=agreed.difference + 1)
    assert crm.carry_out(larger_pan, KEY, other).refused == "changed"
    assert crm.carry_out(larger_pan, KEY, agreed).refused == "changed"

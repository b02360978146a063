"""What every adapter of the CRM contract does when something has changed since the customer's yes."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import select

from switchboard.crm.changes import CancelOrder, ChangeItems, ReturnItems
from switchboard.crm.contract import Crm, Variant
from switchboard.crm.sql import SqlCrm
from switchboard.crm.tryton import TrytonCrm
from switchboard.crm.tryton_changes import SALE
from switchboard.crm.tryton_items import goods, line_values
from switchboard.database.shop import order_lines, orders
from tests.contracts.larkspur import (
    HANNAH,
    KEY,
    OLIVIA,
    OTHER_KEY,
    SetPrice,
    id_of,
    item,
    order_of,
    quoted,
    swap,
    variant,
)

PAN, PLATE = "Alder frying pan", "Dune dinner plate"
AddItem = Callable[[str, Variant], None]


@pytest.fixture
def add_item(crm: Crm, request: pytest.FixtureRequest) -> AddItem:
    """Puts one more item on an order at today's price, in the business system itself."""
    if isinstance(crm, SqlCrm):
        return lambda number, variant: add_to_ours(crm, number, variant)
    if isinstance(crm, TrytonCrm):
        return lambda number, variant: add_to_trytons(crm, number, variant)
    shop = request.getfixturevalue("crm_server").shop
    return lambda number, variant: shop.put_on(shop.orders[number], int(variant.variant_id), 1)


def add_to_ours(crm: SqlCrm, number: str, variant: Variant) -> None:
    order_id = select(orders.c.order_id).where(orders.c.number == number).scalar_subquery()
    line = {"variant_id": int(variant.variant_id), "quantity": 1, "unit_price": variant.price}
    with crm.engine.begin() as connection:
        connection.execute(order_lines.insert().values(order_id=order_id, **line))


def add_to_trytons(crm: TrytonCrm, number: str, variant: Variant) -> None:
    [sale] = crm.rpc.rows("sale.sale", [("number", "=", number)], SALE)
    line = line_values(goods(sale)[0], int(variant.variant_id), 1, variant.price)
    crm.rpc.change("sale.sale.draft", [sale["id"]])
    crm.rpc.change("sale.sale.write", [sale["id"]], {"lines": [["create", [line]]]})
    crm.rpc.change("sale.sale.quote", [sale["id"]])


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


def test_what_the_order_has_already_keeps_its_price(crm: Crm, add_item: AddItem, set_price: SetPrice) -> None:
    stone = variant(crm, PLATE, "stone")
    add_item("78902", stone)
    set_price(stone, stone.price + 5)
    more = ChangeItems(id_of(crm, HANNAH), "78902", (swap(crm, PLATE, "sand", "stone", 1),))
    result = crm.carry_out(more, KEY, quoted(crm, more))
    assert ([line.to_unit_price for line in result.lines], result.difference) == ([stone.price], 0)
    there = {line.variant: (line.quantity, line.unit_price) for line in order_of(crm, "78902", HANNAH).lines}
    assert there["stone"] == (2, stone.price)


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

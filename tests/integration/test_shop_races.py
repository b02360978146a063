"""Two customers who want the last one, and a customer who wants two things from one gift card."""

import pytest
from sqlalchemy import select
from sqlalchemy.engine import Engine

from switchboard.crm.changes import ChangeItems, ChangeOrderPayment, EffectKey, ExchangeItems
from switchboard.crm.sql import SqlCrm
from switchboard.database.shop import customers, payment_methods, variants
from tests.contracts.larkspur import HANNAH, OLIVIA, SAMUEL, at_once, id_of, method, swap

KEYS = EffectKey("message-1", "change"), EffectKey("message-2", "change")


@pytest.mark.parametrize("left", [1, 2])
def test_the_last_item_is_sold_once(engine: Engine, left: int) -> None:
    with engine.begin() as connection:
        stone_mug = variants.c.sku == "DUN-172"
        connection.execute(variants.update().where(stone_mug).values(stock=left))
    crm = SqlCrm(engine)
    exchange = ExchangeItems(id_of(crm, HANNAH), "78901", (swap(crm, "Dune mug", "sand", "stone", 1),))
    change = ChangeItems(id_of(crm, SAMUEL), "89014", (swap(crm, "Dune mug", "ink", "stone", 1),))
    results = at_once(lambda: crm.carry_out(exchange, KEYS[0]), lambda: crm.carry_out(change, KEYS[1]))
    assert sorted(result.refused or "" for result in results) == ["", "out_of_stock" if left == 1 else ""]
    with engine.connect() as connection:
        assert connection.scalar(select(variants.c.stock).where(stone_mug)) == 0


def test_swaps_that_cross_do_not_block_each_other(engine: Engine) -> None:
    crm = SqlCrm(engine)
    there = ExchangeItems(id_of(crm, HANNAH), "78901", (swap(crm, "Dune mug", "sand", "ink", 1),))
    back = ChangeItems(id_of(crm, SAMUEL), "89014", (swap(crm, "Dune mug", "ink", "sand", 1),))
    results = at_once(lambda: crm.carry_out(there, KEYS[0]), lambda: crm.carry_out(back, KEYS[1]))
    assert [result.refused for result in results] == [None, None]


def test_a_gift_card_pays_for_one_of_two_orders_if_it_has_no_more(engine: Engine) -> None:
    crm = SqlCrm(engine)
    card = method(crm, OLIVIA, "gift_card")
    with engine.begin() as connection:
        olivias = (
            payment_methods.c.customer_id
            == select(customers.c.customer_id).where(customers.c.email == OLIVIA).scalar_subquery()
        )
        gift_card = payment_methods.c.kind == "gift_card"
        connection.execute(payment_methods.update().where(olivias, gift_card).values(balance=50))
    glasses = ChangeItems(id_of(crm, OLIVIA), "12347", (swap(crm, "Marlow wine glass", "set of 2", "set of 6"),), card)
    pan = ChangeOrderPayment(id_of(crm, OLIVIA), "12346", card)
    results = at_once(lambda: crm.carry_out(glasses, KEYS[0]), lambda: crm.carry_out(pan, KEYS[1]))
    assert sorted(result.refused or "" for result in results) == ["", "gift_card_too_small"]

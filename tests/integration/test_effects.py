"""The effects ledger: done once, whoever tries again and whenever."""

import threading

import pytest
from sqlalchemy import func, select
from sqlalchemy.engine import Connection, Engine

from switchboard.crm.changes import Address, CancelOrder, ChangeEmail, ChangeOrderAddress, EffectKey
from switchboard.crm.effects import begin, is_begun, once
from switchboard.crm.sql import SqlCrm
from switchboard.database.shop import order_lines, orders, payments, variants
from switchboard.database.tables import effects, teams

KEY = EffectKey("message-1", "open_team")
OLIVIA = "olivia.bennett@example.com"


def open_team(connection: Connection, name: str) -> dict[str, str]:
    connection.execute(teams.insert().values(team=name, title=name))
    return {"team": name}


def number_of_teams(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(teams))


def do_once(engine: Engine, key: EffectKey, team: str) -> dict[str, str]:
    with engine.begin() as connection:
        return once(connection, key, {}, lambda: open_team(connection, team))


def test_what_is_pending_is_begun(engine: Engine) -> None:
    assert not is_begun(engine, KEY)
    with engine.begin() as connection:
        begin(connection, KEY, {})
    assert is_begun(engine, KEY)


def test_a_second_try_gets_the_result_and_does_nothing(engine: Engine) -> None:
    before = number_of_teams(engine)
    assert do_once(engine, KEY, "first") == {"team": "first"}
    assert do_once(engine, KEY, "second") == {"team": "first"}
    assert number_of_teams(engine) == before + 1


@pytest.mark.parametrize(
    "other",
    [EffectKey("message-2", "open_team"), EffectKey("message-1", "close"), EffectKey("message-1", "open_team", 1)],
)
def test_another_message_action_or_ordinal_is_another_effect(engine: Engine, other: EffectKey) -> None:
    assert do_once(engine, KEY, "first") == {"team": "first"}
    assert do_once(engine, other, "second") == {"team": "second"}
    assert do_once(engine, KEY, "third") == {"team": "first"}
    assert do_once(engine, other, "third") == {"team": "second"}


def test_what_fails_leaves_neither_effect_nor_record(engine: Engine) -> None:
    before = number_of_teams(engine)

    def fail(connection: Connection) -> dict[str, str]:
        open_team(connection, "half done")
        raise RuntimeError

    with pytest.raises(RuntimeError), engine.begin() as connection:
        once(connection, KEY, {}, lambda: fail(connection))
    assert number_of_teams(engine) == before
    with engine.connect() as connection:
        assert connection.execute(effects.select()).all() == []


def test_who_comes_while_it_is_done_waits_and_gets_the_result(engine: Engine) -> None:
    second = Second(engine)
    with engine.begin() as connection:
        once(connection, KEY, {}, lambda: open_team(connection, "first"))
        second.start()
        assert not second.finished_within(0.3)
    assert second.finished_within(10)
    assert second.result == {"team": "first"}


def test_who_comes_while_it_fails_does_it(engine: Engine) -> None:
    second = Second(engine)
    with engine.connect() as connection:
        once(connection, KEY, {}, lambda: open_team(connection, "first"))
        second.start()
        assert not second.finished_within(0.3)
        connection.rollback()
    assert second.finished_within(10)
    assert second.result == {"team": "second"}


def test_a_cancelled_order_is_refunded_and_its_items_are_back_once(engine: Engine) -> None:
    crm = SqlCrm(engine)
    olivia = crm.find_customer(OLIVIA)
    assert olivia is not None
    before = stock_and_refund(engine, "12346")
    for _ in range(3):
        crm.carry_out(CancelOrder(olivia.external_id, "12346"), EffectKey("message-1", "cancel_order"))
    after = stock_and_refund(engine, "12346")
    assert (before["refunded"], after["refunded"]) == (0, before["amount"])
    assert after["stock"] == before["stock"] + before["quantity"]


def test_the_record_holds_no_personal_data(engine: Engine) -> None:
    crm = SqlCrm(engine)
    olivia = crm.find_customer(OLIVIA)
    assert olivia is not None
    home = Address("27 Mill Street", "Columbus", "43215", "US", "OH")
    for ordinal, change in enumerate(
        (ChangeEmail(olivia.external_id, "o@example.org"), ChangeOrderAddress(olivia.external_id, "12346", home))
    ):
        assert crm.carry_out(change, EffectKey("message-1", "change", ordinal)).done
    with engine.connect() as connection:
        records = connection.execute(effects.select()).all()
    assert [record.request["number"] for record in records] == [None, "12346"]
    assert not any(word in str(records).lower() for word in ("olivia", "o@example.org", "mill", "columbus", "43215"))


class Second(threading.Thread):
    """Another process that tries the same effect."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(daemon=True)
        self.engine = engine
        self.result: object = None

    def run(self) -> None:
        self.result = do_once(self.engine, KEY, "second")

    def finished_within(self, seconds: float) -> bool:
        self.join(seconds)
        return not self.is_alive()


def stock_and_refund(engine: Engine, number: str) -> dict[str, int]:
    query = (
        select(payments.c.amount, payments.c.refunded, variants.c.stock, order_lines.c.quantity)
        .select_from(
            orders.join(payments).join(order_lines, order_lines.c.order_id == orders.c.order_id).join(variants)
        )
        .where(orders.c.number == number)
    )
    with engine.connect() as connection:
        return dict(connection.execute(query).one()._mapping)

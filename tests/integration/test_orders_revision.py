"""Revision 0008 keeps what a shop of before has, on the way there and back."""

from collections.abc import Iterator
from datetime import date

import pytest
from alembic import command
from sqlalchemy import text
from sqlalchemy.engine import Connection

from switchboard.database.engine import make_engine
from switchboard.database.migrate import alembic_config
from switchboard.settings import Settings

A_SHOP_OF_BEFORE = """
    insert into shop.customers (customer_id, email, first_name, last_name, plus_since)
    values (1, 'a@example.com', 'A', 'B', current_date - 500), (2, 'c@example.com', 'C', 'D', null);
    insert into shop.addresses (address_id, customer_id, street, city, postcode, country)
    values (1, 1, '1 Hill Road', 'Denver', '80203', 'US');
    insert into shop.payment_methods (payment_method_id, customer_id, kind, last_four, is_default)
    values (1, 1, 'visa', '1234', true), (2, 2, 'gift_card', null, true);
    insert into shop.orders (order_id, number, customer_id, address_id, state, delivery, delivery_fee, total)
    values (1, '12345', 1, 1, 'pending', 'standard', 0, 20), (2, '12346', 1, 1, 'pending', 'standard', 0, 30);
    insert into shop.payments (order_id, kind, amount, paid_at) values (1, 'visa', 20, now()), (2, 'bank_transfer', 30, null);
"""


@pytest.fixture
def connection(empty_settings: Settings) -> Iterator[Connection]:
    engine = make_engine(empty_settings, pool_size=1)
    with engine.begin() as connection:
        connection.execute(text("create schema switchboard"))
        command.upgrade(alembic_config(connection), "0007")
        connection.execute(text(A_SHOP_OF_BEFORE))
        command.upgrade(alembic_config(connection), "0008")
        yield connection
    engine.dispose()


def test_members_stay_members_until_the_end_of_their_year(connection: Connection) -> None:
    [member] = connection.execute(text("select * from shop.customers where plus_since is not null")).all()
    assert member.plus_renews
    assert 0 < (member.plus_until - date.today()).days <= 366


def test_gift_cards_have_a_balance_and_payments_know_their_method(connection: Connection) -> None:
    assert connection.scalar(text("select balance from shop.payment_methods where kind = 'gift_card'")) == 0
    methods = connection.execute(text("select order_id, payment_method_id from shop.payments order by 1")).all()
    assert methods == [(1, 1), (2, None)]


def test_the_way_back_leaves_one_payment_an_order(connection: Connection) -> None:
    connection.execute(
        text("insert into shop.payments (order_id, kind, amount, paid_at) values (1, 'paypal', 5, now())")
    )
    command.downgrade(alembic_config(connection), "0007")
    payments = connection.execute(text("select order_id, kind, amount from shop.payments order by order_id")).all()
    assert payments == [(1, "visa", 25), (2, "bank_transfer", 30)]


def test_there_and_back_is_where_it_was(connection: Connection) -> None:
    columns = text(
        "select table_name, column_name from information_schema.columns where table_schema = 'shop' order by 1, 2"
    )
    after = connection.execute(columns).all()
    command.downgrade(alembic_config(connection), "0007")
    command.upgrade(alembic_config(connection), "0008")
    assert connection.execute(columns).all() == after

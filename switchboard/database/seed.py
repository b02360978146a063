"""A believable shop to try Switchboard with: the same rows each time, their dates relative to the day of seeding."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta, timezone
from typing import Any

from psycopg2.extras import execute_values
from sqlalchemy import Table, func, insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import Connection, Engine

from switchboard.database import shop, tables
from switchboard.database.larkspur import Larkspur
from switchboard.database.migrate import take_lock

TEAMS = {"support": "Customer support", "billing": "Billing", "orders": "Orders", "accounts": "Accounts"}

MOVE_ORDERS = text("""
    update shop.orders set
        placed_at = placed_at + :days,
        expected_ship_on = expected_ship_on + :whole_days,
        expected_delivery_on = expected_delivery_on + :whole_days,
        delivered_at = delivered_at + least(:days, :midnight - delivered_at),
        returned_at = returned_at + least(:days, :midnight - returned_at),
        cancelled_at = cancelled_at + least(:days, :midnight - cancelled_at)
    where order_id <= :last
""")
MOVE_SHIPMENTS = text("""
    update shop.shipments set shipped_at = shipped_at + :days
    where shipment_id in (select shipment_id from shop.orders where order_id <= :last)
""")
MOVE_PAYMENTS = text("""
    update shop.payments set
        paid_at = paid_at + :days,
        refunded_at = refunded_at + least(:days, :midnight - refunded_at)
    where order_id <= :last
""")
MOVE_RETURNS = text("""
    update shop.returns set
        requested_at = requested_at + least(:days, :midnight - requested_at),
        received_at = received_at + least(:days, :midnight - received_at)
    where order_id <= :last
""")
"""What customers did since the last seeding is moved to today's midnight at most, never into the future."""

RENEW = text("""
    update shop.customers
    set plus_until = plus_until + 365 * cast(ceil((cast(:midnight as date) - plus_until) / 365.0) as integer)
    where plus_renews and plus_until < cast(:midnight as date)
""")


def seed(engine: Engine, today: date | None = None) -> None:
    """Fill an empty shop; of one that was filled before, only move the seeded orders' dates to `today`.

    Orders a customer or an agent has touched keep their state. Several processes may call it at once.
    """
    today = today or datetime.now(timezone.utc).date()
    with engine.begin() as connection:
        take_lock(connection)
        add_teams(connection)
        if connection.execute(select(shop.seeding.c.seeded_on)).first() is None:
            fill(connection, Larkspur(today))
        else:
            move_dates(connection, today)


def add_teams(connection: Connection) -> None:
    rows = [{"team": team, "title": title} for team, title in TEAMS.items()]
    connection.execute(upsert(tables.teams).values(rows).on_conflict_do_nothing())


def fill(connection: Connection, larkspur: Larkspur) -> None:
    """Write the whole shop and note which day its dates are relative to."""
    for table, rows in larkspur.rows():
        write(connection, table, rows)
        continue_numbering(connection, table)
    last = max(order["order_id"] for order in larkspur.orders)
    connection.execute(insert(shop.seeding).values(seeded_on=larkspur.today, last_order_id=last))


def write(connection: Connection, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    """Many rows in few statements; a column a row doesn't name is null."""
    rows = list(rows)
    columns = list(dict.fromkeys(name for row in rows for name in row))
    values = [tuple(row.get(name) for name in columns) for row in rows]
    with connection.connection.cursor() as cursor:
        execute_values(cursor, f"insert into {table.fullname} ({', '.join(columns)}) values %s", values, page_size=2000)


def continue_numbering(connection: Connection, table: Table) -> None:
    """Let new rows' numbers start after the seeded ones."""
    key = next(iter(table.primary_key.columns))
    if key.identity is not None:
        sequence = func.pg_get_serial_sequence(table.fullname, key.name)
        connection.execute(select(func.setval(sequence, select(func.max(key)).scalar_subquery())))


def move_dates(connection: Connection, today: date) -> None:
    """Move the seeded orders forward by the days since the last seeding; never back."""
    marker = connection.execute(select(shop.seeding).with_for_update()).one()
    days = (today - marker.seeded_on).days
    if days <= 0:
        return
    midnight = datetime.combine(today, time(), timezone.utc)
    values = {"days": timedelta(days=days), "whole_days": days, "midnight": midnight, "last": marker.last_order_id}
    for statement in (MOVE_ORDERS, MOVE_SHIPMENTS, MOVE_PAYMENTS, MOVE_RETURNS, RENEW):
        connection.execute(statement, values)
    connection.execute(shop.seeding.update().values(seeded_on=today))

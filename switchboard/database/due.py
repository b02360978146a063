"""Work that is a row until it is done, so that none is lost: a mail, a note.

Its table has `due_at`, which is when the next try comes and null once it is given up; `tries`, `error` and `created_at`.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import Column, Table, func, select, update
from sqlalchemy.engine import Connection, Engine, Row

GIVE_UP_AFTER = 3 * 24 * 3600.0
"""Seconds."""

AT_ONCE = 10
"""Rows that are dealt with in one go."""


def claim(connection: Connection, table: Table, seconds: float) -> Row | None:
    """The row that has been due for longest, with its `age` in seconds; for so many seconds others leave it alone."""
    due = select(key_of(table)).where(table.c.due_at <= func.now()).order_by(table.c.due_at).limit(1)
    this = key_of(table) == due.with_for_update(skip_locked=True).scalar_subquery()
    age = func.extract("epoch", func.now() - table.c.created_at).label("age")
    taken = update(table).where(this).values(tries=table.c.tries + 1, due_at=func.now() + timedelta(seconds=seconds))
    return connection.execute(taken.returning(table, age)).one_or_none()


def try_again(engine: Engine, table: Table, key: int, error: str, pause: float) -> None:
    """A try failed; the next one comes after a pause of so many seconds."""
    note(engine, table, key, error=error, due_at=func.now() + timedelta(seconds=pause))


def give_up(engine: Engine, table: Table, key: int, error: str) -> None:
    """There are no more tries, unless somebody makes it due again."""
    note(engine, table, key, error=error, due_at=None)


def note(engine: Engine, table: Table, key: int, **values: Any) -> None:
    """What has become of a row, in a transaction of its own."""
    with engine.begin() as connection:
        connection.execute(update(table).where(key_of(table) == key).values(values))


def key_of(table: Table) -> Column:
    """The column that is the table's primary key."""
    (key,) = table.primary_key.columns
    return key

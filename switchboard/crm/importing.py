"""`python -m switchboard crm import FOLDER`: customers, products and orders from files into our own shop.

Again and again if wanted: what is there already is recognised by its e-mail address, name, SKU or number, and what happened
to it since is not undone. A bad row is reported and left out; the good ones stay.
"""

import re
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import func, select
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DataError, IntegrityError, OperationalError

from switchboard.crm.importing_files import records_of
from switchboard.crm.importing_records import BadRow, Record
from switchboard.crm.importing_rows import CustomerRow, OrderRow, ProductRow
from switchboard.crm.importing_sql import Refused, Stranger, write_customer, write_order, write_product
from switchboard.crm.text import plain_email
from switchboard.database.engine import make_engine
from switchboard.errors import BadImport
from switchboard.settings import Settings

ELEMENT = re.compile(r"\$\.\w+\[(\d+)\]")
AT_ONCE = 100
"""Records in a transaction. What they touch is locked until it ends."""
CANT_HOLD = "the database can't hold one of the values"


@dataclass(frozen=True)
class Sort:
    """A sort of file: what its rows hold, by which field they are told apart, which fields are lists, and how one is written."""

    row: type
    key: str
    lists: tuple[str, ...]
    write: Callable[[Connection, Any, datetime], bool]


SORTS = {
    "customers": Sort(CustomerRow, "email", ("payment_methods",), write_customer),
    "products": Sort(ProductRow, "name", ("variants",), write_product),
    "orders": Sort(OrderRow, "number", ("lines",), write_order),
}
"""In the order in which they need each other. Each may come as .json, .csv or both."""


@dataclass(frozen=True)
class Course:
    """What an import remembers on its way.

    Attributes:
        started: when, by the database's clock.
        taken: the file and row in which a key was found first.
        strangers: e-mail addresses that are somebody else's here.
    """

    started: datetime
    taken: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict)
    strangers: set[str] = field(default_factory=set)


@dataclass
class Report:
    """What became of a folder: how many records of each file were new, how many known, and what was left out."""

    new: Counter[str] = field(default_factory=Counter)
    known: Counter[str] = field(default_factory=Counter)
    bad: list[BadRow] = field(default_factory=list)

    def add(self, more: "Report") -> None:
        """What became of further records."""
        self.new.update(more.new)
        self.known.update(more.known)
        self.bad += more.bad


def run(settings: Settings, folder: Path) -> int:
    """Import and say what became of it; the exit code is 1 if something was left out."""
    report = import_folder(make_engine(settings, pool_size=1), folder)
    for file, count in report.new.items():
        print(f"{file}: {count} new, {report.known[file]} known")
    for bad in report.bad:
        print(bad, file=sys.stderr)
    return 1 if report.bad else 0


def import_folder(engine: Engine, folder: Path) -> Report:
    """Every file there is, some records at a time, so that customers who change something meanwhile hardly wait.

    Raises:
        BadImport: there is no such folder, or none of the files in it.
    """
    report, course = Report(), Course(now(engine))
    for path, sort in files_of(folder):
        report.new[path.name] = report.known[path.name] = 0
        records = records_of(path, sort.key, sort.lists)
        while some := list(islice(records, AT_ONCE)):
            report.add(persistently(partial(take_some, engine, sort, some, course)))
    return report


def now(engine: Engine) -> datetime:
    """By the database's clock."""
    with engine.connect() as connection:
        return connection.execute(select(func.now())).scalar_one()


def persistently(work: Callable[[], Report]) -> Report:
    """Once more if it was interrupted: by a deadlock with a customer's change, or too long a wait for one."""
    try:
        return work()
    except OperationalError:
        return work()


def take_some(engine: Engine, sort: Sort, records: list[Record | BadRow], course: Course) -> Report:
    """What became of the records, in one transaction."""
    report = Report()
    with engine.begin() as connection:
        for record in records:
            take(connection, sort, record, report, course)
    return report


def files_of(folder: Path) -> list[tuple[Path, Sort]]:
    paths = [(folder / f"{name}{end}", sort) for name, sort in SORTS.items() for end in (".json", ".csv")]
    there = [(path, sort) for path, sort in paths if path.is_file()]
    if not there:
        names = ", ".join(path.name for path, _ in paths)
        raise BadImport(f"{folder} has none of {names}.")
    return there


def take(connection: Connection, sort: Sort, record: Record | BadRow, report: Report, course: Course) -> None:
    """Write one record, or report why not."""
    if isinstance(record, BadRow):
        report.bad.append(record)
        return
    try:
        row: Any = msgspec.convert(record.values, sort.row, strict=False)
        refuse_twice(course, sort.key, getattr(row, sort.key), record)
        refuse_of_stranger(course, row)
        with connection.begin_nested():
            counts = report.new if sort.write(connection, row, course.started) else report.known
        counts[record.file] += 1
    except msgspec.ValidationError as error:
        report.bad.append(BadRow(record.file, row_of(record, str(error)), str(error)))
    except Refused as error:
        if isinstance(error, Stranger):
            course.strangers.add(plain_email(row.email))
        report.bad.append(BadRow(record.file, record.rows[0], str(error)))
    except (IntegrityError, DataError) as error:
        report.bad.append(BadRow(record.file, record.rows[0], rule_of(error)))
    except ValueError:  # the driver refuses NUL and lone surrogates
        report.bad.append(BadRow(record.file, record.rows[0], CANT_HOLD))


def refuse_of_stranger(course: Course, row: Any) -> None:
    """
    Raises:
        Refused: it is an order that would come to whoever has its customer's e-mail address here.
    """
    if isinstance(row, OrderRow) and plain_email(row.email) in course.strangers:
        raise Refused("the customer with this email is a bad row")


def refuse_twice(course: Course, name: str, key: str, record: Record) -> None:
    """A second record of a key would be dropped as known.

    Raises:
        Refused: it has been in this import already.
    """
    here = record.file, record.rows[0]
    file, row = course.taken.setdefault((name, plain_email(key) if name == "email" else key), here)
    if (file, row) != here:
        raise Refused(f"the same {name} is in {file}, row {row}")


def row_of(record: Record, error: str) -> int:
    """The row of the list's element that the error is about, else the record's first."""
    found = ELEMENT.search(error)
    place = int(found[1]) if found else 0
    return record.rows[place] if place < len(record.rows) else record.rows[0]


def rule_of(error: IntegrityError | DataError) -> str:
    """Which of the database's rules it breaks; never the values."""
    rule = error.orig.diag.constraint_name
    return f"the database doesn't allow it ({rule})" if rule else CANT_HOLD

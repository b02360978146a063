"""Files of customers, products and orders, as records: JSON lists, or CSV with a column a field.

A CSV column is named by its path, `address.city`. Fields of a list (`lines.sku`) take a row an element: rows that follow
each other with the same key are one record. An empty cell is a field that isn't there.
"""

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Record:
    """One customer, product or order of a file. `rows` are the rows it came from: of JSON the place in the list, of CSV the lines."""

    file: str
    rows: tuple[int, ...]
    values: Any


@dataclass(frozen=True)
class BadRow:
    """A row that was left out, and why. `row` is None if the whole file can't be read."""

    file: str
    row: int | None
    reason: str

    def __str__(self) -> str:
        where = f"{self.file}, row {self.row}" if self.row else self.file
        return f"{where}: {self.reason}"


def records_of(path: Path, key: str, lists: tuple[str, ...]) -> Iterator[Record | BadRow]:
    """The file's records; a file that can't be read is one bad row."""
    try:
        yield from (from_csv(path, key, lists) if path.suffix == ".csv" else from_json(path))
    except UnicodeDecodeError as error:
        yield BadRow(path.name, None, f"not UTF-8 at byte {error.start}")
    except json.JSONDecodeError as error:
        yield BadRow(path.name, None, f"not JSON at line {error.lineno}, column {error.colno}: {error.msg}")
    except (csv.Error, RecursionError) as error:
        yield BadRow(path.name, None, f"can't be read: {error}")


def from_json(path: Path) -> Iterator[Record | BadRow]:
    values = json.loads(path.read_text(encoding="utf-8-sig"), parse_float=Decimal)
    if not isinstance(values, list):
        yield BadRow(path.name, None, "a list is needed: [{…}, {…}]")
        return
    for number, value in enumerate(values, 1):
        yield Record(path.name, (number,), value)


def from_csv(path: Path, key: str, lists: tuple[str, ...]) -> Iterator[Record | BadRow]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        problem = wrong_columns(reader.fieldnames or [], key)
        if problem:
            yield BadRow(path.name, None, problem)
            return
        numbered = ((reader.line_num, row) for row in reader if any(row.values()))
        for _, rows in groupby(numbered, key=lambda row: row[1][key]):
            yield from merged(path.name, list(rows), lists)


def wrong_columns(columns: Sequence[str], key: str) -> str | None:
    """Why these can't be the columns of a file."""
    if key not in columns:
        return f"there is no column {key!r}"
    if len(set(columns)) < len(columns):
        return "a column is there twice"
    mixed = [column for column in columns if any(other.startswith(f"{column}.") for other in columns)]
    return f"column {mixed[0]!r} has parts of its own" if mixed else None


def merged(file: str, rows: list[tuple[int, dict[str, str]]], lists: tuple[str, ...]) -> Iterator[Record | BadRow]:
    """The rows of one key as one record, or as bad rows if they don't fit together."""
    too_long = [number for number, row in rows if None in row]
    if too_long:
        yield from (BadRow(file, number, "more cells than columns") for number in too_long)
        return
    nested = [(number, nest(row)) for number, row in rows]
    whole, *others = [{name: value for name, value in row.items() if name not in lists} for _, row in nested]
    for (number, _), other in zip(nested[1:], others, strict=True):
        if any(whole.get(name) != value for name, value in other.items()):
            yield BadRow(file, number, "differs from the row before in more than its list; nothing of both is taken")
            return
    elements = {name: [row[name] for _, row in nested if name in row] for name in lists}
    values = whole | {name: found for name, found in elements.items() if found}
    yield Record(file, tuple(number for number, _ in rows), values)


def nest(row: dict[str, str]) -> Json:
    """`{"address.city": "Leeds"}` as `{"address": {"city": "Leeds"}}`, without empty cells."""
    result: Json = {}
    for path, cell in row.items():
        *parents, name = path.strip().split(".")
        if cell is not None and cell.strip():
            inner = result
            for parent in parents:
                inner = inner.setdefault(parent, {})
            inner[name] = cell.strip()
    return result

"""Records from CSV.

A column is named by its path, `address.city`. Fields of a list (`lines.sku`) take a row an element: rows with the same key
are one record, wherever they are. An empty cell is a field that isn't there.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from switchboard.crm.importing_records import BadRow, Record


class CutShort(Exception):
    """A CSV file can't be read from the row on that begins at this line."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line


@dataclass(frozen=True)
class Row:
    """A line of a CSV file with its cells by column; `fault` says why it can't be used."""

    line: int
    cells: dict[str, str]
    fault: str | None


def from_csv(path: Path, key: str, lists: tuple[str, ...]) -> Iterator[Record | BadRow]:
    """The file is read twice, so that a record's rows are held only until its last one has come."""
    problem = wrong_columns(columns_of(path), key)
    if problem:
        yield BadRow(path.name, None, problem)
        return
    counts = rows_by_key(path, key)
    held: dict[str, list[Row]] = {}
    try:
        for row in rows_of(path):
            name = row.cells.get(key, "")
            held.setdefault(name, []).append(row)
            if len(held[name]) == counts[name] or not name:
                yield from merged(path.name, held.pop(name), lists)
    except CutShort as error:
        yield BadRow(path.name, error.line, f"can't be read from here on: {error}")
    for rows in held.values():
        yield BadRow(path.name, rows[0].line, "goes on where the file can't be read")


def columns_of(path: Path) -> list[str]:
    with opened(path) as file:
        try:
            return [column.strip() for column in next(csv.reader(file, strict=True), [])]
        except csv.Error:
            return []


def wrong_columns(columns: Sequence[str], key: str) -> str | None:
    """Why these can't be the columns of a file."""
    if key not in columns:
        return f"there is no column {key!r}"
    if len(set(columns)) < len(columns):
        return "a column is there twice"
    mixed = [column for column in columns if any(other.startswith(f"{column}.") for other in columns)]
    return f"column {mixed[0]!r} has parts of its own" if mixed else None


def rows_by_key(path: Path, key: str) -> Counter[str]:
    """How many rows each key has: one more than can be read if it is found again where the file can't be read."""
    counts: Counter[str] = Counter()
    try:
        counts.update(row.cells.get(key, "") for row in rows_of(path))
    except CutShort as error:
        with opened(path) as file:
            unread = (cell.strip() for line in islice(file, error.line - 1, None) for cell in re.split('[",]', line))
            counts.update({cell for cell in unread if cell in counts})
    return counts


def rows_of(path: Path) -> Iterator[Row]:
    """The rows below the columns that have any cell filled.

    Raises:
        CutShort: the rest can't be read.
    """
    with opened(path) as file:
        reader = csv.reader(file, strict=True)
        begins = 1
        try:
            columns = [column.strip() for column in next(reader, [])]
            begins = reader.line_num + 1
            for cells in reader:
                if any(map(str.strip, cells)):
                    yield row_at(begins, columns, cells)
                begins = reader.line_num + 1
        except csv.Error as error:
            raise CutShort(begins, str(error)) from None


def opened(path: Path) -> TextIO:
    """What isn't UTF-8 is let through, as lone surrogates, so that it can be told which row it is in."""
    return path.open(encoding="utf-8-sig", errors="surrogateescape", newline="")


def row_at(line: int, columns: list[str], cells: list[str]) -> Row:
    values = [cell.strip() for cell in cells]
    return Row(line, dict(zip(columns, values, strict=False)), fault_of(columns, cells))


def fault_of(columns: list[str], cells: list[str]) -> str | None:
    if len(cells) > len(columns):
        return "more cells than columns"
    try:
        "".join(cells).encode()
    except UnicodeEncodeError:
        return "not UTF-8"
    return None


def merged(file: str, rows: list[Row], lists: tuple[str, ...]) -> Iterator[Record | BadRow]:
    """The rows of one key as one record, or as bad rows if they don't fit together."""
    faulty = [BadRow(file, row.line, row.fault) for row in rows if row.fault]
    if faulty:
        yield from faulty
        return
    nested = [nest(row.cells) for row in rows]
    whole, *others = [{name: value for name, value in values.items() if name not in lists} for values in nested]
    for row, other in zip(rows[1:], others, strict=True):
        if any(whole.get(name) != value for name, value in other.items()):
            reason = f"differs from row {rows[0].line} in more than its list; nothing of both is taken"
            yield BadRow(file, row.line, reason)
            return
    elements = {name: [values[name] for values in nested if name in values] for name in lists}
    yield Record(
        file, tuple(row.line for row in rows), whole | {name: found for name, found in elements.items() if found}
    )


def nest(row: dict[str, str]) -> dict[str, Any]:
    """`{"address.city": "Leeds"}` as `{"address": {"city": "Leeds"}}`, without empty cells."""
    result: dict[str, Any] = {}
    for path, cell in row.items():
        *parents, name = path.split(".")
        if cell:
            inner = result
            for parent in parents:
                inner = inner.setdefault(parent, {})
            inner[name] = cell
    return result

"""Files of customers, products and orders, as records: JSON lists, or CSV with a column a field."""

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from switchboard.crm.importing_csv import from_csv
from switchboard.crm.importing_records import BadRow, Record

BEYOND = Decimal("Infinity")
"""Stands for a number that Python doesn't read; no field takes it."""


def records_of(path: Path, key: str, lists: tuple[str, ...]) -> Iterator[Record | BadRow]:
    """The file's records; a file that can't be read is one bad row."""
    try:
        yield from (from_csv(path, key, lists) if path.suffix == ".csv" else from_json(path))
    except UnicodeDecodeError as error:
        yield BadRow(path.name, None, f"not UTF-8 at byte {error.start}")
    except json.JSONDecodeError as error:
        yield BadRow(path.name, None, f"not JSON at line {error.lineno}, column {error.colno}: {error.msg}")
    except (OSError, RecursionError) as error:
        yield BadRow(path.name, None, f"can't be read: {error}")


def from_json(path: Path) -> Iterator[Record | BadRow]:
    text = path.read_text(encoding="utf-8-sig")
    values = json.loads(text, parse_int=partial(number, int), parse_float=partial(number, Decimal))
    if not isinstance(values, list):
        yield BadRow(path.name, None, "a list is needed: [{…}, {…}]")
        return
    for place, value in enumerate(values, 1):
        yield Record(path.name, (place,), value)


def number(read: Callable[[str], Any], text: str) -> Any:
    try:
        return read(text)
    except (ValueError, ArithmeticError):  # thousands of digits, or an exponent as long
        return BEYOND

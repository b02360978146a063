"""What the files of an import come to: records, and rows that were left out."""

from dataclasses import dataclass
from typing import Any


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

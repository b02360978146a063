"""The env file: what the launcher generates, beside the user's own lines."""

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

from switchboard.errors import StartError

HEADING = "# Written by `make run`; other lines of this file are yours and are kept."


def update(path: Path, values: Mapping[str, str]) -> None:
    """Set `values` in the file, keep every other line, and let only the owner read it.

    Raises:
        StartError: the file can't be written.
    """
    try:
        before = path.read_text(encoding="utf-8") if path.exists() else f"{HEADING}\n"
        _replace(path.resolve(), "".join(f"{line}\n" for line in merge(before.splitlines(), values)))
    except OSError as error:
        raise StartError(f"The file {path} can't be written: {error.strerror}.") from error


def merge(lines: list[str], values: Mapping[str, str]) -> list[str]:
    """`lines` with each of `values` on the line that had its name, new names at the end."""
    left = dict(values)
    merged = []
    for line in lines:
        name = line.partition("=")[0].strip()
        if name not in values:
            merged.append(line)
        elif name in left:
            merged.append(_assignment(name, left.pop(name)))
    return merged + [_assignment(name, value) for name, value in left.items()]


def _assignment(name: str, value: str) -> str:
    """A line that this project and every shell read alike."""
    return f"{name}={shlex.quote(value)}"


def _replace(path: Path, text: str) -> None:
    """Write all or nothing."""
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)

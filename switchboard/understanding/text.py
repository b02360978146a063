"""A message's text as the models read it."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 1000  # characters read for the intent; what a customer wants is said by then

_QUOTES = str.maketrans({"’": "'", "‘": "'", "`": "'", "“": '"', "”": '"', "–": "-", "—": "-"})
_REPEATED = re.compile(r"(.)\1{2,}")
_SPACES = re.compile(r"\s+")


def tidy(text: str) -> str:
    """One line, at most `LONGEST` characters, with plain quotes and without control characters."""
    text = unicodedata.normalize("NFKC", text[: 2 * LONGEST]).translate(_QUOTES)
    text = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in text)
    return _SPACES.sub(" ", text).strip()[:LONGEST]


def fold(text: str) -> str:
    """Tidied, lower case, digits alike, letters repeated for emphasis kept twice ("sooo" → "soo")."""
    folded = _REPEATED.sub(r"\1\1", tidy(text).lower())
    return "".join("0" if c.isdigit() else c for c in folded)

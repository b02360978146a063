"""A message's text as the models read it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

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


# Which product or city it is says nothing about what is wanted, and rare names mislead.
STAND_INS = {
    "product": "frying pan",
    "person_name": "John Smith",
    "city": "Chicago",
    "country": "Germany",
    "order_number": "#12345",
    "invoice_number": "INV-2026-004711",
    "email": "john@example.com",
    "phone": "202 555 0142",
    "money": "$20",
}


def with_stand_ins(text: str, spans: Iterable[tuple[str, int, int]]) -> str:
    """The text with each entity (kind, start, end) replaced by the same one of its kind."""
    for kind, start, end in sorted(spans, key=lambda span: -span[1]):
        if kind in STAND_INS:
            text = text[:start] + STAND_INS[kind] + text[end:]
    return text

"""What the training data says about entities, apart from the marks in its examples."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")


@dataclass
class Patterns:
    """What the training data says: expressions and lists by entity, and the words customers use."""

    expressions: dict[str, list[str]]
    lists: dict[str, list[str]]
    words: list[str]  # lower case, that are no part of a name in the training data


def words_outside_names(examples: Iterable[tuple[str, Iterable[tuple[str, int, int]]]]) -> list[str]:
    """Every word of the examples (text, spans) that is no part of a person's name or an address, in lower case."""
    words: set[str] = set()
    for text, spans in examples:
        for kind, start, end in spans:
            if kind in ("person_name", "email"):
                text = text[:start] + " " * (end - start) + text[end:]
        words.update(word.lower() for word in _WORD.findall(text))
    return sorted(words)

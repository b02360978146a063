"""Words and phrases, and whether a text has them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

NEVER = re.compile(r"(?!)")


@dataclass(frozen=True)
class Words:
    """Words and phrases, whole and in any case, and with or without their apostrophes. One that ends in `*` stands for
    every word that begins so, `*` by itself for any word.

    >>> Words(["bill*", "log in", "gave * a shock"]).found("My  BILLING: I can't log\\nin. It gave me a shock")
    ['BILLING', 'log\\nin', 'gave me a shock']
    """

    words: Iterable[str] = ()
    _pattern: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        each = sorted((_pattern_of(word) for word in self.words), key=len, reverse=True)
        pattern = re.compile(rf"(?<!\w)(?:{'|'.join(each)})(?!\w)", re.IGNORECASE) if each else NEVER
        object.__setattr__(self, "_pattern", pattern)

    def found(self, text: str) -> list[str]:
        """What of the text they are, in its order."""
        return self._pattern.findall(plain(text))

    def without(self, text: str) -> str:
        """The text with what they are cut out."""
        return self._pattern.sub(" ", plain(text))


def plain(text: str) -> str:
    """The text with the apostrophe that a keyboard has, whichever was typed."""
    return text.replace("’", "'").replace("‘", "'").replace("`", "'")


def _pattern_of(phrase: str) -> str:
    return r"\s+".join(map(_word, plain(phrase).split()))


def _word(word: str) -> str:
    if word == "*":
        return r"[\w']+"
    stem = re.escape(word.removesuffix("*")).replace("'", "'?")
    return stem + (r"\w*" if word.endswith("*") else "")

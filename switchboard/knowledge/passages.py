"""Articles in pieces that a customer can be answered with, and that an embedding can stand for."""

import re
from collections.abc import Iterator
from itertools import groupby

WORDS = 60
"""About so many in a passage. A longer one says several things, and its embedding none of them."""

SENTENCE = re.compile(r"(?<=[.!?])(?<!\b[A-Za-z]\.)[\"')\]]*\s+(?=[^\s.,;])")
PARAGRAPH = re.compile(r"\n\s*\n")


def split(body: str, words: int = WORDS) -> list[str]:
    """The text in passages of whole sentences, in order, of about `words` words and as even as sentences allow.

    Only a sentence that is longer by itself is cut. Between paragraphs there is an empty line.
    """
    sentences = [part for sentence in sentences_of(body) for part in cut(sentence, words)]
    total = sum(map(count, sentences))
    fair = total / max(1, round(total / words + 0.3))
    return ["".join(s for _, s in passage).strip() for _, passage in groupby(placed(sentences, fair), lambda p: p[0])]


def placed(sentences: list[str], fair: float) -> Iterator[tuple[int, str]]:
    """Each sentence with the number of the passage in which its middle falls."""
    before = 0
    for sentence in sentences:
        yield int((before + count(sentence) / 2) / fair), sentence
        before += count(sentence)


def sentences_of(body: str) -> list[str]:
    """Each sentence with the space that joins it to the one before."""
    found = []
    for paragraph in filter(None, map(str.strip, PARAGRAPH.split(body))):
        first, *others = SENTENCE.split(paragraph)
        found += ["\n\n" + first, *(" " + sentence for sentence in others)]
    return found


def cut(sentence: str, most: int) -> list[str]:
    """A sentence as it is, or in pieces of `most` words."""
    words = sentence.split()
    if len(words) <= most:
        return [sentence]
    return [" " + " ".join(words[n : n + most]) for n in range(0, len(words), most)]


def count(text: str) -> int:
    return len(text.split())

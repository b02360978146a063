"""Misspelt and run-on words, put right by the words that the training data uses."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

_WORD = re.compile(r"[^\W\d_]{4,}")
_LETTERS = re.compile(r"[^\W\d_]+")
LONGEST_WORD = 30
LETTERS_FOR_TWO_SLIPS = 8
_BEGINNING = re.compile(r"^(?:un|re|de|dis|mis|non|pre|over)(?=\w{4})")
_ENDINGS = ["s", "es", "d", "ed", "ing", "ly", "er", "able"]
_CONTRACTIONS = frozenset(
    [
        "dont",
        "cant",
        "wont",
        "isnt",
        "didnt",
        "doesnt",
        "wasnt",
        "hasnt",
        "havent",
        "couldnt",
        "wouldnt",
        "shouldnt",
        "arent",
        "werent",
        "thats",
        "whats",
        "wheres",
    ]
)
OFTEN = 5  # a word used this often is one, whatever a dictionary says


class Speller:
    """Corrects a word only when it is in no dictionary and close to a word of the training data.

    The words of the training data that are in the dictionary, or frequent, are what can be meant.
    """

    def __init__(self, counts: Counter[str], dictionary: frozenset[str]) -> None:
        self.counts = Counter({w: n for w, n in counts.items() if w in dictionary or n >= OFTEN})
        self.dictionary = dictionary
        self._shortened = _index(self.counts)
        self._total = sum(self.counts.values()) or 1
        self.corrected = lru_cache(maxsize=20_000)(self._corrected)

    @classmethod
    def fit(cls, texts: Iterable[str], dictionary: frozenset[str]) -> Speller:
        return cls(Counter(word for text in texts for word in _LETTERS.findall(text.lower())), dictionary)

    def correct(self, text: str) -> str:
        """The text with its misspelt words replaced, everything else as it was."""
        return _WORD.sub(lambda match: self.corrected(match.group().lower()) or match.group(), text)

    def legible(self, text: str) -> float:
        """The share of its words that are words, 0 to 1; 1 without a dictionary, for then nobody can say."""
        words = _LETTERS.findall(self.correct(text).lower())
        return sum(map(self._is_word, words)) / len(words) if words and self.dictionary else 1.0

    def _corrected(self, word: str) -> str | None:
        """What is meant by a word in lower case; None where it is a word or nothing is near."""
        if len(word) > LONGEST_WORD or not word.isascii() or self._is_word(word):
            return None
        slips = 2 if len(word) >= LETTERS_FOR_TWO_SLIPS else 1
        return self._nearest(word, 1) or self._split(word) or (self._nearest(word, 2) if slips == 2 else None)

    def _is_word(self, word: str) -> bool:
        """It is known, or made of a known word: "refunds", "unlocking", "dont"."""
        bare = _BEGINNING.sub("", word)
        stems = {stem for w in (word, bare) for ending in _ENDINGS if w.endswith(ending) for stem in _stems(w, ending)}
        return word in _CONTRACTIONS or any(w in self.counts or w in self.dictionary for w in {word, bare, *stems})

    def _nearest(self, word: str, slips: int) -> str | None:
        near = {w for short in _shortenings(word, slips) for w in self._shortened.get(short, ())}
        near = {w for w in near if distance(word, w) <= slips}
        return max(near, key=lambda w: (w[0] == word[0], self.counts[w], w)) if near else None

    def _split(self, word: str) -> str | None:
        """ "trackmyorder" → "track my order": the likeliest of the ways to cut it into known words."""
        best: list[tuple[float, list[str]]] = [(0.0, [])]
        for end in range(1, len(word) + 1):
            options = [
                (
                    best[start][0] + math.log(self.counts[word[start:end]] / self._total),
                    [*best[start][1], word[start:end]],
                )
                for start in range(max(0, end - 15), end)
                if word[start:end] in self.counts and (end - start > 1 or word[start:end] in "ai")
            ]
            best.append(max(options, default=(-math.inf, [])))
        score, pieces = best[-1]
        found = score > -math.inf and 2 <= len(pieces) <= 5 and len(word) / len(pieces) >= 3
        return " ".join(pieces) if found else None


def _stems(word: str, ending: str) -> set[str]:
    """What the ending may have been put to: "cancelling" → "cancell", "cancel", "cancelle"."""
    stem = word[: -len(ending)]
    stems = {stem, stem + "e"} | ({stem[:-1]} if stem[-1:] == stem[-2:-1] else set())
    return {s for s in stems if len(s) > 3}


def _index(words: Iterable[str]) -> dict[str, list[str]]:
    """Words by what is left of them after up to two deletions, as in symmetric-delete search."""
    index: dict[str, list[str]] = {}
    for word in words:
        for short in _shortenings(word, 2 if len(word) >= LETTERS_FOR_TWO_SLIPS - 1 else 1):
            index.setdefault(short, []).append(word)
    return index


def _shortenings(word: str, deletions: int) -> set[str]:
    found = {word}
    if len(word) < 3:
        return found
    last = found
    for _ in range(deletions):
        last = {w[:i] + w[i + 1 :] for w in last for i in range(len(w))}
        found = found | last
    return found


def distance(a: str, b: str) -> int:
    """Letters to insert, delete, replace or swap with their neighbour (optimal string alignment)."""
    rows = [list(range(len(b) + 1))]
    for i, left in enumerate(a, 1):
        row = [i]
        for j, right in enumerate(b, 1):
            cost = min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (left != right))
            if i > 1 and j > 1 and left == b[j - 2] and a[i - 2] == right:
                cost = min(cost, rows[-2][j - 2] + 1)
            row.append(cost)
        rows.append(row)
    return rows[-1][-1]


def plain_words(vocabulary: Iterable[str]) -> frozenset[str]:
    """The words of a tokeniser's vocabulary that are whole and of letters, as a dictionary."""
    return frozenset(word for word in vocabulary if len(word) > 2 and word.isascii() and word.isalpha())

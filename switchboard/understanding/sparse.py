"""The fast stage: words and character n-grams weighted by TF-IDF, and a linear classifier on them."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.svm import LinearSVC

from switchboard.understanding.text import fold

Floats = NDArray[np.float32]

_WORD = re.compile(r"\w+(?:'\w+)?")
CHARACTERS = (2, 3, 4, 5)
WORD_PAIR, CHARACTER_GRAM = "\t", "\n"  # marks in front of a term that say its kind


def words_of(text: str) -> list[str]:
    return _WORD.findall(fold(text))


def terms_of(words: Sequence[str]) -> tuple[Counter[str], Counter[str]]:
    """Words and pairs of neighbours, and the character n-grams inside each padded word."""
    pairs = (WORD_PAIR + a + " " + b for a, b in itertools.pairwise(words))
    return Counter([*words, *pairs]), Counter(_grams(words))


def _grams(words: Iterable[str]) -> Iterable[str]:
    for word in words:
        padded = f" {word} "
        for size in CHARACTERS:
            for start in range(max(1, len(padded) - size + 1)):
                yield CHARACTER_GRAM + padded[start : start + size]


@dataclass
class Vectoriser:
    """Terms to columns. The two blocks of a row (words, characters) have length one each."""

    columns: dict[str, int]
    idf: Floats

    @classmethod
    def fit(cls, texts: Sequence[str]) -> Vectoriser:
        """Learn the terms of these texts. Of many texts, a term in one alone is left out."""
        seen: Counter[str] = Counter()
        for text in texts:
            for block in terms_of(words_of(text)):
                seen.update(block.keys())
        least = 2 if len(texts) > 3000 else 1
        kept = sorted(term for term, count in seen.items() if count >= least or term[0] not in "\t\n")
        counts = np.array([seen[term] for term in kept], np.float32)
        idf = np.log((1 + len(texts)) / (1 + counts)) + 1
        return cls({term: column for column, term in enumerate(kept)}, idf.astype(np.float32))

    def row(self, words: Sequence[str]) -> tuple[NDArray[np.int32], Floats]:
        """The columns that are set and their values."""
        blocks = [self._block(block) for block in terms_of(words)]
        return np.concatenate([c for c, _ in blocks]), np.concatenate([v for _, v in blocks])

    def _block(self, counts: Counter[str]) -> tuple[NDArray[np.int32], Floats]:
        known = [(self.columns[term], n) for term, n in counts.items() if term in self.columns]
        if not known:
            return np.zeros(0, np.int32), np.zeros(0, np.float32)
        columns = np.array([column for column, _ in known], np.int32)
        values = (1 + np.log([n for _, n in known])).astype(np.float32) * self.idf[columns]
        return columns, values / np.float32(np.sqrt(values @ values))

    def matrix(self, texts: Sequence[str]) -> csr_matrix:
        """One row a text, shape (len(texts), len(self.columns))."""
        rows = [self.row(words_of(text)) for text in texts]
        ends = np.cumsum([0, *(len(columns) for columns, _ in rows)])
        return csr_matrix(
            (np.concatenate([v for _, v in rows]), np.concatenate([c for c, _ in rows]), ends),
            shape=(len(texts), len(self.columns)),
        )

    def familiarity(self, words: Sequence[str]) -> float:
        """The share of the words seen in training, rare ones counting more (by idf); 0 to 1."""
        rarest = float(self.idf.max(initial=1.0))
        weights = [self.idf[self.columns[word]] if word in self.columns else rarest for word in words]
        known = sum(w for w, word in zip(weights, words, strict=True) if word in self.columns)
        return float(known / sum(weights)) if words else 0.0


@dataclass
class SparseModel:
    """One score an intent for a text; higher is likelier."""

    vectoriser: Vectoriser
    weights: Floats  # (terms, intents): the rows of a message's terms are all that is read
    bias: Floats

    @classmethod
    def fit(cls, texts: Sequence[str], labels: NDArray[np.int64], intents: int, strength: float) -> SparseModel:
        """`labels` index the intents; an intent without an example scores what none can undercut."""
        vectoriser = Vectoriser.fit(texts)
        return cls(vectoriser, *linear_classifier(vectoriser.matrix(texts), labels, intents, strength))

    def scores(self, words: Sequence[str]) -> Floats:
        columns, values = self.vectoriser.row(words)
        scores: Floats = values @ self.weights[columns] + self.bias
        return scores


ABSENT = -5.0  # the score of an intent that was not there to be learnt


def linear_classifier(
    matrix: csr_matrix, labels: NDArray[np.int64], intents: int, strength: float
) -> tuple[Floats, Floats]:
    """One-against-the-rest squared-hinge weights (columns, intents) and bias (intents)."""
    present = np.unique(labels)
    weights = np.zeros((matrix.shape[1], intents), np.float32)
    bias = np.full(intents, ABSENT, np.float32)
    if len(present) == 1:
        bias[present] = 1.0
        return weights, bias
    model = LinearSVC(C=strength, random_state=0).fit(matrix, labels)
    two = len(present) == 2
    weights[:, present] = (np.vstack([-model.coef_, model.coef_]) if two else model.coef_).T
    bias[present] = np.concatenate([-model.intercept_, model.intercept_]) if two else model.intercept_
    return weights, bias

"""The second stage: a linear classifier and the nearest examples in the encoder's space."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

Floats = NDArray[np.float32]

ABSENT = -50.0  # the logit of an intent that was not there to be learnt
KEPT = 4000  # examples kept for the nearest ones: 6 MB, a third of a millisecond a message
NEAREST = 3
STEPS = 80


@dataclass
class DenseModel:
    """One logit an intent for an embedding, and how near the known examples are."""

    weights: Floats  # (dimension, intents)
    bias: Floats
    examples: Floats  # (kept, dimension), unit length
    labels: NDArray[np.int64]

    @classmethod
    def fit(cls, vectors: Floats, labels: NDArray[np.int64], intents: int, strength: float) -> DenseModel:
        present = np.unique(labels)
        weights = np.zeros((vectors.shape[1], intents), np.float32)
        bias = np.full(intents, ABSENT, np.float32)
        if len(present) == 1:
            bias[present] = 0.0
        else:
            weights[:, present], bias[present] = _logistic(vectors, labels, strength)
        kept = np.random.default_rng(0).permutation(len(vectors))[:KEPT]
        return cls(weights, bias, np.ascontiguousarray(vectors[kept], np.float32), labels[kept])

    def logits(self, vectors: Floats) -> Floats:
        logits: Floats = vectors @ self.weights + self.bias
        return logits

    def nearness(self, vectors: Floats) -> tuple[Floats, NDArray[np.int64]]:
        """Cosines to the nearest examples, (n, 3) falling, and the nearest one's intent."""
        cosines = vectors @ self.examples.T
        count = min(NEAREST, cosines.shape[1])
        near = np.argpartition(-cosines, count - 1, axis=1)[:, :count]
        values = np.take_along_axis(cosines, near, axis=1)
        order = np.argsort(-values, axis=1)
        best = self.labels[np.take_along_axis(near, order, axis=1)[:, 0]]
        values = np.take_along_axis(values, order, axis=1)
        return np.pad(values, ((0, 0), (0, NEAREST - count)), mode="edge"), best


def _logistic(vectors: Floats, labels: NDArray[np.int64], strength: float) -> tuple[Floats, Floats]:
    with warnings.catch_warnings():  # stopping early is meant: the last steps cost most and change nothing
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = LogisticRegression(C=strength, max_iter=STEPS, tol=1e-3).fit(vectors, labels)
    if len(model.classes_) == 2:
        return np.vstack([-model.coef_, model.coef_]).T / 2, np.concatenate([-model.intercept_, model.intercept_]) / 2
    return model.coef_.T, model.intercept_

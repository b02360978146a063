"""A small logistic regression from evidence about a decision to the probability that it is right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression


@dataclass
class Gate:
    """Probability = sigmoid(weights · (features - mean) / spread + bias)."""

    mean: NDArray[np.float64]
    spread: NDArray[np.float64]
    weights: NDArray[np.float64]
    bias: float

    @classmethod
    def fit(cls, features: NDArray[Any], right: NDArray[np.bool_], weight: NDArray[Any]) -> Gate:
        """Features (n, k), whether each was right, and how much each counts."""
        if right.all() or not right.any():
            return cls.constant(features.shape[1], 0.95 if right.all() else 0.05)
        mean, spread = features.mean(0), features.std(0) + 1e-6
        model = LogisticRegression(C=1.0, max_iter=1000)
        model.fit((features - mean) / spread, right, sample_weight=weight)
        return cls(mean, spread, model.coef_[0], float(model.intercept_[0]))

    @classmethod
    def constant(cls, size: int, probability: float) -> Gate:
        bias = float(np.log(probability / (1 - probability)))
        return cls(np.zeros(size), np.ones(size), np.zeros(size), bias)

    def probability(self, features: NDArray[Any]) -> NDArray[np.float64]:
        logit = (features - self.mean) / self.spread @ self.weights + self.bias
        return np.asarray(1 / (1 + np.exp(-np.clip(logit, -30, 30))), np.float64)

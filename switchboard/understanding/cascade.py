"""A message's intent in two stages: words first, the sentence's embedding only when they leave a doubt.

Both stages end in calibrated probabilities: that the winning intent is right, and that the message is
in scope at all. They are learnt from messages that the models had not seen in training: each fold
leaves out a part of the examples and, for the question of scope, a part of the intents entirely.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp, softmax

from switchboard.understanding.dense import DenseModel
from switchboard.understanding.gate import Gate
from switchboard.understanding.sparse import SparseModel, words_of
from switchboard.understanding.spelling import Speller
from switchboard.understanding.text import tidy

Floats = NDArray[np.float32]
Encode = Callable[[Sequence[str]], Floats]

OUT_OF_SCOPE = "out_of_scope"
FAST, BOTH, NONE = "fast", "both", "none"
MIXES: list[dict[str, float]] = [  # of the models in the second stage; training takes the one that is right most often
    dict(zip(("joint", "dense", "sparse"), weights, strict=True))
    for weights in [(1, 1, 0), (1, 1, 1), (2, 1, 1), (2, 1, 0), (1, 0, 1), (1, 0, 0)]
]
FAST_FEATURES, BOTH_FEATURES = 7, 12  # that the stages' gates are given


@dataclass(frozen=True)
class Classification:
    """The intents, likeliest first, with calibrated probabilities, and how they were found."""

    ranking: list[tuple[str, float]]
    stage: str  # FAST, BOTH, or NONE when there was nothing to classify
    in_scope: float  # probability that the message is about something we know


@dataclass
class Options:
    """What can be set in config.yml."""

    sparse_strength: float = 1.0
    joint_strength: float = 3.0
    dense_strength: float = 30.0
    sparse_weight: float = 0.4  # of a TF-IDF block against the embedding's length of one
    scope_threshold: float | None = None  # out of scope below this probability; None: chosen in training
    scope_loss: float = 0.02  # right answers that the choice may give up as out of scope
    tolerance: float = 0.001  # accuracy that the fast path may cost on held-out messages
    threshold: float | None = None  # fast path at or above; None: chosen in training


@dataclass
class Report:
    """What training found out on held-out messages."""

    examples: int = 0
    intents: int = 0
    threshold: float = 1.0
    fast_share: float = 0.0
    accuracy: float = 0.0
    fast_accuracy: float = 0.0
    scope_threshold: float = 0.5

    def __str__(self) -> str:
        """One line for the training's output."""
        if not self.examples:
            return "Fast path: too few examples to choose a threshold."
        share, right = (f"{100 * value:.0f} %" for value in (self.fast_share, self.fast_accuracy))
        return f"Fast path from {self.threshold:.2f}: {share} of held-out messages, {right} right."


@dataclass
class Cascade:
    """Trained by `fit`, asked by `classify`. `encode` may be None: then the first stage decides all."""

    intents: list[str]
    sparse: SparseModel
    joint: SparseModel | None
    dense: DenseModel | None
    gates: dict[str, Gate]
    scales: dict[str, float]
    threshold: float
    options: Options = field(default_factory=Options)
    encode: Encode | None = None
    speller: Speller = field(default_factory=lambda: Speller(Counter(), frozenset()))
    mix: dict[str, float] = field(default_factory=lambda: dict(MIXES[0]))
    report: Report = field(default_factory=Report)

    @classmethod
    def fit(
        cls,
        texts: Sequence[str],
        intents: Sequence[str],
        encode: Encode | None,
        options: Options | None = None,
        dictionary: frozenset[str] = frozenset(),
    ) -> Cascade:
        """Train both stages, their calibration and the threshold. Texts and intents are aligned.

        A word in the dictionary is never taken for a misspelt one.
        """
        from switchboard.understanding.training import fit_cascade

        return fit_cascade(texts, intents, encode, options or Options(), dictionary)

    def classify(self, text: str) -> Classification:
        """The intent of one message. A message without a word in it has none."""
        text = self.speller.correct(tidy(text))
        words = words_of(text)
        if not words:
            return Classification([], NONE, 0.0)
        scores = self.sparse.scores(words)[None]
        known = np.array([self.sparse.vectoriser.familiarity(words)])
        first = self.weigh_fast(scores, known, np.array([len(words)]))
        if self.encode is None or self.probability("sure", FAST, first)[0] >= self.threshold:
            return self._classification(first, FAST)
        vectors = self.encode([text])
        second = self.weigh_both(scores, self.joint_scores(words, vectors), vectors, known)
        return self._classification(second, BOTH)

    def joint_scores(self, words: Sequence[str], vectors: Floats) -> Floats:
        """Scores from the words and the embedding (1, dimension) together, (1, intents)."""
        assert self.joint
        terms = len(self.sparse.vectoriser.columns)
        columns, values = self.sparse.vectoriser.row(words)
        sparse = (values * self.options.sparse_weight) @ self.joint.weights[columns]
        scores: Floats = sparse + vectors @ self.joint.weights[terms:] + self.joint.bias
        return scores

    def weigh_fast(self, scores: Floats, familiarity: NDArray[Any], length: NDArray[Any]) -> Weighed:
        """What the sparse scores (n, intents) say."""
        chances = softmax(self.scales["sparse"] * scores, axis=1)
        return self._weighed(chances, [scores.max(1), margin(scores), familiarity, np.log1p(length)])

    def weigh_both(self, sparse: Floats, joint: Floats, vectors: Floats, familiarity: NDArray[Any]) -> Weighed:
        """What all models say together, and how near the known examples are."""
        assert self.dense
        logits = self.dense.logits(vectors)
        chances = self.mixed({"joint": joint, "dense": logits, "sparse": sparse})
        near, nearest = self.dense.nearness(vectors)
        agreement = [nearest == chances.argmax(1), sparse.argmax(1) == chances.argmax(1)]
        energy = logsumexp(logits, axis=1)
        evidence = [
            joint.max(1),
            margin(joint),
            energy,
            near[:, 0],
            near.mean(1),
            *agreement,
            sparse.max(1),
            familiarity,
        ]
        return self._weighed(chances, evidence)

    def mixed(self, scores: dict[str, Floats]) -> Floats:
        """The models' chances, each sharpened by its scale, averaged with the weights of `mix`."""
        parts = [
            weight * softmax(self.scales[name] * scores[name], axis=1) for name, weight in self.mix.items() if weight
        ]
        total: Floats = np.sum(parts, axis=0) / sum(self.mix.values())
        return total

    def _weighed(self, chances: Floats, evidence: Sequence[NDArray[Any]]) -> Weighed:
        known, foreign = chances, np.zeros(len(chances), np.float32)
        if self.foreign is not None:
            known, foreign = chances.copy(), chances[:, self.foreign]
            known[:, self.foreign] = 0
        columns = [_log_odds(known.max(1)), margin(known), _log_odds(foreign), *evidence]
        return Weighed(chances, known.argmax(1), np.column_stack(columns).astype(np.float32))

    def probability(self, kind: str, stage: str, weighed: Weighed) -> NDArray[np.float64]:
        """`sure`: that the winner is right. `scope`: that the message is in scope."""
        return self.gates[f"{stage} {kind}"].probability(weighed.features)

    def _classification(self, weighed: Weighed, stage: str) -> Classification:
        sure, scope = (float(self.probability(kind, stage, weighed)[0]) for kind in ("sure", "scope"))
        leader = int(weighed.top[0])
        if self.foreign is not None and scope < self.report.scope_threshold:
            leader, sure = self.foreign, 1 - scope
        shares = _pinned(weighed.chances[0], leader, sure)
        order = np.argsort(-shares, kind="stable")
        return Classification([(self.intents[i], float(shares[i])) for i in order], stage, scope)

    def foreign_language(self) -> Classification:
        """A message that is not in the language of the training data is out of its scope."""
        ranking = [(OUT_OF_SCOPE, 0.99)] if self.foreign is not None else []
        return Classification(ranking, NONE, 0.01)

    @property
    def foreign(self) -> int | None:
        """The index of the intent for what is out of scope, where the training data has one."""
        return self.intents.index(OUT_OF_SCOPE) if OUT_OF_SCOPE in self.intents else None


@dataclass(frozen=True)
class Weighed:
    """Messages as one stage sees them; arrays aligned by message."""

    chances: Floats  # (n, intents), before calibration
    top: NDArray[np.int64]  # the likeliest intent that is in scope
    features: Floats  # (n, features), for the gates


def margin(scores: Floats) -> Floats:
    """The distance from the best to the second best; 1 where there is no second."""
    if scores.shape[1] < 2:
        return np.ones(len(scores), np.float32)
    two = np.partition(scores, -2, axis=1)[:, -2:]
    distance: Floats = two[:, 1] - two[:, 0]
    return distance


def _log_odds(chances: NDArray[Any]) -> NDArray[Any]:
    clipped = np.clip(chances, 1e-4, 1 - 1e-4)
    odds: NDArray[Any] = np.log(clipped / (1 - clipped))
    return odds


def _pinned(chances: NDArray[Any], leader: int, value: float) -> NDArray[np.float64]:
    """The leader has the value; the others share the rest as the models see them, and none overtakes."""
    shares = chances.astype(np.float64)
    shares[leader] = 0
    shares *= min((1 - value) / max(shares.sum(), 1e-9), value / max(shares.max(), 1e-9))
    shares[leader] = value
    return shares

"""Training of the cascade: models, calibration and threshold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix, hstack
from scipy.special import log_softmax

from switchboard.understanding.cascade import (
    BOTH,
    BOTH_FEATURES,
    FAST,
    FAST_FEATURES,
    MIXES,
    OUT_OF_SCOPE,
    Cascade,
    Encode,
    Floats,
    Options,
    Report,
    Weighed,
)
from switchboard.understanding.dense import DenseModel
from switchboard.understanding.gate import Gate
from switchboard.understanding.sparse import SparseModel, Vectoriser, linear_classifier, words_of
from switchboard.understanding.spelling import Speller
from switchboard.understanding.text import tidy

FOLDS = 5
ENOUGH = 3000  # held-out messages; more would not calibrate better
LEFT_OUT = 0.1  # of the intents, in each fold, as messages out of scope
OUTSIDE_SHARE = {"sure": 0.1, "scope": 0.3}  # weight of messages out of scope against those in scope
UNKNOWN = 0.7  # sureness where nothing could be held out
LEAST_FAST_PRECISION = 0.98

Labels = NDArray[np.int64]


@dataclass
class Examples:
    """Training messages in every form the models need; arrays aligned by message."""

    words: list[list[str]]
    texts: list[str]
    labels: Labels
    vectors: Floats | None

    def at(self, rows: NDArray[np.int64]) -> Examples:
        vectors = None if self.vectors is None else self.vectors[rows]
        return Examples([self.words[i] for i in rows], [self.texts[i] for i in rows], self.labels[rows], vectors)


def fit_cascade(
    texts: Sequence[str], intents: Sequence[str], encode: Encode | None, options: Options, dictionary: frozenset[str]
) -> Cascade:
    """Train on all examples what `Cascade` needs, its calibration on held-out ones."""
    usable = [(text, intent) for text, intent in zip(texts, intents, strict=True) if words_of(text)]
    if not usable:
        raise ValueError("no example has a word in it")
    names = sorted({intent for _, intent in usable})
    speller = Speller.fit([tidy(text) for text, _ in usable], dictionary)
    tidied = [speller.correct(tidy(text)) for text, _ in usable]
    labels = np.array([names.index(intent) for _, intent in usable], np.int64)
    vectors = encode(tidied) if encode else None
    examples = Examples([words_of(text) for text in tidied], tidied, labels, vectors)
    cascade = _models(examples, names, options)
    held = _held_out(examples, names, options)
    if held:
        _calibrate(cascade, held)
    else:
        _assume(cascade)
    cascade.encode, cascade.speller = encode, speller
    return cascade


def _models(examples: Examples, names: list[str], options: Options) -> Cascade:
    """The models alone, with neutral calibration."""
    vectoriser = Vectoriser.fit(examples.texts)
    matrix = vectoriser.matrix(examples.texts)
    sparse = SparseModel(vectoriser, *linear_classifier(matrix, examples.labels, len(names), options.sparse_strength))
    joint = dense = None
    if examples.vectors is not None:
        wide = csr_matrix(hstack([matrix * options.sparse_weight, csr_matrix(examples.vectors)]))
        joint = SparseModel(vectoriser, *linear_classifier(wide, examples.labels, len(names), options.joint_strength))
        dense = DenseModel.fit(examples.vectors, examples.labels, len(names), options.dense_strength)
    return Cascade(names, sparse, joint, dense, {}, {"sparse": 4.0, "joint": 4.0, "dense": 1.0}, 1.0, options)


@dataclass
class HeldOut:
    """Scores of messages by models that had not seen them. Label -1: its intent was not there either."""

    labels: Labels
    sparse: Floats
    familiarity: NDArray[np.float64]
    length: NDArray[np.int64]
    parts: list[tuple[Cascade, NDArray[np.int64], Floats | None, Floats | None]]  # model, rows, joint scores, vectors

    def scores(self) -> dict[str, Floats]:
        """By model; those that need the encoder are missing without it."""
        joint = [joint for *_, joint, _ in self.parts if joint is not None]
        logits = [m.dense.logits(v) for m, *_, v in self.parts if m.dense and v is not None]
        both = {"joint": np.vstack(joint), "dense": np.vstack(logits)} if joint else {}
        return {**both, "sparse": self.sparse}


def _held_out(examples: Examples, names: list[str], options: Options) -> HeldOut | None:
    """Cross-fitting: as many folds as give enough held-out messages."""
    folds = _folds(examples.labels)
    evaluated = int(min(FOLDS, max(2, np.ceil(ENOUGH / max(1, len(folds) / FOLDS)))))
    labels: list[Labels] = []
    scores: list[Floats] = []
    familiarity: list[float] = []
    length: list[int] = []
    parts = []
    start = 0
    for fold in range(evaluated):
        left_out = _left_out(names, examples.labels, fold)
        absent = np.isin(examples.labels, left_out)
        train = np.flatnonzero((folds != fold) & ~absent)
        test = np.flatnonzero((folds == fold) | (absent & (folds == (fold + 1) % FOLDS)))
        if not len(train) or not len(test):
            continue
        model = _models(examples.at(train), names, options)
        held = examples.at(test)
        unseen = ~np.isin(held.labels, examples.labels[train])
        labels.append(np.where(unseen, -1, held.labels))
        scores.extend(model.sparse.scores(words) for words in held.words)
        familiarity.extend(model.sparse.vectoriser.familiarity(words) for words in held.words)
        length.extend(len(words) for words in held.words)
        joint = None
        if held.vectors is not None:
            pairs = zip(held.words, held.vectors, strict=True)
            joint = np.vstack([model.joint_scores(words, vector[None]) for words, vector in pairs])
        parts.append((model, np.arange(start, start + len(test)), joint, held.vectors))
        start += len(test)
    if not parts:
        return None
    return HeldOut(np.concatenate(labels), np.vstack(scores), np.array(familiarity), np.array(length), parts)


def _folds(labels: Labels) -> NDArray[np.int64]:
    """A fold for each example, each intent spread evenly, the same every time."""
    random = np.random.default_rng(0)
    folds = np.zeros(len(labels), np.int64)
    for intent in np.unique(labels):
        rows = random.permutation(np.flatnonzero(labels == intent))
        folds[rows] = (np.arange(len(rows)) + intent) % FOLDS
    return folds


def _left_out(names: list[str], labels: Labels, fold: int) -> NDArray[np.int64]:
    """The intents that a fold does without; none where there are too few to spare any."""
    known = np.array([i for i in np.unique(labels) if names[i] != OUT_OF_SCOPE], np.int64)
    count = int(LEFT_OUT * len(known))
    return np.roll(np.random.default_rng(1).permutation(known), fold * count)[:count]


def _calibrate(cascade: Cascade, held: HeldOut) -> None:
    """Set scales, mix, gates, threshold and report of the cascade."""
    cascade.scales = _scales(held)
    cascade.mix = _mix(cascade, held)
    for model, *_ in held.parts:
        model.scales, model.mix = cascade.scales, cascade.mix
    fast = cascade.weigh_fast(held.sparse, held.familiarity, held.length)
    _fit_gates(cascade, FAST, fast, held.labels)
    both = None
    if cascade.dense is not None:
        both = _weigh_both(held)
        _fit_gates(cascade, BOTH, both, held.labels)
    _choose_threshold(cascade, fast, both, held.labels)


def _assume(cascade: Cascade) -> None:
    """With too few examples to hold any out, nothing is known of how sure an answer is."""
    sizes = {FAST: FAST_FEATURES, BOTH: BOTH_FEATURES}
    cascade.gates = {f"{s} {kind}": Gate.constant(n, UNKNOWN) for s, n in sizes.items() for kind in ("sure", "scope")}


def _scales(held: HeldOut) -> dict[str, float]:
    """How sharp each model's scores must be taken to fit held-out messages best."""
    known = held.labels >= 0
    scores = held.scores()
    return {"joint": 4.0, "dense": 1.0} | {name: _scale(s[known], held.labels[known]) for name, s in scores.items()}


def _mix(cascade: Cascade, held: HeldOut) -> dict[str, float]:
    """The mix that is right most often on held-out messages; of equals the first."""
    known = held.labels >= 0
    scores = {name: s[known] for name, s in held.scores().items()}
    if len(scores) < len(MIXES[0]):
        return MIXES[0]
    models = [replace(cascade, mix=mix) for mix in MIXES]
    return max(models, key=lambda m: int((m.mixed(scores).argmax(1) == held.labels[known]).sum())).mix


def _scale(scores: Floats, labels: Labels) -> float:
    def loss(log_scale: float) -> float:
        chances = log_softmax(np.exp(log_scale) * scores, axis=1)
        return float(-np.clip(chances[np.arange(len(labels)), labels], -20, 0).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-2, 4), method="bounded").x)) if len(labels) else 1.0


def _weigh_both(held: HeldOut) -> Weighed:
    parts = [
        model.weigh_both(held.sparse[rows], joint, vectors, held.familiarity[rows])
        for model, rows, joint, vectors in held.parts
        if joint is not None and vectors is not None
    ]
    return Weighed(*(np.concatenate([getattr(p, name) for p in parts]) for name in ("chances", "top", "features")))


def _fit_gates(cascade: Cascade, stage: str, weighed: Weighed, labels: Labels) -> None:
    foreign = (labels == -1) | (labels == (-1 if cascade.foreign is None else cascade.foreign))
    targets = {"sure": weighed.top == labels, "scope": ~foreign}
    for kind, right in targets.items():
        weight = np.where(foreign, OUTSIDE_SHARE[kind] * (~foreign).sum() / max(1, foreign.sum()), 1.0)
        cascade.gates[f"{stage} {kind}"] = Gate.fit(weighed.features, right, weight)


def _choose_threshold(cascade: Cascade, fast: Weighed, both: Weighed | None, labels: Labels) -> None:
    """The lowest threshold at which the fast path costs no more accuracy than it may."""
    known = (labels >= 0) & (labels != (-1 if cascade.foreign is None else cascade.foreign))
    sure = cascade.probability("sure", FAST, fast)
    right, slow_right = fast.top == labels, (both or fast).top == labels
    cascade.threshold = 0.0 if both is None else _lowest(cascade.options, sure, right, slow_right, known)
    quick = sure >= cascade.threshold
    final = np.where(quick, right, slow_right)
    scope = np.where(quick, cascade.probability("scope", FAST, fast), _scope(cascade, both))
    cascade.report = Report(
        examples=len(labels),
        intents=len(cascade.intents),
        threshold=cascade.threshold,
        fast_share=float(quick[known].mean()),
        accuracy=float(final[known].mean()),
        fast_accuracy=float(right[known & quick].mean()) if (known & quick).any() else 1.0,
        scope_threshold=_scope_threshold(cascade.options, scope[known & final]),
    )


def _scope(cascade: Cascade, both: Weighed | None) -> NDArray[np.float64] | float:
    return 0.0 if both is None else cascade.probability("scope", BOTH, both)


def _scope_threshold(options: Options, scope_of_right: NDArray[np.float64]) -> float:
    """Low enough that few right answers are given up, and never above one half."""
    if options.scope_threshold is not None:
        return options.scope_threshold
    return min(0.5, float(np.quantile(scope_of_right, options.scope_loss))) if len(scope_of_right) else 0.5


def _lowest(
    options: Options,
    sure: NDArray[np.float64],
    right: NDArray[np.bool_],
    slow: NDArray[np.bool_],
    known: NDArray[np.bool_],
) -> float:
    """The lowest threshold that keeps accuracy and the fast path's precision; 1 where none does."""
    if options.threshold is not None:
        return options.threshold
    least = slow[known].mean() - options.tolerance
    for threshold in np.arange(0.5, 1.0, 0.01):
        quick = (sure >= threshold) & known
        precise = not quick.any() or right[quick].mean() >= LEAST_FAST_PRECISION
        if precise and np.where(quick, right, slow)[known].mean() >= least:
            return round(float(threshold), 2)
    return 1.0

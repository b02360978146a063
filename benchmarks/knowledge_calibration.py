"""How the search's numbers were chosen: `python -m benchmarks.knowledge_calibration` prints what each value would do.

In scope are the 60 tuning questions. Out of scope are the training messages of that intent, each judged by a model that
has not seen it: most are refused before the search is asked, and those that are not must not be answered from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from benchmarks.knowledge import ARTICLES, database, rank
from benchmarks.knowledge_data import Question, questions
from benchmarks.nlu_data import OUT_OF_SCOPE
from benchmarks.nlu_refusal import ASKED_BELOW, FOLDS, ask, fitted, shop
from benchmarks.report import table
from switchboard.knowledge.articles import import_folder
from switchboard.knowledge.embeddings import Embedder
from switchboard.knowledge.indexing import index
from switchboard.knowledge.search import CANDIDATES, OFFERED, Hit, search
from switchboard.understanding.message import Understood, is_only_strange

REFUSE_AT = 0.65  # as in config.yml
COVERAGE_VALUES = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5)
SCORES = (0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65)


def main() -> None:
    """Print both tables."""
    asked = questions("knowledge_tuning.yml")
    outside = out_of_scope()
    with database() as engine:
        import_folder(engine, ARTICLES)
        index(engine, Embedder(shared=True))
        inside = [search(engine, Embedder(shared=True), question.asked, most=CANDIDATES) for question in asked]
        foreign = [search(engine, Embedder(shared=True), text) for text, _ in outside]
    print(table(["COVERAGE_COUNTS", "recall@1", "recall@3", "MRR"], list(orders(asked, inside))))
    coming = [hits for hits, (_, comes) in zip(foreign, outside, strict=True) if comes]
    header = ["score", "first right", "first wrong", "right among three", f"out of scope, {len(foreign)}"]
    print(table([*header, f"those that come so far, {len(coming)}"], list(scores(asked, inside, foreign, coming))))


def out_of_scope() -> list[tuple[str, bool]]:
    """Messages out of scope, and whether each gets as far as the search."""
    examples = shop()
    folds = np.random.default_rng(0).permutation(len(examples)) % FOLDS
    found = []
    for fold in range(FOLDS):
        known = [example for example, its in zip(examples, folds, strict=True) if its != fold]
        texts = [
            text for (text, intent), its in zip(examples, folds, strict=True) if its == fold and intent == OUT_OF_SCOPE
        ]
        model = fitted(*zip(*known, strict=True))
        found += [(text, is_searched(each)) for text, each in zip(texts, ask(model, texts), strict=True)]
    return found


def is_searched(found: Understood) -> bool:
    strange = is_only_strange(found.intent, found.confidence, found.legible, REFUSE_AT)
    return strange or found.confidence < ASKED_BELOW


def orders(asked: Sequence[Question], found: Sequence[Sequence[Hit]]) -> Iterator[list[str]]:
    """How well the right articles are found with each weight of the words."""
    for value in COVERAGE_VALUES:
        ranks = np.array([rank(q.articles, ordered(hits, value)) for q, hits in zip(asked, found, strict=True)])
        yield [
            f"{value}",
            f"{100 * (ranks <= 1).mean():.0f} %",
            f"{100 * (ranks <= OFFERED).mean():.0f} %",
            f"{(1 / ranks).mean():.3f}",
        ]


def ordered(hits: Sequence[Hit], coverage_counts: float) -> list[str]:
    return [hit.slug for hit in sorted(hits, key=lambda hit: -(hit.nearness + coverage_counts * hit.coverage))]


def scores(
    asked: Sequence[Question],
    inside: Sequence[Sequence[Hit]],
    foreign: Sequence[Sequence[Hit]],
    coming: Sequence[Sequence[Hit]],
) -> Iterator[list[str]]:
    """Shares of the messages whose best hit has at least each score."""
    for score in SCORES:
        passed = [(q, hits) for q, hits in zip(asked, inside, strict=True) if hits and hits[0].score >= score]
        right = sum(hits[0].slug in q.articles for q, hits in passed)
        among = sum(bool({hit.slug for hit in hits[:OFFERED]} & set(q.articles)) for q, hits in passed)
        counts = [right / len(asked), (len(passed) - right) / len(asked), among / len(asked)]
        counts += [sum(hits[0].score >= score for hits in group if hits) / len(group) for group in (foreign, coming)]
        yield [f"{score}", *(f"{100 * count:.1f} %" for count in counts)]


if __name__ == "__main__":
    main()

"""The shop's messages are understood as well as recorded, to within a point.

The test set was written apart from the training data; `recorded.json` holds the figures of docs/nlu.md.
"""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from benchmarks.nlu import auroc, calibration_error, macro_f1
from benchmarks.nlu_data import unmarked
from benchmarks.nlu_pipelines import shop_cascade
from switchboard.encoder import EncoderUnavailable, shared_encoder
from switchboard.understanding.cascade import OUT_OF_SCOPE, Cascade
from switchboard.understanding.requests import requests_in

HERE = Path(__file__).parent
RECORDED: dict[str, float] = json.loads((HERE / "recorded.json").read_text(encoding="utf-8"))
POINT = 0.01
REFUSED_BELOW = 0.6  # HANDOFF_THRESHOLD's default: less sure answers are not given
TODAY = date(2026, 11, 20)


@pytest.fixture(scope="module")
def shop() -> Any:
    try:
        shared_encoder().load()
    except EncoderUnavailable as error:
        pytest.skip(f"the figures are recorded with the encoder: {error}")
    return shop_cascade(HERE.parents[1] / "data" / "nlu")


@pytest.fixture(scope="module")
def figures(shop: Any) -> dict[str, float]:
    return measure(shop)


@pytest.mark.parametrize("figure", sorted(RECORDED))
def test_a_figure_is_not_more_than_a_point_below_the_recorded_one(figures: dict[str, float], figure: str) -> None:
    assert figures[figure] >= RECORDED[figure] - POINT


def measure(shop: Any) -> dict[str, float]:
    """Shares from 0 to 1, higher is better."""
    cascade, extractor = shop
    examples = list(marked_examples(HERE / "test_set.yml"))
    truth = [intent for _, _, intent in examples]
    texts = [text for text, _, _ in examples]
    found = [cascade.classify(extractor.readable(text, TODAY)) for text in texts]
    answers = [f.ranking[0][0] if f.ranking else None for f in found]
    confidences = np.array([f.ranking[0][1] if f.ranking else 0.0 for f in found])
    inside = np.array([t != OUT_OF_SCOPE for t in truth])
    right = np.array([a == t for a, t in zip(answers, truth, strict=True)])
    refused = np.array([a in (OUT_OF_SCOPE, None) for a in answers]) | (confidences < REFUSED_BELOW)
    scope = np.array([f.in_scope for f in found])
    return {
        "accuracy": float(right.mean()),
        "macro_f1": macro_f1(truth, answers),
        "out_of_scope_recall": float(right[~inside].mean()),
        "out_of_scope_refused": float(refused[~inside].mean()),
        "auroc": auroc(scope[inside], scope[~inside]),
        "calibration": 1 - calibration_error(confidences[inside], right[inside]),
        **{f"entities {name}": value for name, value in entity_f1(extractor, examples).items()},
        **request_figures(cascade, extractor),
    }


def marked_examples(path: Path) -> Iterator[tuple[str, set[tuple[str, int, int]], str]]:
    """Text, its marked entities (kind, start, end) and its intent."""
    for item in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
        for line in item["examples"].splitlines() if "intent" in item else ():
            if line.strip():
                text, spans = unmarked(line.strip().removeprefix("-").strip())
                yield text, set(spans), item["intent"]


def entity_f1(extractor: Any, examples: list[tuple[str, set[tuple[str, int, int]], str]]) -> dict[str, float]:
    """Exact-span F1 by kind, out-of-scope messages left out: their entities are nobody's business."""
    counts: dict[str, np.ndarray] = {}
    for text, marked, intent in examples:
        if intent == OUT_OF_SCOPE:
            continue
        found = {(e.kind, e.start, e.end) for e in extractor.extract(text, TODAY)}
        for kind, *span in found | marked:
            entry = (kind, *span)
            outcome = np.array([entry in found & marked, entry not in marked, entry not in found])
            counts[kind] = counts.get(kind, np.zeros(3)) + outcome
    return {kind: float(2 * hit / (2 * hit + extra + missed)) for kind, (hit, extra, missed) in counts.items()}


def request_figures(cascade: Cascade, extractor: Any) -> dict[str, float]:
    """The share of messages with several requests that are told apart, and of those with one that are left whole."""
    content = yaml.safe_load((HERE / "requests.yml").read_text(encoding="utf-8"))

    def intents(text: str) -> list[str]:
        return [request.intent for request in requests_in(extractor.readable(text, TODAY), cascade.classify)]

    return {
        "requests several": float(np.mean([intents(m["text"]) == m["intents"] for m in content["several"]])),
        "requests one": float(np.mean([intents(m["text"]) == [] for m in content["one"]])),
    }

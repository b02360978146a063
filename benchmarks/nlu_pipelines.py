"""The ways of understanding that are compared: each is trained on examples and then asked."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from benchmarks.nlu_data import OUT_OF_SCOPE, Example, read_marked, write_nlu
from switchboard.encoder import shared_encoder
from switchboard.understanding.cascade import Cascade, Options
from switchboard.understanding.spelling import plain_words
from switchboard.understanding.text import with_stand_ins


@dataclass(frozen=True)
class Answer:
    """`intent` is None for what is refused. `in_scope` ranks messages by how much they belong."""

    intent: str | None
    confidence: float
    in_scope: float
    winner: str | None  # the intent before any refusal
    fast: bool = False


class Pipeline(Protocol):
    def __call__(self, text: str) -> Answer: ...


def cascade(examples: list[Example], options: Options | None = None) -> Pipeline:
    """Switchboard's own: words first, the encoder where they leave a doubt."""
    encoder = shared_encoder()
    words = plain_words(encoder.vocabulary())
    return _asked(Cascade.fit(*_columns(examples), encoder.encode, options, words))


def both(examples: list[Example]) -> Pipeline:
    """The cascade without its fast path: every message goes through both stages."""
    return cascade(examples, Options(threshold=2.0))


def shop_cascade(folder: Path) -> tuple[Cascade, Any]:
    """The cascade and the extractor as the project's own model has them, from its NLU files, without Rasa."""
    from switchboard.understanding.entities import Extractor  # spaCy takes seconds to import

    encoder = shared_encoder()
    marked, patterns = read_marked(folder)
    texts = [with_stand_ins(text, spans) for text, spans, _ in marked]
    intents = [intent for *_, intent in marked]
    words = plain_words(encoder.vocabulary())
    return Cascade.fit(texts, intents, encoder.encode, dictionary=words), Extractor(patterns)


def sparse(examples: list[Example]) -> Pipeline:
    """The cascade's first stage alone, as without the encoder's package."""
    return _asked(Cascade.fit(*_columns(examples), None))


def _asked(model: Cascade) -> Pipeline:
    def answer(text: str) -> Answer:
        found = model.classify(text)
        intent, confidence = found.ranking[0] if found.ranking else (None, 0.0)
        known = next((name for name, _ in found.ranking if name != OUT_OF_SCOPE), None)
        kept = None if intent == OUT_OF_SCOPE else intent
        return Answer(kept, confidence, found.in_scope, known, found.stage == "fast")

    return answer


def transformer(examples: list[Example]) -> Pipeline:
    """The embedding and a logistic regression; refused where the winner has less than one half."""
    from sklearn.linear_model import LogisticRegression

    encoder = shared_encoder()
    texts, intents = _columns(examples)
    model = LogisticRegression(C=30, max_iter=200, tol=1e-3).fit(encoder.encode(texts), intents)

    def answer(text: str) -> Answer:
        chances = model.predict_proba(encoder.encode([text]))[0]
        best = int(chances.argmax())
        return _thresholded(str(model.classes_[best]), float(chances[best]), 0.5)

    return answer


def similarity(examples: list[Example]) -> Pipeline:
    """The nearest example's intent; refused where its cosine is below 0.6."""
    encoder = shared_encoder()
    texts, intents = _columns(examples)
    known = encoder.encode(texts)

    def answer(text: str) -> Answer:
        cosines = known @ encoder.encode([text])[0]
        best = int(cosines.argmax())
        return _thresholded(intents[best], float(np.clip(cosines[best], 0, 1)), 0.6)

    return answer


def rasa(examples: list[Example]) -> Pipeline:
    """Rasa's default pipeline without its fallback: sparse features and DIET, 100 epochs; refused below 0.6."""
    from rasa.core.agent import load_agent
    from rasa.model_training import train_nlu

    folder = Path(tempfile.mkdtemp())
    write_nlu(examples, folder / "nlu.yml")
    (folder / "config.yml").write_text(_RASA, encoding="utf-8")
    archive = train_nlu(str(folder / "config.yml"), str(folder / "nlu.yml"), str(folder / "models"))
    loop = asyncio.new_event_loop()
    agent: Any = loop.run_until_complete(load_agent(model_path=archive))

    def answer(text: str) -> Answer:
        intent = loop.run_until_complete(agent.parse_message(text))["intent"]
        return _thresholded(intent["name"], intent["confidence"], 0.6)

    return answer


_RASA = """\
recipe: default.v1
language: en
assistant_id: benchmark
pipeline:
- name: WhitespaceTokenizer
- name: RegexFeaturizer
- name: LexicalSyntacticFeaturizer
- name: CountVectorsFeaturizer
- name: CountVectorsFeaturizer
  analyzer: char_wb
  min_ngram: 1
  max_ngram: 4
- name: DIETClassifier
  epochs: 100
  constrain_similarities: true
"""

PIPELINES: dict[str, Callable[[list[Example]], Pipeline]] = {
    "cascade": cascade,
    "both": both,
    "transformer": transformer,
    "similarity": similarity,
    "sparse": sparse,
    "rasa": rasa,
}


def _columns(examples: list[Example]) -> tuple[list[str], list[str]]:
    return [text for text, _ in examples], [intent for _, intent in examples]


def _thresholded(intent: str, confidence: float, least: float) -> Answer:
    foreign = intent == OUT_OF_SCOPE
    kept = None if foreign or confidence < least else intent
    return Answer(kept, confidence, 1 - confidence if foreign else confidence, intent)

"""The cascade on a small made-up shop, with an encoder that only counts letters."""

from pathlib import Path

import numpy as np
import pytest

from switchboard.understanding import storage
from switchboard.understanding.cascade import Cascade, Options

EXAMPLES = {
    "track_order": [
        "where is my order",
        "track my parcel",
        "has my package shipped",
        "order status",
        "when does my parcel come",
    ],
    "get_refund": [
        "I want my money back",
        "refund me please",
        "give me a refund",
        "money back now",
        "refund my payment",
    ],
    "greet": ["hello", "hi there", "good morning", "hey", "hello you"],
    "out_of_scope": ["tell me a joke", "who is the president", "what is the weather", "write a poem", "sing a song"],
}
TEXTS = [text for texts in EXAMPLES.values() for text in texts]
INTENTS = [intent for intent, texts in EXAMPLES.items() for _ in texts]


def letters(texts: list[str]) -> np.ndarray:
    counts = np.array([[text.lower().count(chr(c)) + 0.01 for c in range(97, 123)] for text in texts], np.float32)
    return counts / np.linalg.norm(counts, axis=1, keepdims=True)


@pytest.fixture(scope="module", params=["words alone", "both stages"])
def cascade(request: pytest.FixtureRequest) -> Cascade:
    return Cascade.fit(TEXTS, INTENTS, letters if request.param == "both stages" else None)


@pytest.mark.parametrize(("text", "intent"), [("where is my parcel", "track_order"), ("REFUND ME!!!", "get_refund")])
def test_a_clear_message_has_its_intent(cascade: Cascade, text: str, intent: str) -> None:
    assert cascade.classify(text).ranking[0][0] == intent


@pytest.mark.parametrize("text", ["", "   ", "😀😀", "?!", "\x00"])
def test_a_message_without_words_has_no_intent(cascade: Cascade, text: str) -> None:
    found = cascade.classify(text)
    assert (found.ranking, found.stage) == ([], "none")


@pytest.mark.parametrize("text", ["where is my order", "x " * 2500, "注文", "refund joke hello order", "a" * 5000])
def test_confidences_are_a_ranking_of_probabilities(cascade: Cascade, text: str) -> None:
    confidences = [confidence for _, confidence in cascade.classify(text).ranking]
    assert len(confidences) == len(EXAMPLES)
    assert confidences == sorted(confidences, reverse=True)
    assert all(0 <= confidence <= 1 for confidence in confidences)
    assert sum(confidences) <= 1 + 1e-6


def test_a_stored_cascade_answers_the_same(cascade: Cascade, tmp_path: Path) -> None:
    storage.save(cascade, tmp_path)
    again = storage.load(tmp_path, cascade.encode)
    for text in ["where is my parcel", "mony back", "play some music"]:
        before, after = cascade.classify(text), again.classify(text)
        assert after.stage == before.stage
        assert after.ranking == pytest.approx(before.ranking) or dict(after.ranking) == pytest.approx(
            dict(before.ranking)
        )


def test_a_model_trained_with_the_encoder_serves_without_it(tmp_path: Path) -> None:
    storage.save(Cascade.fit(TEXTS, INTENTS, letters), tmp_path)
    found = storage.load(tmp_path, None).classify("where is my order")
    assert (found.ranking[0][0], found.stage) == ("track_order", "fast")


def test_a_threshold_of_zero_never_asks_the_encoder() -> None:
    def encode(texts: list[str]) -> np.ndarray:
        assert training, "the encoder was asked"
        return letters(texts)

    training = True
    cascade = Cascade.fit(TEXTS, INTENTS, encode, Options(threshold=0.0))
    training = False
    assert cascade.classify("something else entirely").stage == "fast"


@pytest.mark.parametrize("counts", [{"a": 1}, {"a": 2, "b": 1}, {"a": 2, "b": 2, "c": 30}, {"out_of_scope": 2, "a": 2}])
def test_training_copes_with_hardly_any_examples(counts: dict[str, int]) -> None:
    texts = [f"{intent} word{i} thing" for intent, n in counts.items() for i in range(n)]
    intents = [intent for intent, n in counts.items() for _ in range(n)]
    for encode in (None, letters):
        assert Cascade.fit(texts, intents, encode).classify("a thing").ranking


def test_training_twice_gives_the_same_model() -> None:
    one, two = (Cascade.fit(TEXTS, INTENTS, letters).classify("is my order lost") for _ in range(2))
    assert one == two

"""The sentence encoder; its graph is written into models/encoder the first time (some seconds)."""

from pathlib import Path

import numpy as np
import pytest

from switchboard.encoder import DIMENSION, Encoder, EncoderUnavailable, checked_weights, shared_encoder

pytest.importorskip("onnxruntime")


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    encoder = shared_encoder()
    try:
        encoder.load()
    except EncoderUnavailable as error:
        pytest.skip(str(error))
    return encoder


def test_embeddings_have_length_one(encoder: Encoder) -> None:
    vectors = encoder.encode(["where is my order?", "", "😀", "word " * 1000])
    assert vectors.shape == (4, DIMENSION)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-4)


def test_no_text_gives_no_row(encoder: Encoder) -> None:
    assert encoder.encode([]).shape == (0, DIMENSION)


def test_a_message_means_the_same_alone_and_among_others(encoder: Encoder) -> None:
    texts = ["refund please", "a much longer message about a kettle that never came, sadly"]
    assert np.array_equal(encoder.encode(texts)[:1], encoder.encode(texts[:1]))


def test_what_means_the_same_is_nearer_than_what_does_not(encoder: Encoder) -> None:
    money_back, refund, joke = encoder.encode(["I want my money back", "please refund me", "tell me a joke"])
    assert money_back @ refund > money_back @ joke + 0.2


def test_capitals_change_nothing(encoder: Encoder) -> None:
    shouted, said = encoder.encode(["WHERE IS MY ORDER", "where is my order"])
    assert np.array_equal(shouted, said)


def test_other_weights_are_refused(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"not the weights")
    with pytest.raises(EncoderUnavailable, match="SHA-256"):
        checked_weights(tmp_path)


def test_missing_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(EncoderUnavailable, match="missing"):
        checked_weights(tmp_path)

"""The built-in encoder against the same weights in transformers' own implementation."""

from pathlib import Path

import numpy as np
import pytest

from switchboard.encoder import EncoderUnavailable, shared_encoder, wheel_model_folder

pytest.importorskip("rasa")

from switchboard.components.transformers_encoder import TransformersEncoder

TEXTS = ["where is my order?", "I want my money back", "the kettle came without its lid, what now", "tell me a joke"]


@pytest.fixture(scope="module")
def theirs() -> TransformersEncoder:
    try:
        return TransformersEncoder(wheel_model_folder())
    except EncoderUnavailable as error:
        pytest.skip(str(error))


def test_both_give_nearly_the_same_embeddings(theirs: TransformersEncoder) -> None:
    ours = shared_encoder().encode(TEXTS)
    cosines = (ours * theirs.encode(TEXTS)).sum(1)
    assert np.all(cosines > 0.97)  # the 8-bit weights cost a little


def test_a_folder_without_a_model_says_so(tmp_path: Path) -> None:
    with pytest.raises(EncoderUnavailable, match=str(tmp_path)):
        TransformersEncoder(tmp_path).load()

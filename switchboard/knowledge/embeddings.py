"""Embeddings for the search, where the encoder's packages are; without them the search goes by words alone."""

import logging
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from switchboard.errors import SwitchboardError

if TYPE_CHECKING:
    from switchboard.encoder import Encoder

log = logging.getLogger(__name__)


class Embedder:
    """The sentence encoder, loaded with the first text; safe to share between threads.

    Args:
        shared: whether the process keeps one encoder for all that is to come.
    """

    missing = False
    """Said once a process."""

    def __init__(self, shared: bool = False) -> None:
        self._shared = shared
        self._encoder: Encoder | None = None

    def embed(self, texts: Sequence[str]) -> Any:
        """Unit-length rows of 384 numbers, one a text; None where the encoder can't be used."""
        try:
            return self._open().encode(texts)
        except (ImportError, SwitchboardError) as error:
            self._say(error)
            return None

    def _open(self) -> "Encoder":
        from switchboard.encoder import Encoder, shared_encoder

        self._encoder = self._encoder or (shared_encoder() if self._shared else Encoder())
        return self._encoder

    def _say(self, error: Exception) -> None:
        if not Embedder.missing:
            log.warning("The search goes by words alone: %s", error)
        Embedder.missing = True


def as_text(numbers: Iterable[float]) -> str:
    """An embedding as pgvector reads it."""
    return "[" + ",".join(f"{number:.5g}" for number in numbers) + "]"

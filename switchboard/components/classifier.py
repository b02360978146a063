"""The cascade as a Rasa intent classifier."""

from __future__ import annotations

import logging
from functools import lru_cache
from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.constants import INTENT_MESSAGE_PREFIX
from rasa.shared.nlu.constants import (
    ENTITIES,
    ENTITY_ATTRIBUTE_END,
    ENTITY_ATTRIBUTE_START,
    ENTITY_ATTRIBUTE_TYPE,
    ENTITY_ATTRIBUTE_VALUE,
    EXTRACTOR,
    INTENT,
    INTENT_NAME_KEY,
    INTENT_RANKING_KEY,
    METADATA,
    PREDICTED_CONFIDENCE_KEY,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from switchboard.components.fingerprint import understanding_code
from switchboard.components.transformers_encoder import TransformersEncoder
from switchboard.encoder import CACHE, Encoder, EncoderUnavailable, shared_encoder
from switchboard.understanding import storage
from switchboard.understanding.cascade import NONE, Cascade, Classification, Options
from switchboard.understanding.language import ENGLISH
from switchboard.understanding.message import Understood, understand
from switchboard.understanding.spelling import plain_words
from switchboard.understanding.text import with_stand_ins

logger = logging.getLogger(__name__)

RANKED = 10
LEGIBLE = "legible"
PENDING_REQUESTS, LANGUAGE = "pending_requests", "language"  # entities, and slots of the same name
UNTRAINED = Understood(Classification([], NONE, 0.0), [], ENGLISH, 1.0)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class CascadeClassifier(GraphComponent, IntentClassifier):
    """Words first, the sentence encoder only where they leave a doubt.

    Each parse also says `stage` ("fast", "both" or "none"), `in_scope`, the probability that the message
    is about something the training data knows, its `language`, and `legible`, the share of its words that are words. Of several requests in one message
    the first is the intent; the entity `pending_requests` has the intents of the others. A message in
    another language is out of scope and has the entity `language`.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`encoder`: "minilm", "none", or "transformers" with the model's folder in `model`.

        `threshold` of the fast path and `scope_threshold` are chosen in training when null.
        """
        return {"encoder": "minilm", "model": None, "cache": str(CACHE), "threshold": None, "scope_threshold": None}

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        cascade: Cascade | None = None,
    ) -> None:
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._cascade = cascade

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> CascadeClassifier:
        return cls(config, model_storage, resource)

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Train anew when the code changes, or when the encoder comes or goes."""
        encoder = _encoder(cls.get_default_config() | config)  # the hook may pass the config of a placeholder
        return f"{understanding_code()} {type(encoder).__name__}"

    def train(self, training_data: TrainingData) -> Resource:
        examples = [m for m in training_data.intent_examples if m.get(TEXT) and m.get(INTENT)]
        if not examples:
            logger.warning("No training example has an intent: every message will be left without one.")
            return self._resource
        options = Options(threshold=self._config["threshold"], scope_threshold=self._config["scope_threshold"])
        texts, intents = [_readable(m) for m in examples], [m.get(INTENT) for m in examples]
        encoder = _encoder(self._config)
        encode, words = (encoder.encode, plain_words(encoder.vocabulary())) if encoder else (None, frozenset())
        self._cascade = Cascade.fit(texts, intents, encode, options, words)
        logger.info(str(self._cascade.report))
        with self._model_storage.write_to(self._resource) as folder:
            storage.save(self._cascade, folder)
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> CascadeClassifier:
        try:
            with model_storage.read_from(resource) as folder:
                return cls(config, model_storage, resource, _opened(folder, config))
        except ValueError:  # nothing was trained
            return cls(config, model_storage, resource)

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            if not _is_decided(message):
                self._understand(message)
        return messages

    def _understand(self, message: Message) -> None:
        text = message.get(TEXT) or ""
        asked = (message.get(METADATA) or {}).get("expects")
        understood = understand(self._cascade, text, _readable(message), asked) if self._cascade else UNTRAINED
        _write(message, understood.found)
        message.set("language", understood.language, add_to_output=True)
        message.set(LEGIBLE, understood.legible, add_to_output=True)
        for intent in understood.pending:
            _add(message, PENDING_REQUESTS, intent)
        if understood.language != ENGLISH:
            _add(message, LANGUAGE, understood.language)


def _add(message: Message, kind: str, value: Any) -> None:
    """An entity that covers the whole message: how a component can fill a slot."""
    entity = {
        ENTITY_ATTRIBUTE_TYPE: kind,
        ENTITY_ATTRIBUTE_START: 0,
        ENTITY_ATTRIBUTE_END: len(message.get(TEXT)),
        ENTITY_ATTRIBUTE_VALUE: value,
        EXTRACTOR: CascadeClassifier.__name__,
    }
    message.set(ENTITIES, [*(message.get(ENTITIES) or []), entity], add_to_output=True)


def _opened(folder: Path, config: dict[str, Any]) -> Cascade:
    encoder = _encoder(config)
    return storage.load(folder, encoder.encode if encoder else None)


def _encoder(config: dict[str, Any]) -> Encoder | TransformersEncoder | None:
    """The encoder, warmed up; None, said once in the log, where there is none."""
    if config["encoder"] == "none":
        return None
    encoder = (
        _transformers(str(config["model"])) if config["encoder"] == "transformers" else shared_encoder(config["cache"])
    )
    try:
        encoder.load()
    except EncoderUnavailable as error:
        _say_once(f"Messages are understood by their words alone: {error}")
        return None
    return encoder


@lru_cache(maxsize=1)
def _transformers(folder: str) -> TransformersEncoder:
    """Loaded once a process, like the built-in encoder."""
    return TransformersEncoder(folder)


_said: set[str] = set()


def _say_once(warning: str) -> None:
    if warning not in _said:
        _said.add(warning)
        logger.warning(warning)


def _readable(message: Message) -> str:
    """The text with stand-ins for its entities, so that a rare product or name misleads nobody."""
    spans = [
        (entity[ENTITY_ATTRIBUTE_TYPE], entity[ENTITY_ATTRIBUTE_START], entity[ENTITY_ATTRIBUTE_END])
        for entity in message.get(ENTITIES) or []
    ]
    return with_stand_ins(message.get(TEXT) or "", spans)


def _is_decided(message: Message) -> bool:
    """A message such as "/restart" names its intent itself, and Rasa has read it already."""
    return (message.get(TEXT) or "").startswith(INTENT_MESSAGE_PREFIX) and bool(message.get(INTENT))


def _write(message: Message, found: Classification) -> None:
    ranking = [{INTENT_NAME_KEY: name, PREDICTED_CONFIDENCE_KEY: confidence} for name, confidence in found.ranking]
    first = ranking[0] if ranking else {INTENT_NAME_KEY: None, PREDICTED_CONFIDENCE_KEY: 0.0}
    message.set(INTENT, first, add_to_output=True)
    message.set(INTENT_RANKING_KEY, ranking[:RANKED], add_to_output=True)
    message.set("stage", found.stage, add_to_output=True)
    message.set("in_scope", found.in_scope, add_to_output=True)

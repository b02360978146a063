"""The cascade as a Rasa intent classifier."""

from __future__ import annotations

import logging
from typing import Any, Dict, List, Optional, Text

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.constants import INTENT_MESSAGE_PREFIX
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, INTENT_RANKING_KEY, PREDICTED_CONFIDENCE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from switchboard.encoder import CACHE, EncoderUnavailable, shared_encoder
from switchboard.understanding import storage
from switchboard.understanding.cascade import Cascade, Classification, Encode, Options

logger = logging.getLogger(__name__)

RANKED = 10


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class CascadeClassifier(GraphComponent, IntentClassifier):
    """Words first, the sentence encoder only where they leave a doubt.

    Each parse also says `stage` ("fast", "both" or "none") and `in_scope`, the probability that the
    message is about something the training data knows.
    """

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """`encoder`: "minilm" or "none"; `threshold`: of the fast path, chosen in training when null."""
        return {"encoder": "minilm", "cache": str(CACHE), "threshold": None, "scope_threshold": 0.5}

    def __init__(
        self,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        cascade: Optional[Cascade] = None,
    ) -> None:
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._cascade = cascade

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> CascadeClassifier:
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        examples = [m for m in training_data.intent_examples if m.get(TEXT) and m.get(INTENT)]
        if not examples:
            logger.warning("No training example has an intent: every message will be left without one.")
            return self._resource
        options = Options(threshold=self._config["threshold"], scope_threshold=self._config["scope_threshold"])
        texts, intents = [m.get(TEXT) for m in examples], [m.get(INTENT) for m in examples]
        self._cascade = Cascade.fit(texts, intents, _encode(self._config), options)
        logger.info(f"Intents: {self._cascade.report}")
        with self._model_storage.write_to(self._resource) as folder:
            storage.save(self._cascade, folder)
        return self._resource

    @classmethod
    def load(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> CascadeClassifier:
        try:
            with model_storage.read_from(resource) as folder:
                return cls(config, model_storage, resource, storage.load(folder, _encode(config)))
        except ValueError:  # nothing was trained
            return cls(config, model_storage, resource)

    def process(self, messages: List[Message]) -> List[Message]:
        for message in messages:
            if not _is_decided(message):
                _write(message, self._classify(message.get(TEXT) or ""))
        return messages

    def _classify(self, text: Text) -> Classification:
        return self._cascade.classify(text) if self._cascade else Classification([], "none", 0.0)


def _encode(config: Dict[Text, Any]) -> Optional[Encode]:
    """The encoder's function, warmed up; None, said once in the log, where there is no encoder."""
    if config["encoder"] == "none":
        return None
    encoder = shared_encoder(config["cache"])
    try:
        encoder.load()
    except EncoderUnavailable as error:
        _say_once(f"Messages are understood by their words alone: {error}")
        return None
    return encoder.encode


_said: set[str] = set()


def _say_once(warning: str) -> None:
    if warning not in _said:
        _said.add(warning)
        logger.warning(warning)


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

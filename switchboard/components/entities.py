"""Entity extraction as a Rasa component; its patterns are the training data's."""

from __future__ import annotations

import json
import logging
from datetime import date
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import (
    ENTITIES,
    ENTITY_ATTRIBUTE_END,
    ENTITY_ATTRIBUTE_START,
    ENTITY_ATTRIBUTE_TYPE,
    ENTITY_ATTRIBUTE_VALUE,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from switchboard.components.fingerprint import understanding_code
from switchboard.understanding.entities import Entity, Extractor
from switchboard.understanding.patterns import Patterns, words_outside_names

logger = logging.getLogger(__name__)

PATTERNS_FILE = "patterns.json"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class EntityExtractor(GraphComponent, EntityExtractorMixin):
    """Regular expressions and lists from the training data, dates, and names of people.

    It does what Rasa's RegexEntityExtractor does with the same data, so only one of them belongs in
    a pipeline. A date's `iso` is the first day it means.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`today`: an ISO date instead of the current one, for tests. `model`: a spaCy model, installed or in a folder."""
        return {"today": None, "model": None}

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        patterns: Patterns | None = None,
    ) -> None:
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._extractor = Extractor(patterns or Patterns({}, {}, []), config.get("model"))

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> EntityExtractor:
        return cls(config, model_storage, resource)

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Train anew when the code changes."""
        return understanding_code()

    def train(self, training_data: TrainingData) -> Resource:
        patterns = _patterns(training_data)
        self._extractor = Extractor(patterns, self._config.get("model"))
        with self._model_storage.write_to(self._resource) as folder:
            (folder / PATTERNS_FILE).write_text(json.dumps(vars(patterns)), encoding="utf-8")
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> EntityExtractor:
        with model_storage.read_from(resource) as folder:
            patterns = Patterns(**json.loads((folder / PATTERNS_FILE).read_text(encoding="utf-8")))
        return cls(config, model_storage, resource, patterns)

    def process(self, messages: list[Message]) -> list[Message]:
        given = self._config.get("today")
        today = date.fromisoformat(given) if given else date.today()
        for message in messages:
            found = [_as_rasa(entity) for entity in self._extractor.extract(message.get(TEXT) or "", today)]
            message.set(ENTITIES, message.get(ENTITIES, []) + self.add_extractor_name(found), add_to_output=True)
        return messages


def _as_rasa(entity: Entity) -> dict[str, Any]:
    found: dict[str, Any] = {
        ENTITY_ATTRIBUTE_TYPE: entity.kind,
        ENTITY_ATTRIBUTE_START: entity.start,
        ENTITY_ATTRIBUTE_END: entity.end,
        ENTITY_ATTRIBUTE_VALUE: entity.value,
    }
    return {**found, "iso": entity.iso} if entity.iso else found


def _patterns(training_data: TrainingData) -> Patterns:
    expressions: dict[str, list[str]] = {}
    for entry in training_data.regex_features:
        expressions.setdefault(entry["name"], []).append(entry["pattern"])
    examples = [(message.get(TEXT) or "", _spans(message)) for message in training_data.training_examples]
    return Patterns(expressions, _lists(training_data), words_outside_names(examples))


def _lists(training_data: TrainingData) -> dict[str, list[str]]:
    lists: dict[str, list[str]] = {}
    for table in training_data.lookup_tables:
        elements = table["elements"]
        if isinstance(elements, str):  # the table is in a file of its own
            with open(elements, encoding="utf-8") as file:
                elements = [line.strip() for line in file if line.strip()]
        lists.setdefault(table["name"], []).extend(elements)
    return lists


def _spans(message: Message) -> list[tuple[str, int, int]]:
    return [
        (entity[ENTITY_ATTRIBUTE_TYPE], entity[ENTITY_ATTRIBUTE_START], entity[ENTITY_ATTRIBUTE_END])
        for entity in message.get(ENTITIES) or []
    ]

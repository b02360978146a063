"""What Rasa makes of the understanding: asks to rephrase below the threshold from the settings, is stricter about refusing,
and takes the answers to a task's questions for answers."""

from typing import Any

from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.fallback_classifier import FallbackClassifier
from rasa.shared.nlu.constants import (
    INTENT,
    INTENT_NAME_KEY,
    INTENT_RANKING_KEY,
    METADATA,
    PREDICTED_CONFIDENCE_KEY,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message

from switchboard.components.classifier import LEGIBLE
from switchboard.settings import Settings
from switchboard.understanding.answers import is_answer, unasked
from switchboard.understanding.message import is_only_strange

REFUSE_AT = 0.65

INFORM = "inform"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class Fallback(FallbackClassifier):
    """`nlu_fallback` takes the place of an intent whose confidence is below `HANDOFF_THRESHOLD`.

    Config:
        refuse_at: confidence from which on a message counts as out of scope (`benchmarks/nlu_refusal.py` chose it).
            What is only strange, half a sentence or gibberish, is asked about instead of refused.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return FallbackClassifier.get_default_config() | {"refuse_at": REFUSE_AT}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "Fallback":
        return cls(config | {"threshold": Settings.load().handoff_threshold})

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            if is_awaited(message):
                message.set(INTENT, {**message.get(INTENT), INTENT_NAME_KEY: INFORM}, add_to_output=True)
            else:
                _look_past_yes_or_no(message)
                super().process([message])
        return messages

    def _should_fallback(self, message: Message) -> bool:
        return super()._should_fallback(message) or self._is_only_strange(message)

    def _is_only_strange(self, message: Message) -> bool:
        intent, legible = message.get(INTENT), message.get(LEGIBLE)
        refuse_at = self.component_config["refuse_at"]
        return is_only_strange(intent["name"], intent["confidence"], 1.0 if legible is None else legible, refuse_at)


def is_awaited(message: Message) -> bool:
    """Whether the message answers what a task asks for in free words, as the channel has noted."""
    text, intent = message.get(TEXT) or "", message.get(INTENT) or {}
    asked = _asked(message)
    return not text.startswith("/") and is_answer(
        text, intent.get(INTENT_NAME_KEY), intent.get("confidence", 0.0), asked
    )


def _asked(message: Message) -> str | None:
    return (message.get(METADATA) or {}).get("expects")


def _look_past_yes_or_no(message: Message) -> None:
    """Where nothing was asked, a doubtful yes or no is taken for what else it can be."""
    if _asked(message):
        return
    ranking = message.get(INTENT_RANKING_KEY) or []
    meant = unasked([(each[INTENT_NAME_KEY], each[PREDICTED_CONFIDENCE_KEY]) for each in ranking])
    if meant:
        message.set(INTENT, {INTENT_NAME_KEY: meant[0], PREDICTED_CONFIDENCE_KEY: meant[1]}, add_to_output=True)

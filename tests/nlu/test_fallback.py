"""What the fallback does with a message that was found to be out of scope."""

import pytest
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, METADATA, TEXT
from rasa.shared.nlu.training_data.message import Message

from switchboard.components.fallback import Fallback


@pytest.mark.parametrize(
    ("intent", "confidence", "legible", "expected"),
    [
        ("out_of_scope", 0.9, 1.0, "out_of_scope"),
        ("out_of_scope", 0.62, 1.0, "nlu_fallback"),
        ("out_of_scope", 0.9, 0.2, "nlu_fallback"),
        ("out_of_scope", 0.9, None, "out_of_scope"),  # by another classifier, which says nothing of it
        ("track_order", 0.62, 1.0, "track_order"),
        ("track_order", 0.5, 1.0, "nlu_fallback"),
    ],
)
def test_what_is_only_strange_is_asked_about(
    intent: str, confidence: float, legible: float | None, expected: str
) -> None:
    found = {"name": intent, "confidence": confidence}
    message = Message({TEXT: "a message", INTENT: found, INTENT_RANKING_KEY: [found], "legible": legible})
    config = Fallback.get_default_config() | {"threshold": 0.6, "refuse_at": 0.65}
    assert Fallback(config).process([message])[0].get(INTENT)["name"] == expected


@pytest.mark.parametrize(
    ("asked", "text", "expected"),
    [
        ("reason", "it takes too long", "inform"),
        ("reason", "how long does it take?", "delivery_period"),
        ("confirm", "it takes too long", "delivery_period"),
        (None, "it takes too long", "delivery_period"),
        ("reason", "/delivery_period", "delivery_period"),
    ],
)
def test_what_a_task_has_asked_for_is_an_answer(asked: str | None, text: str, expected: str) -> None:
    found = {"name": "delivery_period", "confidence": 0.95}
    message = Message({TEXT: text, INTENT: found, INTENT_RANKING_KEY: [found], METADATA: {"expects": asked}})
    config = Fallback.get_default_config() | {"threshold": 0.6, "refuse_at": 0.65}
    assert Fallback(config).process([message])[0].get(INTENT)["name"] == expected


@pytest.mark.parametrize(("asked", "expected"), [(None, "cancel_order"), ("confirm", "affirm")])
def test_a_doubtful_yes_is_one_only_where_something_was_asked(asked: str | None, expected: str) -> None:
    ranking = [
        {"name": "affirm", "confidence": 0.75},
        {"name": "cancel_order", "confidence": 0.2},
        {"name": "deny", "confidence": 0.05},
    ]
    message = Message(
        {TEXT: "ok cancel it", INTENT: ranking[0], INTENT_RANKING_KEY: ranking, METADATA: {"expects": asked}}
    )
    config = Fallback.get_default_config() | {"threshold": 0.6, "refuse_at": 0.65}
    assert Fallback(config).process([message])[0].get(INTENT)["name"] == expected

"""What the fallback does with a message that was found to be out of scope."""

import pytest
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
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

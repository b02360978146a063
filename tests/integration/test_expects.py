"""What the task form waits for is known before a message is understood."""

import time
from typing import Any

import pytest

pytest.importorskip("rasa")

from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActiveLoop, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from switchboard.components.channel import expected
from switchboard.understanding.answers import CONFIRM_ADDRESS

DOMAIN = Domain.from_yaml("""
session_config: {session_expiration_time: 60, carry_over_slots_to_new_session: true}
slots:
  draft:
    type: any
    mappings: [{type: custom}]
forms:
  task_form: {required_slots: []}
  order_status_form: {required_slots: []}
""")


def tracker(form: str | None, draft: dict[str, Any] | None, seconds: float = 5) -> DialogueStateTracker:
    heard = UserUttered("hello", {"name": "greet"}, message_id="1", timestamp=time.time() - seconds)
    begun = DialogueStateTracker.from_events("customer", [heard], slots=DOMAIN.slots)
    begun.update_with_events([SlotSet("draft", draft), ActiveLoop(form)], DOMAIN)
    return begun


@pytest.mark.parametrize(
    ("form", "draft", "awaited"),
    [
        ("task_form", {"task": "cancel_order", "asking": "reason"}, "reason"),
        ("task_form", {"task": "cancel_order", "asking": None}, None),
        ("task_form", {"task": "cancel_order", "asking": "confirm", "details": {"reason": "late"}}, "confirm"),
        (
            "task_form",
            {"task": "change_order_address", "asking": "confirm", "details": {"address": {}}},
            CONFIRM_ADDRESS,
        ),
        ("task_form", None, None),
        ("order_status_form", {"task": "cancel_order", "asking": "reason"}, None),
        (None, {"task": "cancel_order", "asking": "reason"}, None),
    ],
)
def test_what_is_awaited(form: str | None, draft: dict[str, Any] | None, awaited: str | None) -> None:
    assert expected(tracker(form, draft), DOMAIN) == awaited


def test_what_was_asked_in_an_earlier_session_is_not_awaited_any_more() -> None:
    late = tracker("task_form", {"task": "cancel_order", "asking": "reason"}, seconds=61 * 60)

    assert expected(late, DOMAIN) is None

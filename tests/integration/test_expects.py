"""What the task form waits for is known before a message is understood."""

from typing import Any

import pytest

pytest.importorskip("rasa")

from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActiveLoop, SlotSet
from rasa.shared.core.trackers import DialogueStateTracker

from switchboard.components.channel import expected

DOMAIN = Domain.from_yaml("""
slots:
  draft:
    type: any
    mappings: [{type: custom}]
forms:
  task_form: {required_slots: []}
  order_status_form: {required_slots: []}
""")


def tracker(form: str | None, draft: dict[str, Any] | None) -> DialogueStateTracker:
    begun = DialogueStateTracker.from_events("customer", [], slots=DOMAIN.slots)
    begun.update_with_events([SlotSet("draft", draft), ActiveLoop(form)], DOMAIN)
    return begun


@pytest.mark.parametrize(
    ("form", "draft", "awaited"),
    [
        ("task_form", {"task": "cancel_order", "asking": "reason"}, "reason"),
        ("task_form", {"task": "cancel_order", "asking": None}, None),
        ("task_form", None, None),
        ("order_status_form", {"task": "cancel_order", "asking": "reason"}, None),
        (None, {"task": "cancel_order", "asking": "reason"}, None),
    ],
)
def test_what_is_awaited(form: str | None, draft: dict[str, Any] | None, awaited: str | None) -> None:
    assert expected(tracker(form, draft)) == awaited

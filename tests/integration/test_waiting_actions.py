"""One customer's wait is not everybody's: the action server's event loop stays free while an action waits."""

import asyncio
import threading
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import ActionExecutor, CollectingDispatcher

from actions.threads import Waiting


class Meets(Waiting):
    """Waits until another has come as well."""

    def __init__(self) -> None:
        self.both = threading.Barrier(2, timeout=10)

    def name(self) -> str:
        return "action_meets"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[dict[str, Any]]:
        self.both.wait()
        dispatcher.utter_message(text="met")
        return []


def test_two_actions_that_wait_wait_together() -> None:
    executor = ActionExecutor()
    executor.register_action(Meets())
    call = {
        "next_action": "action_meets",
        "tracker": {"sender_id": "1", "events": [], "latest_message": {}},
        "domain": {},
    }

    async def both() -> list[Any]:
        return await asyncio.gather(executor.run(call), executor.run(call))

    assert [each["responses"][0]["text"] for each in asyncio.run(both())] == ["met", "met"]


def test_every_action_is_registered_as_before() -> None:
    executor = ActionExecutor()
    executor.register_package("actions")
    assert {"action_do_task", "action_answer_from_knowledge", "action_handoff", "validate_task_form"} <= set(
        executor.actions
    )

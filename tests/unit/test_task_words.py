"""Every task has its words: for its buttons, its yes, and what is told of it afterwards."""

from typing import Any, get_args

import pytest

from actions.past import told
from actions.tasks import starting
from actions.tasks.register import TASKS
from switchboard.crm.changes import ChangeName, Result
from switchboard.crm.effects import Past
from switchboard.identity.levels import load_levels
from switchboard.settings import Settings

CHANGES = [task for task in TASKS.values() if not hasattr(task, "tell")]


@pytest.mark.parametrize("task", TASKS.values(), ids=lambda task: task.name)
def test_a_task_has_a_title_a_level_and_nothing_of_another(task: Any) -> None:
    assert task.title
    assert task.name in load_levels(Settings()).actions
    assert TASKS[task.name] is task


@pytest.mark.parametrize("task", CHANGES, ids=lambda task: task.name)
def test_a_change_can_be_asked_for_again_with_a_yes_and_told_afterwards(task: Any) -> None:
    assert task.again
    assert task.name in get_args(ChangeName)
    assert told([Past(task.name, "12346", Result(task.name))]).startswith(f"In this conversation I {task.past[:6]}")


@pytest.mark.parametrize("change", get_args(ChangeName))
def test_every_change_can_be_told_afterwards(change: ChangeName) -> None:
    assert "{" not in told([Past(change, "12346", None)])


@pytest.mark.parametrize("intent", sorted(set(starting.TASKS) - set(starting.ALWAYS)))
def test_what_an_intent_only_asks_about_is_offered_with_a_button(intent: str) -> None:
    [button] = starting.offer(intent, "how do I do that?")
    assert button["title"] == TASKS[starting.TASKS[intent]].button

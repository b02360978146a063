"""Rules, stories, articles and the domain name the same intents."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from actions.tasks import starting

ROOT = Path(__file__).parent.parent.parent

DONE_BY_ACTIONS = {
    "track_order", "cancel_order", "show_orders", "product_question", "what_was_done", "contact_human_agent",
}  # fmt: skip

CONVERSATION = {"greet", "goodbye", "thank", "affirm", "deny", "bot_challenge", "out_of_scope", "inform", "other_order"}

STORIES = ["data/stories/track_order.yml", "data/stories/tasks.yml"]

INTERRUPTING = {"greet", "thank", "bot_challenge", "out_of_scope", "product_question", "what_was_done"}
"""What is dealt with in the middle of a form by stories, beside the questions."""


def load(path: str) -> dict[str, Any]:
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def domain_intents() -> set[str]:
    return {name for each in load("domain.yml")["intents"] for name in each}


def answered() -> set[str]:
    """Intents that the knowledge base answers, by the rule."""
    [rule] = load("data/rules/answers.yml")["rules"]
    return {each["intent"] for each in rule["steps"][0]["or"]}


def asked_in_the_middle(path: str) -> list[set[str]]:
    """The sets of intents that interrupt a form in stories that begin with 'Ask something else'."""
    stories = [s for s in load(path)["stories"] if s["story"].startswith("Ask something else")]
    return [
        {each["intent"] for each in step["or"]}
        for story in stories
        for step in story["steps"]
        if "or" in step and len(step["or"]) > 2
    ]


def test_every_intent_is_answered_done_or_conversation() -> None:
    assert domain_intents() == answered() | DONE_BY_ACTIONS | CONVERSATION


def test_every_answered_intent_has_one_article() -> None:
    fields = [yaml.safe_load(path.read_text("utf-8").split("---")[1]) for path in (ROOT / "data/articles").glob("*.md")]

    assert sorted(intent for each in fields for intent in each["intents"]) == sorted(answered())


@pytest.mark.parametrize("path", STORIES)
def test_every_question_can_be_asked_in_the_middle_of_a_form(path: str) -> None:
    found = asked_in_the_middle(path)

    assert found
    assert all(each == answered() for each in found)


@pytest.mark.parametrize("path", STORIES)
def test_whatever_else_can_be_said_in_the_middle_of_a_form(path: str) -> None:
    said = {step.get("intent") for story in load(path)["stories"] for step in story["steps"][3:]}

    assert said >= INTERRUPTING


def test_every_task_that_an_intent_asks_for_is_begun_from_it() -> None:
    set_by_rasa = {m["intent"] for m in load("domain.yml")["slots"]["task"]["mappings"] if m["type"] == "from_intent"}

    assert set_by_rasa == set(starting.ALWAYS)
    assert set(starting.TASKS) - set_by_rasa <= answered()

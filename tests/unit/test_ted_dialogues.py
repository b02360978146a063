"""TED is judged by conversations that it has not learned from."""

from typing import Any

import yaml

from benchmarks.ted import DIALOGUES, ROOT, STATUS, Turn, load, turns

FORMS = {"order_status_form", "task_form"}
Steps = list[dict[str, Any]]


def told(steps: Steps) -> list[set[str]]:
    """What the customer says in a story, message after message; alternatives together."""
    return [{each["intent"] for each in s.get("or", [s])} for s in steps if "intent" in s or "or" in s]


def stories() -> list[list[set[str]]]:
    paths = sorted((ROOT / "data" / "stories").glob("*.yml"))
    return [told(story["steps"]) for path in paths for story in yaml.safe_load(path.read_text("utf-8"))["stories"]]


def plain(dialogue: list[str]) -> list[str]:
    return [intent.rstrip("!") for intent in dialogue]


def test_there_are_sixty_and_none_is_a_story() -> None:
    dialogues = [plain(each) for each in yaml.safe_load(DIALOGUES.read_text("utf-8"))["dialogues"]]
    known = stories()

    assert len(dialogues) >= 60
    assert len({tuple(each) for each in dialogues}) == len(dialogues)
    for dialogue in dialogues:
        assert not any(
            len(dialogue) == len(story) and all(said in step for said, step in zip(dialogue, story, strict=True))
            for story in known
        ), dialogue


def test_every_right_answer_is_an_action_of_the_domain() -> None:
    domain = yaml.safe_load((ROOT / "domain.yml").read_text("utf-8"))
    actions = {next(iter(each)) if isinstance(each, dict) else each for each in domain["actions"]}

    used = {action for dialogue in load() for turn in dialogue for action in turn.actions}

    assert used <= actions | FORMS | set(domain["responses"])


def test_a_dialogue_is_read_as_it_should_go() -> None:
    right = {"greet": "utter_greet"}

    assert list(turns(["track_order", "greet", "inform"], right)) == [
        Turn("track_order", [STATUS], None, STATUS),
        Turn("greet", ["utter_greet", STATUS], STATUS, STATUS, interrupts=STATUS),
        Turn("inform", [STATUS, "action_order_status"], STATUS, None),
    ]

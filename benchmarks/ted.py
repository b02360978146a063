"""What TED adds: held-out conversations, and on their turns that no rule and no form decides, who is right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from benchmarks.report import table, write_section

ROOT = Path(__file__).parent.parent
DIALOGUES = Path(__file__).parent / "ted_dialogues.yml"

QUESTION = "action_answer_from_knowledge"
STATUS, TASK = "order_status_form", "task_form"
STARTS = {"track_order": STATUS, "cancel_order": TASK, "show_orders": TASK}
DONE = {STATUS: "action_order_status", TASK: "action_do_task"}
ENDS = {STATUS: {"inform"}, TASK: {"affirm", "deny"}}
"""Answers after which a form has all it needs."""

LEAVES = {"goodbye", "contact_human_agent"}
WAYS = ("all policies", "TED alone", "memory alone")


@dataclass
class Turn:
    """One message and what is right after it; `interrupts` is the form that can't use it."""

    intent: str
    actions: list[str]
    before: str | None
    after: str | None
    interrupts: str | None = None


@dataclass
class Count:
    """Turns that neither a rule nor a form decided, and for each way of deciding how many were right."""

    turns: int = 0
    right: dict[str, int] = field(default_factory=lambda: dict.fromkeys(WAYS, 0))
    wrong: list[str] = field(default_factory=list)


def run() -> str:
    """Measure the present model, write the section of docs/benchmarks.md and return it."""
    from benchmarks.ted_policies import Policies

    dialogues = load()
    body = described(measured(dialogues, Policies.of_present_model()), len(dialogues))
    write_section("ted", "What TED decides", body)
    return body


def load() -> list[list[Turn]]:
    content = yaml.safe_load(DIALOGUES.read_text(encoding="utf-8"))
    return [list(turns(intents, content["right"])) for intents in content["dialogues"]]


def turns(intents: list[str], right: dict[str, str]) -> Iterator[Turn]:
    """A dialogue's turns, with the form that is open before and after each."""
    form: str | None = None
    for intent in intents:
        turn = _turn(intent, form, right)
        form = turn.after
        yield turn


def _turn(intent: str, form: str | None, right: dict[str, str]) -> Turn:
    if intent.endswith("!"):
        return Turn(intent[:-1], [QUESTION, TASK], form, TASK)
    if form is None:
        begun = STARTS.get(intent)
        return Turn(intent, [begun or right.get(intent, QUESTION)], form, begun)
    if intent in ENDS[form]:
        return Turn(intent, [form, DONE[form]], form, None)
    if intent == "inform":
        return Turn(intent, [form], form, form)
    if form == STATUS and STARTS.get(intent) == TASK:
        return Turn(intent, [TASK], form, TASK, interrupts=form)
    if intent in LEAVES or intent == "deny":
        return Turn(intent, [], form, None)
    return Turn(intent, [right.get(intent, QUESTION), form], form, form, interrupts=form)


def measured(dialogues: list[list[Turn]], policies: Any) -> Count:
    count = Count()
    for dialogue in dialogues:
        policies.begin()
        for turn in dialogue:
            _judge(turn, policies, count)
    return count


def _judge(turn: Turn, policies: Any, count: Count) -> None:
    """Let each way predict each action that is right; then go on as it should have gone."""
    decided, right = True, dict.fromkeys(WAYS, True)
    policies.hear(turn.intent, turn.interrupts)
    for action in turn.actions:
        if turn.interrupts:
            predicted = policies.predict()
            if predicted is not None:
                decided = False
                right = {way: right[way] and predicted[way] == action for way in WAYS}
        policies.act(action, turn)
    policies.listen(turn)
    if not decided:
        count.turns += 1
        count.right = {way: count.right[way] + right[way] for way in WAYS}
        if not right["all policies"]:
            count.wrong.append(f"{turn.intent} in {turn.before}")


def described(count: Count, dialogues: int) -> str:
    shares = [[way, f"{count.right[way] / count.turns:.1%}"] for way in WAYS]
    return f"""{dialogues} conversations ([ted_dialogues.yml](../benchmarks/ted_dialogues.yml)) that are in no story, {count.turns} turns in them that
neither a rule nor a form decides: what customers say in the middle of something. A turn is right if the answer is, and
the return to the question. *Memory* is Rasa's MemoizationPolicy, which knows the stories by heart.

{table(["decided by", "turns right"], shares)}"""

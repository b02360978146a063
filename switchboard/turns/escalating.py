"""When the rules of escalation are asked: before the assistant, and after its turn."""

from collections.abc import Callable
from pathlib import Path
from typing import get_args

from switchboard.crm.contract import Tier
from switchboard.escalation.facts import Facts
from switchboard.escalation.reading import load
from switchboard.escalation.rules import Decision, Rules, decide, decide_at_once
from switchboard.routing.teams import Teams
from switchboard.settings import Settings
from switchboard.turns.domain import intents
from switchboard.turns.facts import understood
from switchboard.turns.rasa import Turn

UNSURE = "nlu_fallback"
"""What Rasa takes a message for that could be anything; no intent of the domain."""


def load_rules(settings: Settings, teams: Teams) -> Rules:
    """The rules of `ESCALATION_FILE`, which call these teams.

    Raises:
        BadRules: they can't be used; file and line are named.
        StartError: the assistant's intents can't be read.
    """
    named = {"intent": [*intents(), UNSURE], "tier": get_args(Tier)}
    return load(Path(settings.escalation_file), teams.introductions, named)


def judged(
    rules: Rules, facts: Facts, ask: Callable[[], Turn], complete: Callable[[Facts], Facts] = lambda facts: facts
) -> tuple[Turn | None, Decision | None]:
    """The assistant's turn, unless a person is to be called at once; and whether one is called.

    Args:
        facts: what is known before the assistant is asked.
        ask: asks it.
        complete: adds what takes time to find out.
    """
    decision = decide_at_once(rules, facts)
    if decision:
        return None, decision
    turn = ask()
    return turn, decide(rules, complete(understood(facts, turn)))

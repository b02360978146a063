"""The rules, and the decision: the first rule that matches wins."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from switchboard.escalation.conditions import Condition
from switchboard.escalation.facts import SUPPORT, Facts, Vocabulary

BY_TOPIC = "by_topic"
"""In place of a team: the one that the assistant asked for, or else the one whose topic the message names."""


@dataclass(frozen=True)
class Rule:
    """When a person is called, which, and what the customer is told.

    Attributes:
        name: what it is called.
        line: where it begins in its file.
        when: all of these must hold.
        team: a team, or `by_topic`.
        reason: the handoff's; None: what the assistant asked with if the rule is about that, else the rule's name.
        skills: what the agent should be able to do.
        say: what the customer is told; `{team}` is how the team is introduced.
        keep_reply: whether what the assistant said in that turn is said as well.
        at_once: whether it is asked before the assistant is, which then isn't.
    """

    name: str
    line: int
    when: tuple[Condition, ...]
    team: str
    say: str
    reason: str | None = None
    priority: str = "normal"
    skills: tuple[str, ...] = ()
    keep_reply: bool = True
    at_once: bool = False

    def asks_about(self, fact: str) -> bool:
        """Whether a condition is about this fact."""
        return any(condition.fact == fact for condition in self.when)

    def missed(self, facts: Facts) -> list[str]:
        """Why it does not match; empty if it does."""
        return [condition.missed(getattr(facts, condition.fact)) for condition in self.failing(facts)]

    def failing(self, facts: Facts) -> list[Condition]:
        """The conditions that do not hold."""
        return [condition for condition in self.when if not condition.holds(getattr(facts, condition.fact))]


@dataclass(frozen=True)
class Rules:
    """All rules of a file, in their order.

    Attributes:
        file: where they come from.
        vocabulary: the words that facts are found by.
        say: what a rule without words of its own says.
        introductions: how each team is introduced to the customer, by its name.
    """

    file: str
    rules: tuple[Rule, ...]
    vocabulary: Vocabulary
    say: str
    introductions: Mapping[str, str]

    @property
    def at_once(self) -> tuple[Rule, ...]:
        return tuple(rule for rule in self.rules if rule.at_once)

    def wait_for(self, facts: Facts, *unknown: str) -> bool:
        """Whether the decision can depend on these unknown facts: whether they are all that a rule lacks which comes
        before the first that matches."""
        for rule in self.rules:
            failing = rule.failing(facts)
            if all(condition.fact in unknown for condition in failing):
                return bool(failing)
        return False


@dataclass(frozen=True)
class PassedOver:
    """A rule that came first and did not match."""

    rule: str
    line: int
    why: tuple[str, ...]


@dataclass(frozen=True)
class Decision:
    """A person is called.

    Attributes:
        rule: the rule that matched; None where the assistant asked for a person and no rule is about that.
        where: its file and line.
        say: what the customer is told.
        keep_reply: whether what the assistant said in this turn is said as well.
        facts: what was decided from.
        passed_over: the rules that came first.
    """

    rule: str | None
    where: str
    team: str
    priority: str
    reason: str
    skills: tuple[str, ...]
    say: str
    keep_reply: bool
    facts: Facts
    passed_over: tuple[PassedOver, ...] = field(default=(), repr=False)

    def explain(self) -> list[str]:
        """Why it is this rule, a line for each that came first."""
        return [f"{each.rule} (line {each.line}): {'; '.join(each.why)}" for each in self.passed_over]

    def as_json(self) -> dict[str, Any]:
        """What is stored with the handoff: the facts, what was decided, and why so."""
        decided = {
            "team": self.team,
            "priority": self.priority,
            "where": self.where,
            "passed_over": self.explain(),
        }
        return {**self.facts.as_json(), "decided": decided}


def decide(rules: Rules, facts: Facts) -> Decision | None:
    """The decision of the first rule that matches; None if nobody needs to be called.

    If the assistant has asked for a person somebody is called, also where no rule is about its reason.
    """
    return _first(rules, rules.rules, facts) or (_as_requested(rules, facts) if facts.requested else None)


def decide_at_once(rules: Rules, facts: Facts) -> Decision | None:
    """The same by the rules that need no understanding."""
    return _first(rules, rules.at_once, facts)


def _first(rules: Rules, candidates: tuple[Rule, ...], facts: Facts) -> Decision | None:
    passed: list[PassedOver] = []
    for rule in candidates:
        missed = rule.missed(facts)
        if not missed:
            return _decision(rules, rule, facts, tuple(passed))
        passed.append(PassedOver(rule.name, rule.line, tuple(missed)))
    return None


def _as_requested(rules: Rules, facts: Facts) -> Decision:
    """Nobody has thought of this reason: the team that was asked for, or that of the topic."""
    assert facts.requested
    passed = tuple(PassedOver(rule.name, rule.line, tuple(rule.missed(facts))) for rule in rules.rules)
    say = introduce(rules, rules.say, facts.team)
    return Decision(None, rules.file, facts.team, "normal", facts.requested, (), say, True, facts, passed)


def _decision(rules: Rules, rule: Rule, facts: Facts, passed: tuple[PassedOver, ...]) -> Decision:
    team = facts.team if rule.team == BY_TOPIC else rule.team
    return Decision(
        rule=rule.name,
        where=f"{rules.file}:{rule.line}",
        team=team,
        priority=rule.priority,
        reason=rule.reason or (facts.requested if rule.asks_about("requested") else None) or rule.name,
        skills=rule.skills,
        say=introduce(rules, rule.say, team),
        keep_reply=rule.keep_reply,
        facts=facts,
        passed_over=passed,
    )


def introduce(rules: Rules, words: str, team: str) -> str:
    """The words with the team's introduction in them."""
    return words.replace("{team}", rules.introductions.get(team) or rules.introductions[SUPPORT])

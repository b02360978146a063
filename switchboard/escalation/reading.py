"""The rules' file. It is checked as a whole when it is read, and every error names file and line."""

import re
from collections.abc import Collection, Mapping
from pathlib import Path

from switchboard.conversations.holder import PRIORITIES
from switchboard.escalation.anger import Lexicon
from switchboard.escalation.conditions import Condition, Is, OneOf, Within
from switchboard.escalation.facts import AT_ONCE, FLAGS, NAMES, NUMBERS, Vocabulary
from switchboard.escalation.lines import Part, read_yaml
from switchboard.escalation.rules import BY_TOPIC, Rule, Rules
from switchboard.escalation.words import Words

SECTIONS = ("say", "topics", "keywords", "harmless", "anger", "escalate")
RULE = ("rule", "when", "team", "reason", "say", "priority", "skills", "keep_reply", "at_once")
LEXICON = ("insults", "swearing", "complaints", "kind")
BOUNDS = ("at_least", "below")

Names = Mapping[str, Collection[str]]
"""Those that there are, by fact; a fact that is missing can have any."""

PLACEHOLDER = re.compile(r"\{[^}]*\}?|\}")


def load(path: Path, introductions: Mapping[str, str], named: Names | None = None) -> Rules:
    """The rules of a file.

    Args:
        introductions: the teams there are, and how each is introduced to the customer.
        named: the names that a fact can have, where they are known.

    Raises:
        BadRules: something in it can't be used; the message says what, in which file and line.
    """
    whole = read_yaml(path)
    sections = whole.fields(SECTIONS, needed=("say", "escalate"))
    vocabulary = _vocabulary(sections, introductions)
    say = _words(sections["say"])
    known = {**(named or {}), "keywords": vocabulary.keywords, "topic": introductions}
    rules = [_rule(part, known, introductions, say) for part in sections["escalate"].items()]
    _check_order(sections["escalate"].items(), rules)
    return Rules(str(path), tuple(rules), vocabulary, say, introductions)


def _vocabulary(sections: Mapping[str, Part], introductions: Mapping[str, str]) -> Vocabulary:
    topics = sections["topics"].fields(introductions) if "topics" in sections else {}
    keywords = sections["keywords"].fields() if "keywords" in sections else {}
    lexicon = sections["anger"].fields(LEXICON) if "anger" in sections else {}
    return Vocabulary(
        {team: Words(part.texts()) for team, part in topics.items()},
        {group: Words(part.texts()) for group, part in keywords.items()},
        Words(sections["harmless"].texts() if "harmless" in sections else ()),
        Lexicon(**{name: Words(part.texts()) for name, part in lexicon.items()}),
    )


def _rule(part: Part, known: Names, introductions: Mapping[str, str], say: str) -> Rule:
    fields = part.fields(RULE, needed=("rule", "when", "team"))
    name, at_once = fields["rule"].text(), "at_once" in fields and fields["at_once"].flag()
    return Rule(
        name=name,
        line=part.line,
        when=_conditions(fields["when"], known, at_once),
        team=fields["team"].one_of([*introductions, BY_TOPIC]),
        say=_words(fields["say"]) if "say" in fields else say,
        reason=fields["reason"].text() if "reason" in fields else None,
        priority=fields["priority"].one_of(PRIORITIES) if "priority" in fields else "normal",
        skills=tuple(fields["skills"].texts()) if "skills" in fields else (),
        keep_reply="keep_reply" not in fields or fields["keep_reply"].flag(),
        at_once=at_once,
    )


def _conditions(part: Part, known: Names, at_once: bool) -> tuple[Condition, ...]:
    facts = part.fields(sorted(NAMES | NUMBERS | FLAGS))
    if not facts:
        part.refuse("a rule needs a condition.")
    for fact, wanted in facts.items():
        if at_once and fact not in AT_ONCE:
            these = ", ".join(sorted(AT_ONCE))
            wanted.refuse(f"{fact!r} is not known yet when a rule is asked at once; known are {these}.")
    return tuple(_condition(fact, wanted, known.get(fact)) for fact, wanted in facts.items())


def _condition(fact: str, wanted: Part, names: Collection[str] | None) -> Condition:
    if fact in FLAGS:
        return Condition(fact, Is(wanted.flag()))
    if fact in NUMBERS:
        return Condition(fact, _bounds(wanted))
    chosen = wanted.texts()
    for name in chosen:
        if names is not None and name not in names:
            wanted.refuse(f"there is no {name!r}; there are {', '.join(names)}.")
    return Condition(fact, OneOf(tuple(chosen)))


def _bounds(part: Part) -> Within:
    bounds = {name: each.number() for name, each in part.fields(BOUNDS).items()}
    if not bounds:
        part.refuse("'at_least' or 'below' is needed here.")
    return Within(**bounds)


def _words(part: Part) -> str:
    words = part.text()
    for placeholder in PLACEHOLDER.findall(words):
        if placeholder != "{team}":
            part.refuse(f"there is no {placeholder}; the only one is {{team}}.")
    return words


def _check_order(parts: list[Part], rules: list[Rule]) -> None:
    """Rules have names of their own, and those that are asked at once come first: so the first that matches wins."""
    lines: dict[str, int] = {}
    for part, rule in zip(parts, rules, strict=True):
        if rule.name in lines:
            part.refuse(f"{rule.name!r} is the rule of line {lines[rule.name]} already.")
        lines[rule.name] = rule.line
    for part, rule, before in zip(parts[1:], rules[1:], rules, strict=False):
        if rule.at_once and not before.at_once:
            part.refuse(f"{rule.name!r} is asked at once, so it must come before {before.name!r}, which isn't.")

"""What is wrong with a file of rules is said with file and line."""

from pathlib import Path

import pytest

from switchboard.errors import BadRules
from switchboard.escalation.reading import load
from switchboard.escalation.rules import Rules

TEAMS = {"billing": "billing", "orders": "orders", "accounts": "accounts", "support": "support"}

HEAD = "say: '{team} comes'\nkeywords: {legal: [sue you]}\nescalate:\n"
"""The first three lines of most files here; the first rule begins in the fourth."""


def read(tmp_path: Path, text: str | bytes) -> Rules:
    file = tmp_path / "rules.yml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return load(file, TEAMS, {"intent": ["complaint", "greet"], "tier": ["standard", "plus"]})


def refused(tmp_path: Path, text: str | bytes) -> str:
    with pytest.raises(BadRules) as refusal:
        read(tmp_path, text)
    return refusal.value.message.replace(str(tmp_path / "rules.yml"), "FILE")


def rule(**changes: str | None) -> str:
    """A rule of which these fields are different, or missing."""
    fields = {"rule": "one", "when": "{keywords: legal}", "team": "support"} | changes
    return "- " + "\n  ".join(f"{name}: {value}" for name, value in fields.items() if value is not None) + "\n"


def test_a_rule_has_what_it_says(tmp_path: Path) -> None:
    more = {
        "priority": "urgent",
        "skills": "[law, german]",
        "reason": "lawyer",
        "keep_reply": "false",
        "at_once": "true",
    }

    [read_rule] = read(tmp_path, HEAD + rule(say="Hello, {team}", **more)).rules

    assert (read_rule.name, read_rule.line, read_rule.team, read_rule.priority) == ("one", 4, "support", "urgent")
    assert (read_rule.skills, read_rule.reason) == (("law", "german"), "lawyer")
    assert (read_rule.keep_reply, read_rule.at_once, read_rule.say) == (False, True, "Hello, {team}")


def test_what_a_rule_does_not_say_has_a_default(tmp_path: Path) -> None:
    [read_rule] = read(tmp_path, HEAD + rule()).rules

    assert (read_rule.priority, read_rule.skills, read_rule.reason) == ("normal", (), None)
    assert (read_rule.keep_reply, read_rule.at_once, read_rule.say) == (True, False, "{team} comes")


@pytest.mark.parametrize(
    ("changes", "where", "why"),
    [
        ({"when": None}, 4, "'when' is missing."),
        ({"team": None}, 4, "'team' is missing."),
        ({"tema": "support"}, 7, "there is no 'tema' here"),
        ({"team": "nobody"}, 6, "there is no 'nobody'; there are billing, orders, accounts, support, by_topic."),
        ({"team": "[support]"}, 6, "a text is needed here."),
        ({"priority": "hihg"}, 7, "there is no 'hihg'; there are low, normal, high, urgent."),
        ({"priority": "3"}, 7, "a text is needed here."),
        ({"skills": "[1]"}, 7, "a text is needed here."),
        ({"skills": "[]"}, 7, "the list is empty."),
        ({"reason": "2026-99-99"}, 7, "'2026-99-99' can't be read."),
        ({"reason": "!ours legal"}, 7, "'legal' can't be read."),
        ({"keep_reply": "maybe"}, 7, "true or false is needed here."),
        ({"at_once": "1"}, 7, "true or false is needed here."),
        ({"say": "''"}, 7, "a text is needed here."),
        ({"say": "'Hello {name}'"}, 7, "there is no {name}; the only one is {team}."),
        ({"say": "'Hello {team'"}, 7, "there is no {team; the only one is {team}."),
        ({"say": "'Hello }'"}, 7, "there is no }; the only one is {team}."),
        ({"reason": "{}"}, 7, "a text is needed here."),
        ({"when": "{}"}, 5, "a rule needs a condition."),
        ({"when": "[legal]"}, 5, "names with values are needed here, like 'team: billing'."),
        ({"when": "legal"}, 5, "names with values are needed here, like 'team: billing'."),
        ({"when": "{angry: true}"}, 5, "there is no 'angry' here; there are amount, anger,"),
        ({"when": "{requested_team: billing}"}, 5, "there is no 'requested_team' here"),
        ({"when": "{keywords: lagel}"}, 5, "there is no 'lagel'; there are legal."),
        ({"when": "{topic: lamps}"}, 5, "there is no 'lamps'; there are billing, orders, accounts, support."),
        ({"when": "{intent: 5}"}, 5, "a text is needed here."),
        ({"when": "{intent: complant}"}, 5, "there is no 'complant'; there are complaint, greet."),
        ({"when": "{intent: [greet, complant]}"}, 5, "there is no 'complant'; there are complaint, greet."),
        ({"when": "{tier: pluss}"}, 5, "there is no 'pluss'; there are standard, plus."),
        ({"when": "{intent: []}"}, 5, "the list is empty."),
        ({"when": "{anger: 0.7}"}, 5, "names with values are needed here"),
        ({"when": "{anger: {}}"}, 5, "'at_least' or 'below' is needed here."),
        ({"when": "{anger: {above: 0.7}}"}, 5, "there is no 'above' here; there are at_least, below."),
        ({"when": "{anger: {at_least: much}}"}, 5, "a number is needed here."),
        ({"when": "{anger: {at_least: true}}"}, 5, "a number is needed here."),
        ({"when": "{within_hours: closed}"}, 5, "true or false is needed here."),
        ({"when": "{keywords: legal, keywords: legal}"}, 5, "'keywords' is here twice."),
        ({"when": "{intent: greet}", "at_once": "true"}, 5, "'intent' is not known yet when a rule is asked at once"),
        ({"when": "{failures_in_row: {at_least: 2}}", "at_once": "true"}, 5, "'failures_in_row' is not known yet"),
        ({"when": "{tier: plus}", "at_once": "true"}, 5, "'tier' is not known yet when a rule is asked at once"),
        ({"when": "{requested: x}", "at_once": "true"}, 5, "'requested' is not known yet when a rule is asked at once"),
    ],
)
def test_a_bad_rule(tmp_path: Path, changes: dict[str, str | None], where: int, why: str) -> None:
    assert refused(tmp_path, HEAD + rule(**changes)).startswith(f"FILE, line {where}: {why}")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "FILE, line 1: the file is empty."),
        ("# nothing\n", "FILE, line 1: the file is empty."),
        ("[]", "FILE, line 1: names with values are needed here, like 'team: billing'."),
        ("say: Hi\n", "FILE, line 1: 'escalate' is missing."),
        ("escalate: []\n", "FILE, line 1: 'say' is missing."),
        ("say: Hi\nescalate: {}\n", "FILE, line 2: a list is needed here."),
        ("say: Hi\nescalate:\n", "FILE, line 2: a list is needed here."),
        ("say: Hi\n\nrules: []\nescalate: []\n", "FILE, line 3: there is no 'rules' here"),
        ("say: Hi\nescalate:\n- one\n", "FILE, line 3: names with values are needed here"),
        ("say: Hi\n\n  bad: [\n", "FILE, line 3: mapping values are not allowed here."),
        ("say: [Hi\n", "FILE, line 2: expected ',' or ']', but got '<stream end>'."),
        (b"say: \xff\n", "FILE, byte 5: not UTF-8."),
        ("say: Hi\n\nrules: \x0b\n", "FILE, line 3: a character that can't be printed: U+000B."),
        ("# \x00", "FILE, line 1: a character that can't be printed: U+0000."),
        (
            "say: Hi\ntopics: {lamps: [lamp]}\nescalate: []\n",
            "FILE, line 2: there is no 'lamps' here; there are accounts",
        ),
        ("say: Hi\nkeywords: {legal: []}\nescalate: []\n", "FILE, line 2: the list is empty."),
        ("say: Hi\nkeywords:\n  legal: [sue, [you]]\nescalate: []\n", "FILE, line 3: a text is needed here."),
        ("say: Hi\nkeywords:\n  legal: a\n  legal: b\nescalate: []\n", "FILE, line 4: 'legal' is here twice."),
        (
            "say: Hi\nanger: {rude: [you]}\nescalate: []\n",
            "FILE, line 2: there is no 'rude' here; there are complaints",
        ),
        (HEAD + rule() + rule(), "FILE, line 7: 'one' is the rule of line 4 already."),
        (
            HEAD + rule() + rule(rule="two", at_once="true"),
            "FILE, line 7: 'two' is asked at once, so it must come before 'one', which isn't.",
        ),
    ],
)
def test_a_bad_file(tmp_path: Path, text: str | bytes, why: str) -> None:
    assert refused(tmp_path, text).startswith(why)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadRules, match=r"missing.yml can't be read: No such file or directory."):
        load(tmp_path / "missing.yml", TEAMS)


def test_a_file_without_words_has_rules_all_the_same(tmp_path: Path) -> None:
    rules = read(tmp_path, "say: Hi\nescalate:\n" + rule(when="{requested: [a, b]}", team="by_topic"))

    assert rules.rules[0].when[0].holds("b")
    assert rules.vocabulary.topics == {}

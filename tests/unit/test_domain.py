"""The assistant's intents, as others need them."""

from pathlib import Path

import pytest

from switchboard.errors import BadRules, StartError
from switchboard.routing.teams import load_teams
from switchboard.settings import Settings
from switchboard.turns.domain import intents
from switchboard.turns.escalating import load_rules


def test_intents_are_named_with_and_without_what_they_use(tmp_path: Path) -> None:
    domain = tmp_path / "domain.yml"
    domain.write_text("intents:\n- greet\n- complaint: {use_entities: []}\n", encoding="utf-8")

    assert intents(domain) == ["greet", "complaint"]


@pytest.mark.parametrize(
    "content", ["", "intents:\n", "intents: 5\n", "slots: {}\n", "a: [\n", "- a\n", "intents: [5]\n", "intents: [{}]\n"]
)
def test_a_domain_without_intents_is_refused(tmp_path: Path, content: str) -> None:
    domain = tmp_path / "domain.yml"
    domain.write_text(content, encoding="utf-8")

    with pytest.raises(StartError, match=r"The intents of .*domain.yml can't be read"):
        intents(domain)


def test_a_domain_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StartError, match=r"The intents of .*missing.yml can't be read"):
        intents(tmp_path / "missing.yml")


@pytest.mark.parametrize(
    ("condition", "why"),
    [("intent: complant", "there is no 'complant'; there are greet, "), ("tier: pluss", "there are standard, plus.")],
)
def test_rules_about_what_can_never_be_are_refused(tmp_path: Path, condition: str, why: str) -> None:
    file = tmp_path / "rules.yml"
    file.write_text(f"say: Hi\nescalate:\n- {{rule: one, when: {{{condition}}}, team: support}}\n", encoding="utf-8")
    settings = Settings(escalation_file=str(file))

    with pytest.raises(BadRules, match=f"line 3: .*{why}"):
        load_rules(settings, load_teams(settings.teams_file))


@pytest.mark.parametrize("condition", ["requested: reason_of_ones_own", "intent: nlu_fallback"])
def test_what_can_be_is_not_refused(tmp_path: Path, condition: str) -> None:
    file = tmp_path / "rules.yml"
    file.write_text(f"say: Hi\nescalate:\n- {{rule: one, when: {{{condition}}}, team: support}}\n", encoding="utf-8")
    settings = Settings(escalation_file=str(file))

    assert load_rules(settings, load_teams(settings.teams_file)).rules[0].name == "one"

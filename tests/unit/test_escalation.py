"""Which rule decides on which facts, and what comes of it."""

import re
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from switchboard.escalation import facts as facts_module
from switchboard.escalation import words
from switchboard.escalation.conditions import Condition, Is, OneOf, Within
from switchboard.escalation.facts import (
    AT_ONCE,
    CRM,
    FLAGS,
    NAMES,
    NUMBERS,
    Facts,
    Vocabulary,
    amount,
    read_text,
    same_question,
)
from switchboard.escalation.reading import load
from switchboard.escalation.rules import Rule, Rules, decide, decide_at_once
from switchboard.escalation.words import Words
from switchboard.routing.teams import load_teams

TEAMS = load_teams("data/teams.yml").introductions
ROOT = Path(__file__).parents[2]
OURS = load(Path("data/escalation.yml"), TEAMS)
HOLD_ON = "Please hold on."


def facts_of(text: str, **more: Any) -> Facts:
    return read_text(text, OURS.vocabulary).with_(**more)


def examples(*patterns: str) -> Iterable[str]:
    """The examples of the training data, without the marks of entities."""
    for path in [path for pattern in patterns for path in sorted(ROOT.glob(pattern))]:
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.strip().startswith("- ") and "regex" not in line:
                yield re.sub(r"\[([^]]*)](\([^)]*\)|\{[^}]*})", r"\1", line.strip()[2:])


# The team of a topic


@pytest.mark.parametrize(
    ("text", "team"),
    [
        ("I need to discuss a billing issue with a representative.", "billing"),
        ("Someone charged me twice", "billing"),
        ("I want my REFUND from a person", "billing"),
        ("let me talk to a human about my invoice", "billing"),
        ("Where is my parcel? Get me a person", "orders"),
        ("a person about order 12345 please", "orders"),
        ("my delivery never came, agent!", "orders"),
        ("I can't log in, I need help from a person", "accounts"),
        ("somebody must reset my password", "accounts"),
        ("talk to a real person", "support"),
        ("the charger and the cardboard box are broken", "support"),
        ("agent", "support"),
        ("", "support"),
        ("I have a disorder with my repayments", "support"),
    ],
)
def test_a_message_names_a_teams_topic(text: str, team: str) -> None:
    assert facts_of(text).topic == team


def test_billing_is_announced_as_promised() -> None:
    decision = decide(OURS, facts_of("a billing issue", requested="asked_for_a_person"))

    assert decision
    assert decision.say == "I will connect you with a billing specialist. Please hold on."


@pytest.mark.parametrize("team", TEAMS)
def test_every_team_can_be_announced(team: str) -> None:
    decision = decide(OURS, Facts(requested="asked_for_a_person", requested_team=team))

    assert decision
    assert (decision.team, TEAMS[team] in decision.say) == (team, True)


# Our rules


@pytest.mark.parametrize(
    ("text", "rule", "priority"),
    [
        ("I want to kill myself", "self_harm", "urgent"),
        ("sometimes I think of suicide", "self_harm", "urgent"),
        ("I will kill you all", "threat", "urgent"),
        ("I know where you live", "threat", "urgent"),
        ("the toaster caught fire", "safety", "urgent"),
        ("my kettle gave me an ELECTRIC   SHOCK", "safety", "urgent"),
        ("I cut myself on the broken glass and I'm in hospital", "safety", "urgent"),
        ("you will hear from my lawyer", "legal", "high"),
        ("I’ll sue", "legal", "high"),
        ("see you in court", "legal", "high"),
        ("I want to kill my self", "self_harm", "urgent"),
        ("i wanna die", "self_harm", "urgent"),
        ("I don't want to live", "self_harm", "urgent"),
        ("i dont want to live anymore", "self_harm", "urgent"),
        ("I do not want to live like this", "self_harm", "urgent"),
        ("I wish I was dead", "self_harm", "urgent"),
        ("there's no reason to live", "self_harm", "urgent"),
        ("I'm thinking about ending my life", "self_harm", "urgent"),
        ("everyone would be better off if I hang myself", "self_harm", "urgent"),
        ("I'm gonna kill you", "threat", "urgent"),
        ("someone is going to kill your driver", "threat", "urgent"),
        ("ill kill you", "threat", "urgent"),
        ("I will hurt you", "threat", "urgent"),
        ("I'm going to shoot you", "threat", "urgent"),
        ("I'll bring a gun", "threat", "urgent"),
        ("I will burn your office down", "threat", "urgent"),
        ("my toaster caught on fire", "safety", "urgent"),
        ("the kettle gave me a shock", "safety", "urgent"),
        ("the lamp gave my son a shock", "safety", "urgent"),
        ("my son was burned by your kettle", "safety", "urgent"),
        ("my baby was burnt by the kettle", "safety", "urgent"),
        ("I got burned by the kettle", "safety", "urgent"),
        ("The kettle burned my daughter", "safety", "urgent"),
        ("smoke is coming from the mixer", "safety", "urgent"),
        ("there was smoke from the toaster", "safety", "urgent"),
        ("the toaster is smoking", "safety", "urgent"),
        ("the toaster went up in flames", "safety", "urgent"),
        ("the cable is melting", "safety", "urgent"),
        ("its on fire", "safety", "urgent"),
        ("I got an electric shock when I plugged it in", "safety", "urgent"),
        ("it shocked me when I touched it", "safety", "urgent"),
        ("the charger zapped me", "safety", "urgent"),
        ("the glass shattered and cut my hand", "safety", "urgent"),
        ("I'm bleeding", "safety", "urgent"),
        ("my daughter was taken to the hospital", "safety", "urgent"),
        ("we had to go to hospital because of it", "safety", "urgent"),
        ("your heater put my mother in the hospital", "safety", "urgent"),
        ("the shelf collapsed and I was injured", "safety", "urgent"),
        ("the shelf fell on my son", "safety", "urgent"),
        ("there is a burning smell", "safety", "urgent"),
        ("I smell burning from my toaster", "safety", "urgent"),
        ("the kettle smells of smoke", "safety", "urgent"),
        ("someone died from your heater", "safety", "urgent"),
        ("this toaster is a fire hazard", "safety", "urgent"),
        ("the battery is swollen", "safety", "urgent"),
        ("my child is choking on a part of it", "safety", "urgent"),
        ("the plug melted in the socket", "safety", "urgent"),
        ("it could have killed us", "safety", "urgent"),
        ("my son is in hospital with burns", "safety", "urgent"),
        ("it burned my hands", "safety", "urgent"),
        ("the lamp is burning", "safety", "urgent"),
        ("My son is injured because of your ladder", "safety", "urgent"),
        ("I'm injured, your chair collapsed", "safety", "urgent"),
        ("my daughter has a serious injury", "safety", "urgent"),
        ("your kettle injured us", "safety", "urgent"),
        ("Electric shock from your lamp!", "safety", "urgent"),
        ("My child is in hospital", "safety", "urgent"),
        ("I went to the hospital", "safety", "urgent"),
        ("I'm in the emergency room because of your pan", "safety", "urgent"),
        ("your toaster is a serious fire hazard", "safety", "urgent"),
        ("fire hazard!!", "safety", "urgent"),
        ("I'm going to kill him", "threat", "urgent"),
        ("I'll kill that driver", "threat", "urgent"),
        ("I will kill you to get it", "threat", "urgent"),
        ("I'm a lawyer and I will sue you", "legal", "high"),
        ("I've talked to a lawyer", "legal", "high"),
        ("I am a journalist and have questions", "press", "high"),
        ("then I'm going to the press", "press", "high"),
    ],
)
def test_what_must_not_wait_is_decided_at_once(text: str, rule: str, priority: str) -> None:
    decision = decide_at_once(OURS, facts_of(text))

    assert decision
    assert (decision.rule, decision.priority, decision.reason) == (rule, priority, rule)


@pytest.mark.parametrize(
    "text",
    [
        "do you sell a garlic press",
        "the French press is broken, press the button they say",
        "my name is Sue, send it to Sue Miller",
        "I live at 12 Court Street",
        "is the pan toxic",
        "what is a fire pit",
        "I killed the plant, can I send the pot back",
        "is the shirt bleeding colour",
        "is this bath bomb suitable for kids",
        "where is the smoke coloured glass",
        "Please deliver it to the hospital, ward 3",
        "I was in hospital last week so I missed the delivery",
        "I am in the hospital and can't sign for the parcel",
        "My wife is going to kill me if it doesn't arrive",
        "my boss will kill me",
        "It wouldn't hurt you to answer",
        "I'll shoot you an email",
        "does it hurt to wait",
        "I don't want to live without this pan haha",
        "Is the toaster certified against electric shock?",
        "is there a risk of an electric shock",
        "Is the pan a fire hazard?",
        "I'm injured and can't lift, can the courier carry it upstairs",
        "I have a back injury, is the chair good for it",
        "I'm a lawyer and need an invoice for my office",
        "it sparks joy",
        "the chocolate melted on the way",
        "the candle burned down too quickly",
        "I burned my toast",
        "can I use it as a smoker",
        "does the smoke alarm come with batteries",
        "is it a choking hazard",
        "can the pan catch fire on gas",
        "the nurse at the emergency room desk takes parcels",
        "I'm dying to know when it ships",
        "the shirt is bleeding colour",
        "the price gave us sticker shock",
        "how do I hang my shelf",
        "I nearly died laughing at the mug",
        "the store is 5 kms from here",
        "is the kettle hot enough to burn",
        "we live in Burnt Mills",
        "does this chair hurt your back",
        "the lamp sparked my interest",
        "how long is the candle burning",
        "the courier took it to the hospital",
    ],
)
def test_what_only_sounds_like_it_is_not(text: str) -> None:
    assert decide_at_once(OURS, facts_of(text)) is None


@pytest.mark.parametrize(
    ("facts", "rule", "team", "priority", "reason"),
    [
        ({"requested": "asked_for_a_person"}, "asked_for_a_person", "support", "normal", "asked_for_a_person"),
        ({"requested": "asked_for_a_person", "topic": "orders"}, "asked_for_a_person", "orders", "normal", None),
        (
            {"requested": "asked_for_a_person", "tier": "plus"},
            "asked_for_a_person_as_a_plus_member",
            None,
            "high",
            None,
        ),
        ({"requested": "asked_for_a_person", "tier": "standard"}, "asked_for_a_person", None, "normal", None),
        (
            {"requested": "asked_for_a_person", "waiting_minutes": 10.0},
            "asked_for_a_person_after_a_long_wait",
            None,
            "high",
            "asked_for_a_person",
        ),
        ({"requested": "asked_for_a_person", "anger": 0.7}, "anger", None, "high", "anger"),
        ({"requested": "asked_for_a_person", "anger": 0.69}, "asked_for_a_person", None, "normal", None),
        ({"requested": "no_article", "topic": "billing"}, "no_answer_to_give", "billing", "normal", "no_article"),
        ({"requested": "order_not_found"}, "trouble_with_an_order", "orders", "normal", "order_not_found"),
        ({"requested": "no_usable_answer"}, "trouble_with_an_order", "orders", "normal", "no_usable_answer"),
        ({"requested": "identity_not_confirmed"}, "trouble_with_an_order", "orders", "normal", None),
        ({"requested": "crm_away", "topic": "billing"}, "trouble_with_an_order", "orders", "normal", "crm_away"),
        ({"requested": "effect_unknown", "topic": "accounts"}, "unknown_whether_it_was_done", "accounts", "high", None),
        ({"requested": "not_understood", "topic": "orders"}, "words_not_understood", "support", "normal", None),
        ({"requested": "other_language"}, "words_not_understood", "support", "normal", "other_language"),
        ({"requested": "something_new", "topic": "orders"}, None, "orders", "normal", "something_new"),
        ({"requested": "something_new", "requested_team": "billing"}, None, "billing", "normal", "something_new"),
        ({"keywords": ("person",), "failures_in_row": 1}, "named_a_person_and_was_not_understood", None, None, None),
        ({"repeated_questions": 2, "failures_in_row": 1}, "asked_again_and_not_understood", None, None, None),
        ({"intent": "complaint", "tier": "plus"}, "complaint_of_a_plus_member", "support", "high", None),
        ({"intent": "complaint", "open_orders_value": 500.0}, "complaint_with_much_at_stake", "orders", "high", None),
        ({"intent": "get_refund", "amount": 500.0}, "much_money_in_question", "billing", "high", None),
    ],
)
def test_our_rules(
    facts: dict[str, Any], rule: str | None, team: str | None, priority: str | None, reason: str | None
) -> None:
    decision = decide(OURS, Facts(**facts))

    assert decision is not None
    assert decision.rule == rule
    assert decision.team == (team or decision.team)
    assert decision.priority == (priority or decision.priority)
    assert decision.reason == (reason or decision.reason)
    assert HOLD_ON in decision.say


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"intent": "pricing", "confidence": 0.99},
        {"intent": "complaint"},
        {"intent": "complaint", "tier": "standard", "open_orders_value": 499.99},
        {"keywords": ("person",), "failures_in_row": 0},
        {"failures_in_row": 1, "repeated_questions": 1},
        {"intent": "get_refund", "amount": 499.0},
        {"waiting_minutes": 60.0},
    ],
)
def test_the_assistant_goes_on_otherwise(facts: dict[str, Any]) -> None:
    assert decide(OURS, Facts(**facts)) is None


def test_no_ordinary_request_calls_a_person_by_its_words_alone() -> None:
    harmless = [text for text in examples("data/nlu/*.yml") if "lawyer" not in text]

    called = [text for text in harmless if decide_at_once(OURS, facts_of(text))]

    assert len(harmless) > 3_000
    assert [text for text in called if "consumer protection" not in text] == []


def test_every_reason_the_assistant_asks_with_has_a_rule() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "actions").rglob("*.py"))
    asked = set(re.findall(r'(?:hand_over\(dispatcher, |CallPerson\()"(\w+)"', sources))

    assert "asked_for_a_person" in asked
    assert [reason for reason in asked if decide(OURS, Facts(requested=reason)).rule is None] == []  # type: ignore[union-attr]


def test_every_intent_in_a_rule_is_one_of_the_domain() -> None:
    domain = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
    intents = {next(iter(each)) if isinstance(each, dict) else each for each in domain["intents"]}
    named = [c.wanted.names for rule in OURS.rules for c in rule.when if c.fact == "intent"]

    assert named
    assert {name for names in named for name in names} <= intents


def test_rasa_takes_the_rules_for_no_training_data() -> None:
    lines = (ROOT / "data/escalation.yml").read_text(encoding="utf-8").splitlines()

    assert not [line for line in lines if re.match(r"\s*(rules|stories|nlu|version):", line)]


# Facts


def test_every_fact_can_be_asked_about_but_the_team_that_was_asked_for() -> None:
    assert {field.name for field in fields(Facts)} == NAMES | NUMBERS | FLAGS | {"requested_team"}
    assert AT_ONCE | CRM < NAMES | NUMBERS | FLAGS


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("I was charged $49.90", 49.9),
        ("$ 1,249.50 instead of $99", 1249.5),
        ("charged 500 dollars", 500),
        ("99€ or £5", 99),
        ("500", None),
        ("order 12345", None),
        ("order #12345 for 20 usd", 20),
        ("W1234567 cost 30 euros", 30),
        ("3 pounds of flour", 3),
        ("$", None),
        ("", None),
    ],
)
def test_the_sum_in_question(text: str, found: float | None) -> None:
    assert amount(text) == found


@pytest.mark.parametrize(
    ("text", "other", "same"),
    [
        ("where is my order", "Where is my order?", True),
        ("where is my order", "so where is my order", True),
        ("WHERE’S my order now", "where's my order now", True),
        ("where is my order 12345", "where is my order 67890", False),
        ("track my order", "cancel my order", False),
        ("yes", "yes", False),
        ("12345", "12345", False),
        ("thank you", "thank you", False),
        ("", "", False),
    ],
)
def test_asking_the_same_again(text: str, other: str, same: bool) -> None:
    assert same_question(text, other) is same
    assert same_question(other, text) is same


def test_a_question_is_repeated_as_often_as_it_was_asked_before() -> None:
    earlier = ["where is my order?", "what does it cost", "where is my order"]

    assert read_text("Where is my order!", OURS.vocabulary, earlier).repeated_questions == 2


def test_only_what_is_known_is_told() -> None:
    assert facts_of("my lawyer").as_json() == {
        "keywords": ("legal",),
        "anger": 0.0,
        "topic": "support",
        "repeated_questions": 0,
    }


def test_the_examples_in_the_docstrings_hold() -> None:
    import doctest

    for module in (words, facts_module):
        assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize(
    ("word", "text", "found"),
    [
        ("pay*", "repay", False),
        ("pay*", "PAYMENT", True),
        ("pay", "payment", False),
        ("log in", "log\n in", True),
        ("log in", "log into", False),
        ("don't", "don’t", True),
        ("don't", "dont", True),
        ("burn* my hand*", "it burnt  my hands", True),
        ("burn* my hand*", "it burnt my toast", False),
        ("gave * a shock", "it gave me a shock", True),
        ("gave * a shock", "it gave a shock", False),
        ("c++", "c++ now", True),
        ("a.b", "axb", False),
    ],
)
def test_words_are_whole_words(word: str, text: str, found: bool) -> None:
    assert bool(Words([word]).found(text)) is found


# Conditions and decisions


@pytest.mark.parametrize(
    ("wanted", "value", "holds"),
    [
        (OneOf(("plus",)), "plus", True),
        (OneOf(("plus",)), "standard", False),
        (OneOf(("legal", "press")), ("press", "person"), True),
        (OneOf(("legal",)), (), False),
        (Within(at_least=2), 2, True),
        (Within(at_least=2), 1, False),
        (Within(below=0.4), 0.4, False),
        (Within(below=0.4), 0.39, True),
        (Within(at_least=1, below=3), 3, False),
        (Within(at_least=0), 0.0, True),
        (Is(False), False, True),
        (Is(False), True, False),
        (OneOf(("plus",)), None, False),
        (Within(below=1), None, False),
        (Is(False), None, False),
    ],
)
def test_conditions(wanted: Any, value: Any, holds: bool) -> None:
    condition = Condition("fact", wanted)

    assert condition.holds(value) is holds


def test_a_decision_says_why_the_rules_before_did_not_match() -> None:
    decision = decide(OURS, facts_of("a person please", intent="contact_human_agent", requested="asked_for_a_person"))

    assert decision
    explained = {line.split(" ")[0]: line.partition(": ")[2] for line in decision.explain()}
    assert list(explained) == [rule.name for rule in OURS.rules if rule.line < _line(decision.where)]
    assert explained["legal"] == "keywords is person, not legal"
    assert explained["anger"] == "anger is 0, not at least 0.7"
    assert explained["asked_for_a_person_as_a_plus_member"] == "tier is not known, not plus"
    assert decision.where.startswith("data/escalation.yml:")


def test_a_request_without_a_rule_explains_all_of_them() -> None:
    decision = decide(OURS, Facts(requested="something_new"))

    assert decision
    assert len(decision.explain()) == len(OURS.rules)


def test_what_is_stored_are_the_facts_and_why() -> None:
    decision = decide_at_once(OURS, facts_of("my attorney"))

    assert decision
    stored = decision.as_json()
    assert stored["keywords"] == ("legal",)
    assert stored["decided"] == {
        "team": "support",
        "priority": "high",
        "where": decision.where,
        "passed_over": decision.explain(),
    }


def test_words_in_braces_that_come_from_elsewhere_stay_as_they_are() -> None:
    rules = Rules("f", (), Vocabulary(), "{team}!", {"support": "{team} {0}"})

    decision = decide(rules, Facts(requested="x"))

    assert decision
    assert decision.say == "{team} {0}!"


@st.composite
def some_rules(draw: st.DrawFn) -> Rules:
    """Rules about two facts, in any order and number."""
    bounds = st.integers(0, 4).map(lambda n: Condition("repeated_questions", Within(at_least=n)))
    tiers = st.sampled_from(["plus", "standard"]).map(lambda name: Condition("tier", OneOf((name,))))
    whens = draw(st.lists(st.lists(bounds | tiers, min_size=1, max_size=3).map(tuple), max_size=6))
    made = tuple(Rule(f"r{n}", n, when, "support", "Hi") for n, when in enumerate(whens, start=1))
    return Rules("file", made, Vocabulary(), "Hi", TEAMS)


@given(some_rules(), st.integers(0, 4), st.sampled_from(["plus", "standard", None]))
def test_the_first_rule_that_matches_wins(rules: Rules, repeated: int, tier: str | None) -> None:
    facts = Facts(repeated_questions=repeated, tier=tier)

    decision = decide(rules, facts)

    matching = [rule.name for rule in rules.rules if all(c.holds(getattr(facts, c.fact)) for c in rule.when)]
    assert (decision.rule if decision else None) == (matching[0] if matching else None)
    if decision:
        assert len(decision.passed_over) == _line(decision.where) - 1
        assert all(passed.why for passed in decision.passed_over)


def _line(where: str) -> int:
    return int(where.rpartition(":")[2])

"""A person is called by the rules: before Rasa is asked, or after its turn, with everything told and stored."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, insert
from sqlalchemy.engine import Engine

from switchboard.cli import main
from switchboard.conversations import holder
from switchboard.crm.sql import SqlCrm
from switchboard.database.engine import make_engine
from switchboard.database.tables import effects
from switchboard.errors import BadRules
from switchboard.server import create_app
from switchboard.settings import Settings
from switchboard.turns.commit import IN_DOUBT, UNTOLD, WROTE_MEANWHILE
from tests.system import ROOT
from tests.talking import call, give, hire, messages, offer, press, rows, say, start, state, turn, worker

ASKED = {"handoff": {"reason": "asked_for_a_person"}}
REPHRASE = turn("Could you say it in other words?", actions=["action_fallback"])


def not_asked(_: httpx.Request) -> httpx.Response:
    raise AssertionError("Rasa was asked")


def told(engine: Engine, conversation: str) -> list[str]:
    return [each.text for each in messages(engine, conversation) if each.sender != "customer"]


def handoffs(engine: Engine) -> list[tuple[Any, ...]]:
    return rows(engine, "select team, priority, reason, rule, skills from switchboard.handoffs order by handoff_id")


def facts(engine: Engine) -> dict[str, Any]:
    [(latest,)] = rows(engine, "select facts from switchboard.handoffs order by handoff_id desc limit 1")
    return dict(latest)


def talk(engine: Engine, words: str, answer: Any, conversation: str | None = None, **settings: Any) -> str:
    """One message and its turn; returns the conversation."""
    conversation = conversation or start(engine)
    say(engine, conversation, words)
    assert worker(engine, answer, **settings).work_once()
    return conversation


def did(
    engine: Engine, conversation: str, seq: int, action: str, done: bool = True, result: Any = None, **request: Any
) -> None:
    """Something is done outside for a message; nobody knows whether, unless `done`."""
    row = {"message_id": f"{conversation}:{seq}", "action": action, "ordinal": 0, "request": request}
    with engine.begin() as connection:
        done_at = {"result": result or {}, "done_at": func.now()} if done else {}
        connection.execute(insert(effects).values(row | done_at))


def noted(engine: Engine) -> list[str]:
    return [text for (text,) in rows(engine, "select text from switchboard.notes order by note_id")]


def hand_back(engine: Engine, conversation: str) -> None:
    with engine.begin() as connection:
        holder.take_back(connection, conversation, "given_back")


@pytest.fixture
def rules(tmp_path: Path) -> Callable[[str], str]:
    """A file with these rules; returns its path."""

    def write(text: str) -> str:
        file = tmp_path / "escalation.yml"
        file.write_text(f"say: '{{team}} comes.'\nkeywords: {{lamp: [lamp]}}\nescalate:\n{text}", encoding="utf-8")
        return str(file)

    return write


# At once


def test_what_must_not_wait_goes_to_a_person_without_rasa(engine: Engine) -> None:
    conversation = talk(engine, "You will hear from my lawyer.", not_asked)

    assert told(engine, conversation) == [
        "I will connect you with one of my colleagues, who can deal with this. Please hold on."
    ]
    assert (state(engine, conversation).holder, state(engine, conversation).team) == ("queue", "support")
    assert handoffs(engine) == [("support", 2, "legal", "legal", ["legal"])]
    assert rows(engine, "select outcome, intent, stage, tries from switchboard.messages where seq = 1") == [
        ("answered", None, None, 1)
    ]


def test_a_turn_without_rasa_is_not_counted_as_one_of_its_turns(engine: Engine) -> None:
    conversation = start(engine)
    say(engine, conversation, "the toaster caught fire")
    working = worker(engine, not_asked)

    working.work_once()

    assert sum(working.tally.as_json()["turns"]) == 0
    assert working.tally.as_json()["outcomes"]["answered"] == 1


def test_a_person_is_called_at_once_also_while_rasa_is_away(engine: Engine) -> None:
    def away(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("nobody there")

    conversation = talk(engine, "I want to kill myself", away)

    assert state(engine, conversation).holder == "queue"
    assert handoffs(engine) == [("support", 3, "self_harm", "self_harm", ["crisis"])]


def test_messages_gathered_into_one_turn_are_judged_together(engine: Engine) -> None:
    conversation = start(engine)
    say(engine, conversation, "hello", gather_seconds=1.0)
    say(engine, conversation, "my kettle exploded", gather_seconds=1.0)
    rows(engine, "update switchboard.conversations set claimable_at = now()")

    worker(engine, not_asked, gather_seconds=1.0).work_once()

    assert [each.outcome for each in messages(engine, conversation) if each.sender == "customer"] == ["answered"] * 2
    assert rows(engine, "select seq, rule from switchboard.handoffs") == [(2, "safety")]


def test_the_words_on_a_button_are_not_the_customers(engine: Engine) -> None:
    conversation = start(engine)
    say(engine, conversation, "hello")
    worker(engine, offer(("What if the oven caught fire?", "/faq"))).work_once()

    press(engine, conversation, "2.1")
    worker(engine, turn("Then do not use it.")).work_once()

    assert handoffs(engine) == []


def test_what_a_long_outage_means_can_be_a_rule(engine: Engine, rules: Callable[[str], str]) -> None:
    file = rules("- {rule: waits, at_once: true, when: {waiting_minutes: {at_least: 3}}, team: support}\n")
    conversation = start(engine)
    say(engine, conversation, "hello")
    rows(engine, "update switchboard.messages set created_at = now() - interval '3 minutes'")

    worker(engine, not_asked, escalation_file=file).work_once()

    assert told(engine, conversation) == ["one of my colleagues comes."]
    assert facts(engine)["waiting_minutes"] == 3.0


@pytest.mark.parametrize(("within", "matches"), [("true", True), ("false", False)])
def test_whether_the_team_is_there_can_be_a_rule(
    engine: Engine, rules: Callable[[str], str], within: str, matches: bool
) -> None:
    file = rules(f"- {{rule: there, at_once: true, when: {{within_hours: {within}}}, team: support}}\n")

    talk(engine, "hello", turn("Hello!"), escalation_file=file)

    assert bool(handoffs(engine)) is matches


def test_a_customer_who_waits_already_comes_first_by_what_must_not_wait(engine: Engine) -> None:
    conversation = talk(engine, "a person for my invoice", turn(**ASKED))

    talk(engine, "never mind, I want to die", not_asked, conversation)

    assert handoffs(engine) == [("billing", 3, "asked_for_a_person", "asked_for_a_person", [])]
    assert told(engine, conversation)[-1].startswith("I'm very sorry that you feel like this")
    assert messages(engine, conversation)[-1].sender == "system"
    assert rows(engine, "select text from switchboard.notes") == [(f"{WROTE_MEANWHILE} self_harm (urgent priority).",)]


def test_a_priority_is_never_lowered(engine: Engine) -> None:
    conversation = talk(engine, "I want to die", not_asked)

    talk(engine, "and I want my lawyer", not_asked, conversation)

    assert handoffs(engine) == [("support", 3, "self_harm", "self_harm", ["crisis"])]


def test_what_is_written_to_an_agent_is_the_agents(engine: Engine) -> None:
    conversation = talk(engine, "a person please", turn(**ASKED))
    give(engine, conversation, hire(engine))

    talk(engine, "I want to die", not_asked, conversation)

    assert messages(engine, conversation)[-1].text == "I want to die"
    assert rows(engine, "select * from switchboard.notes") == []


# After Rasa's turn


def test_what_the_assistant_asks_for_is_announced_after_its_words(engine: Engine) -> None:
    conversation = talk(engine, "où est ma commande", turn("Je suis désolé.", handoff={"reason": "other_language"}))

    assert told(engine, conversation) == [
        "Je suis désolé.",
        "I will connect you with one of my colleagues. Please hold on.",
    ]
    assert handoffs(engine) == [("support", 1, "other_language", "words_not_understood", [])]


def test_the_team_is_that_of_the_topic(engine: Engine) -> None:
    conversation = talk(engine, "I need to discuss a billing issue with a representative.", turn(**ASKED))

    assert told(engine, conversation) == ["I will connect you with a billing specialist. Please hold on."]
    assert [(each.sender, each.in_reply_to) for each in messages(engine, conversation)] == [
        ("customer", None),
        ("bot", 1),
    ]
    assert handoffs(engine) == [("billing", 1, "asked_for_a_person", "asked_for_a_person", [])]


def test_a_request_that_no_rule_is_about_is_not_lost(engine: Engine, rules: Callable[[str], str]) -> None:
    file = rules("- {rule: one, when: {intent: goodbye}, team: billing}\n")

    conversation = talk(engine, "hm", turn("Hm.", handoff={"reason": "brand_new"}), escalation_file=file)

    assert told(engine, conversation) == ["Hm.", "one of my colleagues comes."]
    assert handoffs(engine) == [("support", 1, "brand_new", None, [])]


def test_an_angry_customer_is_not_told_what_the_assistant_meant_to_say(engine: Engine) -> None:
    conversation = talk(
        engine, "THIS IS UNACCEPTABLE, where is my parcel!!!", turn("Our prices are fair.", intent="pricing")
    )

    assert told(engine, conversation) == [
        "I'm sorry that this has gone so badly. I will connect you with a specialist for orders and delivery. "
        "Please hold on."
    ]
    assert rows(engine, "select seq, text from switchboard.messages where suppressed") == [(2, "Our prices are fair.")]
    assert rows(engine, "select last_seq from switchboard.conversations") == [(3,)]
    assert handoffs(engine) == [("orders", 2, "anger", "anger", [])]


def test_asking_the_same_again_makes_a_shout_anger(engine: Engine) -> None:
    conversation = talk(engine, "WHERE IS MY PARCEL", turn("It is on its way."))
    assert handoffs(engine) == []

    talk(engine, "WHERE IS MY PARCEL", turn("It is on its way."), conversation)

    assert handoffs(engine) == [("orders", 2, "anger", "anger", [])]
    assert facts(engine)["repeated_questions"] == 1


def test_what_was_done_in_a_turn_that_is_not_told_is_noted_for_the_agents(engine: Engine) -> None:
    conversation = start(engine)
    say(engine, conversation, "yes you idiots, cancel it")

    def answer(_: httpx.Request) -> httpx.Response:
        did(engine, conversation, 1, "action_cancel_order", number="12346")
        did(engine, conversation, 1, "change_email", done=False, number=None)
        did(engine, start(engine), 1, "cancel_order")
        return httpx.Response(200, json=turn("Done."))

    worker(engine, answer).work_once()

    assert rows(engine, "select after_seq, agent_id, text from switchboard.notes order by note_id") == [
        (3, None, f"{UNTOLD} cancel order, order 12346."),
        (3, None, f"{IN_DOUBT} change email."),
    ]


def test_what_was_refused_is_not_noted_as_done(engine: Engine) -> None:
    conversation = start(engine)
    say(engine, conversation, "yes you idiots, cancel it")
    did(engine, conversation, 1, "cancel_order", result={"change": "cancel_order", "refused": "too_late"})
    did(engine, conversation, 1, "change_items", done=False, plan={"change": "change_items", "refused": "too_many"})

    worker(engine, turn("That can't be cancelled any more.")).work_once()

    assert noted(engine) == []


def test_what_an_earlier_try_did_is_noted_if_the_customer_is_not_told_any_more(engine: Engine) -> None:
    conversation = start(engine)
    say(engine, conversation, "cancel it or you hear from my lawyer")
    did(engine, conversation, 1, "cancel_order")

    worker(engine, not_asked).work_once()

    assert noted(engine) == [f"{UNTOLD} cancel order."]


def done_and_lost(engine: Engine) -> str:
    """A conversation whose "yes" was carried out by a Rasa that was killed before it answered."""
    conversation = start(engine)
    say(engine, conversation, "yes")

    def killed(_: httpx.Request) -> httpx.Response:
        did(engine, conversation, 1, "cancel_order", number="12346")
        raise httpx.ReadError("Connection reset by peer")

    worker(engine, killed, outage_seconds=60).work_once()
    return conversation


def test_what_was_done_for_a_message_that_fails_is_noted(engine: Engine) -> None:
    conversation = done_and_lost(engine)
    assert noted(engine) == []
    rows(engine, "update switchboard.messages set away_since = now() - interval '61 seconds'")
    rows(engine, "update switchboard.conversations set claimable_at = now()")
    worker(engine, lambda _: httpx.Response(503), outage_seconds=60, max_tries=1).work_once()

    assert [each.outcome for each in messages(engine, conversation)] == ["failed", None]
    assert noted(engine) == [f"{UNTOLD} cancel order, order 12346."]


def test_what_was_done_for_gathered_messages_that_fail_is_noted_once(engine: Engine) -> None:
    conversation = start(engine)
    say(engine, conversation, "yes")
    say(engine, conversation, "please")
    did(engine, conversation, 2, "cancel_order", done=False)

    worker(engine, lambda _: httpx.Response(502), gather_seconds=1.0, max_tries=1).work_once()

    assert [each.outcome for each in messages(engine, conversation)] == ["failed", "failed", None]
    assert noted(engine) == [f"{IN_DOUBT} cancel order."]


def test_what_was_done_for_a_message_that_is_forwarded_is_noted(engine: Engine) -> None:
    conversation = done_and_lost(engine)
    call(engine, conversation)
    give(engine, conversation, hire(engine))
    rows(engine, "update switchboard.conversations set claimable_at = now()")
    worker(engine, not_asked).work_once()
    talk(engine, "hello?", not_asked, conversation)

    assert [each.outcome for each in messages(engine, conversation)] == ["forwarded", "forwarded"]
    assert noted(engine) == [f"{UNTOLD} cancel order, order 12346."]


def test_what_may_have_been_done_is_noted_also_where_the_customer_has_left(engine: Engine) -> None:
    conversation = start(engine)
    say(engine, conversation, "yes")

    def answer(_: httpx.Request) -> httpx.Response:
        did(engine, conversation, 1, "change_address")
        did(engine, conversation, 1, "cancel_order", done=False, number="12346")
        with engine.begin() as connection:
            holder.close(connection, conversation)
        return httpx.Response(200, json=turn("I can't say whether that worked.", handoff={"reason": "effect_unknown"}))

    worker(engine, answer).work_once()

    assert (state(engine, conversation).holder, handoffs(engine)) == ("closed", [])
    assert noted(engine) == [f"{IN_DOUBT} cancel order, order 12346."]


def test_after_a_turn_that_is_told_nothing_is_noted(engine: Engine) -> None:
    conversation = start(engine)
    say(engine, conversation, "yes")
    did(engine, conversation, 1, "cancel_order")

    worker(engine, turn("Done.", **ASKED)).work_once()

    assert noted(engine) == []


def test_who_took_over_in_between_keeps_the_conversation(engine: Engine) -> None:
    conversation = start(engine)
    say(engine, conversation, "I hate you, idiots")

    def answer(_: httpx.Request) -> httpx.Response:
        with engine.begin() as connection:
            holder.hand_over(connection, conversation, 1, holder.Call("billing", "taken_over"))
        return httpx.Response(200, json=turn("Too late."))

    worker(engine, answer).work_once()

    assert told(engine, conversation) == []
    assert handoffs(engine) == [("billing", 1, "taken_over", None, [])]


def test_a_person_who_is_named_in_words_that_are_not_understood_comes(engine: Engine) -> None:
    conversation = talk(engine, "flurb a human wazzle", REPHRASE)

    assert told(engine, conversation) == ["I will connect you with one of my colleagues. Please hold on."]
    assert facts(engine)["failures_in_row"] == 1


def test_turns_that_did_not_understand_are_counted_until_one_does(engine: Engine, rules: Callable[[str], str]) -> None:
    file = rules("- {rule: lost, when: {failures_in_row: {at_least: 2}}, team: support}\n")
    conversation = talk(engine, "flurb", REPHRASE, escalation_file=file)
    talk(engine, "hello", turn("Hello!"), conversation, escalation_file=file)
    talk(engine, "grob", REPHRASE, conversation, escalation_file=file)
    assert handoffs(engine) == []

    talk(engine, "zint", REPHRASE, conversation, escalation_file=file)

    assert rows(engine, "select seq, rule from switchboard.handoffs") == [(7, "lost")]
    assert facts(engine)["failures_in_row"] == 2


def test_after_a_person_had_the_conversation_nothing_is_held_against_it(
    engine: Engine, rules: Callable[[str], str]
) -> None:
    file = rules("- {rule: lost, when: {failures_in_row: {at_least: 2}}, team: support}\n")
    conversation = talk(engine, "flurb a b", REPHRASE, escalation_file=file)
    talk(engine, "flurb a b", REPHRASE, conversation, escalation_file=file)
    hand_back(engine, conversation)

    talk(engine, "flurb a b", REPHRASE, conversation, escalation_file=file)

    assert len(handoffs(engine)) == 1
    assert state(engine, conversation).holder == "bot"


def test_a_turn_without_words_and_without_a_person_has_failed(engine: Engine) -> None:
    conversation = talk(engine, "hello", turn(), max_tries=1)

    assert [each.outcome for each in messages(engine, conversation)] == ["failed", None]


def test_a_team_that_does_not_exist_fails_the_turn_and_a_person_is_called_all_the_same(engine: Engine) -> None:
    conversation = talk(engine, "hm", turn(handoff={"reason": "new", "team": "nobody"}), max_tries=1)

    assert rows(engine, "select error is not null from switchboard.messages where seq = 1") == [(True,)]
    assert (state(engine, conversation).holder, state(engine, conversation).team) == ("queue", "support")


# The customer in the CRM


def verify(engine: Engine, conversation: str, customer: str = "1", level: int = 1) -> None:
    rows(
        engine,
        "update switchboard.conversations set crm = 'shop', external_id = :customer, identity_level = :level, identity_until = now() + interval '1 hour' where conversation_id = :id",
        customer=customer,
        level=level,
        id=conversation,
    )


def member(engine: Engine, tier: str) -> str:
    """A customer of that tier whom the CRM knows."""
    crm = SqlCrm(engine)
    known = rows(engine, "select customer_id from shop.customers order by customer_id")
    return next(str(each) for (each,) in known if getattr(crm.customer(str(each)), "tier", None) == tier)


@pytest.mark.parametrize(("tier", "priority"), [("plus", 2), ("standard", 1)])
def test_a_plus_member_comes_first(engine: Engine, tier: str, priority: int) -> None:
    conversation = start(engine)
    verify(engine, conversation, member(engine, tier))

    talk(engine, "a person please", turn(**ASKED), conversation)

    assert rows(engine, "select priority from switchboard.handoffs") == [(priority,)]
    assert facts(engine)["tier"] == tier
    assert facts(engine)["open_orders_value"] >= 0


def test_of_a_customer_who_is_not_verified_nothing_is_looked_up(engine: Engine) -> None:
    conversation = start(engine)
    verify(engine, conversation, member(engine, "plus"), level=0)

    talk(engine, "a person please", turn(**ASKED), conversation)

    assert handoffs(engine)[0][3] == "asked_for_a_person"
    assert "tier" not in facts(engine)


def test_with_the_crm_away_the_rules_about_the_customer_do_not_match(engine: Engine, tmp_path: Path) -> None:
    conversation = start(engine)
    verify(engine, conversation)
    say(engine, conversation, "a person please")
    working = worker(engine, turn(**ASKED))
    working.crm = SqlCrm(make_engine(Settings(database_url=f"postgresql://postgres@/none?host={tmp_path}")))

    working.work_once()

    assert handoffs(engine) == [("support", 1, "asked_for_a_person", "asked_for_a_person", [])]


def test_the_crm_is_not_asked_where_no_rule_can_depend_on_it(engine: Engine) -> None:
    conversation = start(engine)
    verify(engine, conversation)
    say(engine, conversation, "hello")
    working = worker(engine, turn("Hello!"))
    working.crm = None  # what is asked of it fails the turn

    working.work_once()

    assert [each.text for each in messages(engine, conversation)] == ["hello", "Hello!"]


# What is stored and told


def test_the_decision_is_stored_with_its_facts_and_why(engine: Engine) -> None:
    talk(engine, "I want a person for order W1234567", turn(intent="contact_human_agent", **ASKED))

    stored = facts(engine)
    decided = stored.pop("decided")
    assert stored == {
        "keywords": ["person"],
        "anger": 0.0,
        "topic": "orders",
        "repeated_questions": 0,
        "waiting_minutes": stored["waiting_minutes"],
        "within_hours": True,
        "failures_in_row": 0,
        "intent": "contact_human_agent",
        "confidence": 0.9,
        "requested": "asked_for_a_person",
    }
    assert decided["where"].startswith("data/escalation.yml:")
    assert any(line.startswith("legal (line ") for line in decided["passed_over"])
    assert "W1234567" not in json.dumps([stored, decided])


def explain(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "switchboard", "escalation", *arguments]
    environ = {"DATABASE_URL": settings.database_url, "ENV_FILE": "none", "PATH": ""}
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60)


def test_why_a_person_was_called_is_told_on_the_terminal(engine: Engine, settings: Settings) -> None:
    conversation = talk(engine, "a person for my invoice please", turn("Yes.", **ASKED))
    hand_back(engine, conversation)
    talk(engine, "I'll sue", not_asked, conversation)

    result = explain(settings, "explain", conversation)

    assert (result.returncode, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert [line.partition(", ")[0] for line in lines if not line.startswith(" ")] == ["Message 1", "Message 4"]
    assert lines[0].endswith(": billing, normal priority, because of asked_for_a_person")
    assert lines[1].startswith("  rule: asked_for_a_person (data/escalation.yml:")
    assert "  keywords: person" in lines
    assert "  requested: asked_for_a_person" in lines
    assert any(line.endswith("keywords is person, not self_harm") for line in lines)
    assert any("because of legal" in line for line in lines)


@pytest.mark.parametrize(
    ("conversation", "told"),
    [
        ("nonsense", "'nonsense' is no conversation's id."),
        ("00000000-0000-0000-0000-000000000000", "There is no such conversation."),
    ],
)
def test_what_cannot_be_explained(
    settings: Settings, capsys: Any, monkeypatch: Any, conversation: str, told: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", settings.database_url)

    assert main(["escalation", "explain", conversation]) == 1

    assert capsys.readouterr().err.strip() == told


def test_a_conversation_in_which_nobody_was_called(
    engine: Engine, settings: Settings, capsys: Any, monkeypatch: Any
) -> None:
    conversation = start(engine)
    monkeypatch.setenv("DATABASE_URL", settings.database_url)

    assert main(["escalation", "explain", conversation]) == 0

    assert capsys.readouterr().out.strip() == "Nobody was called in this conversation."


def test_a_handoff_after_a_failure_is_explained_without_a_rule(
    engine: Engine, settings: Settings, capsys: Any, monkeypatch: Any
) -> None:
    conversation = talk(engine, "hello", lambda _: httpx.Response(500), max_tries=1)
    monkeypatch.setenv("DATABASE_URL", settings.database_url)

    assert main(["escalation", "explain", conversation]) == 0

    first, second = capsys.readouterr().out.splitlines()
    assert first.endswith(": support, normal priority, because of assistant_failed")
    assert second == "  no rule is about this"


def test_rules_are_checked_on_the_terminal(capsys: Any, monkeypatch: Any, rules: Callable[[str], str]) -> None:
    assert main(["escalation", "check"]) == 0
    assert "They can be used." in capsys.readouterr().out

    monkeypatch.setenv("ESCALATION_FILE", rules("- {rule: one, when: {keywords: lmap}, team: support}\n"))
    assert main(["escalation", "check"]) == 1
    assert capsys.readouterr().err.endswith("escalation.yml, line 4: there is no 'lmap'; there are lamp.\n")


def test_nothing_starts_with_rules_that_cannot_be_used(engine: Engine, rules: Callable[[str], str]) -> None:
    broken = rules("- {rule: one, when: {keywords: lamp}, team: lamps}\n")

    with pytest.raises(BadRules, match="line 4: there is no 'lamps'"):
        worker(engine, not_asked, escalation_file=broken)
    with pytest.raises(BadRules, match="line 4: there is no 'lamps'"):
        create_app(Settings(escalation_file=broken))

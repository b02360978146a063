"""What the benchmark under fire would notice, and how it counts."""

import random
from collections import Counter
from types import SimpleNamespace

import pytest

from benchmarks.chaos.checks import Findings, check_conversation, check_orders, interrupted
from benchmarks.chaos.customers import Sent
from benchmarks.chaos.destroyer import Outage, Strike, standstills
from benchmarks.chaos.plan import YES, Plan, blows, order_of, scripts
from benchmarks.chaos.shop import Became


def message(seq, sender="customer", about=None, text="", outcome=None):
    outcome = outcome or ("answered" if sender == "customer" else None)
    at = f"2026-11-20T12:00:{seq:02}.000000Z"
    return {"seq": seq, "sender": sender, "text": text or str(seq), "in_reply_to": about, "outcome": outcome, "at": at}


def conversation():
    return [message(1), message(2, "bot", 1), message(3), message(4), message(5, "bot", 3), message(6, "bot", 4)]


def found(transcript, received=None, sent=(1, 3, 4), exact=True):
    """What is counted for a customer who sent these messages."""
    findings = Findings()
    customer = SimpleNamespace(
        exact=exact,
        path="/api/conversations/x",
        sent=[Sent(str(seq), seq) for seq in sent],
        received=conversation() if received is None else received,
    )
    check_conversation(findings, customer, transcript)
    return findings


def test_a_conversation_as_it_has_to_be_has_no_problems():
    findings = found(conversation())
    assert findings.problems == []
    assert findings.counts == Counter(sent=3, acknowledged=3, answered=3, replies=3)
    assert [done - accepted for accepted, done in findings.spans] == [1, 2, 2]


def without(seq):
    return [m for m in conversation() if m["seq"] != seq]


def changed(seq, **values):
    return [m | values if m["seq"] == seq else m for m in conversation()]


@pytest.mark.parametrize(
    ("transcript", "what"),
    [
        (without(3), "lost"),
        (without(5), "lost"),
        (changed(4, outcome=None), "lost"),
        (changed(4, text="something else"), "lost"),
        (changed(6, in_reply_to=1), "out of order"),
        (without(2), "out of order"),
        ([*conversation(), message(7, "bot", 4, text="6")], "repeated"),
        ([*conversation(), message(7)], "repeated"),
    ],
)
def test_what_is_wrong_with_a_transcript_is_noticed(transcript, what):
    assert found(transcript).counts[what]


@pytest.mark.parametrize(
    ("received", "what"),
    [
        (without(2), "lost"),
        ([*conversation()[:3], *conversation()[2:]], "repeated"),
        ([*conversation()[:2], *conversation()[3:4], *conversation()[2:3]], "out of order"),
    ],
)
def test_what_is_wrong_with_a_stream_is_noticed(received, what):
    assert found(conversation(), received).counts[what]


def test_a_stream_that_ended_early_is_no_fault():
    assert found(conversation(), conversation()[:4]).problems == []


def test_where_resuming_is_best_effort_it_is_counted_and_the_order_is_checked():
    replies = [m for m in conversation() if m["sender"] == "bot"]
    assert found(conversation(), [*replies[:2], *replies[1:]], exact=False).counts["shown twice"] == 1
    assert found(conversation(), [replies[0], replies[2]], exact=False).counts["not shown"] == 1
    assert found(conversation(), [replies[1], replies[0]], exact=False).counts["out of order"] == 1


@pytest.mark.parametrize(
    ("told", "state", "put_back", "wrong"),
    [
        (True, Became(True, True, 1), 1, 0),
        (False, Became(False, False, 0), 0, 0),
        (True, Became(True, True, 2), 1, 1),
        (True, Became(True, True, 1), 2, 1),
        (True, Became(True, False, 1), 1, 1),
        (True, Became(False, False, 0), 0, 1),
        (False, Became(True, True, 1), 1, 1),
    ],
)
def test_an_effect_that_is_missing_or_done_twice_is_noticed(told, state, put_back, wrong):
    findings, order = Findings(), order_of(1)
    check_orders(findings, {order: told}, {order: state}, put_back)
    assert findings.counts["effects wrong"] == wrong


def test_a_standstill_is_when_all_of_a_kind_are_away():
    running = Counter(rasa=2, web=1)
    outages = [Outage("rasa", 0, 20), Outage("rasa", 10, 30), Outage("web", 15, 16), Outage("web", 40, 41)]
    assert standstills(outages, running) == [(10, 20), (40, 41)]


def test_interrupted_messages_are_those_that_were_under_way_at_a_kill():
    strikes = [Strike("rasa", 10)]
    assert interrupted([(0, 5), (9, 25), (11, 12)], strikes, [(10, 20)]) == ([15], [5])


def test_a_plan_says_what_it_promises():
    plan = Plan(messages=1_000, conversations=100, kills=7, restarts=2)
    planned, struck = scripts(plan, ("a", "b", "c"), ("a", "b")), blows(plan)
    assert sum(len(burst) for script in planned for burst in script.bursts) == 1_000
    assert sum(script.order is not None for script in planned) == 20
    assert all(script.bursts[-1] == (YES,) for script in planned if script.order)
    assert Counter(script.channel for script in planned if script.order) == {"a": 10, "b": 10}
    assert Counter(blow.database for blow in struck) == {True: 2, False: 7}
    assert set(Counter(script.channel for script in planned).values()) <= {*range(25, 40)}
    assert (planned, struck) == (scripts(plan, ("a", "b", "c"), ("a", "b")), blows(plan))
    assert random.Random("1 blows").random() == plan.random("blows").random()

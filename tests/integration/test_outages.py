"""A Rasa that is away is not the message's fault, and a worker that dies gives its conversations back soon."""

import time
from collections.abc import Callable
from threading import Event
from typing import Any

import httpx
import pytest
from sqlalchemy.engine import Engine

from switchboard import queue
from switchboard.settings import Settings
from switchboard.turns.commit import APOLOGY
from tests.talking import expect_pause, messages, rows, running, say, start, state, turn, wait_until, worker

NO_MODEL = httpx.Response(503, json={"error": {"message": "Rasa has no model."}})


def refuses(_: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("Connection refused")


def hangs_up(_: httpx.Request) -> httpx.Response:
    raise httpx.ReadError("Connection reset by peer")


def waiting(engine: Engine) -> str:
    conversation = start(engine)
    say(engine, conversation, "hello")
    return conversation


def due(engine: Engine) -> None:
    rows(engine, "update switchboard.conversations set claimable_at = now() where claimable_at is not null")


def kept(engine: Engine) -> list[Any]:
    return rows(engine, "select outcome, tries from switchboard.messages where sender = 'customer'")


@pytest.mark.parametrize("away", [refuses, hangs_up, lambda _: NO_MODEL])
def test_a_try_that_found_rasa_away_does_not_count(
    engine: Engine, away: Callable[[httpx.Request], httpx.Response]
) -> None:
    conversation = waiting(engine)
    trying = worker(engine, away, max_tries=2)

    for _ in range(5):
        trying.work_once()
        due(engine)
    assert kept(engine) == [(None, 0)]
    worker(engine, turn("Hello!")).work_once()

    assert [each.text for each in messages(engine, conversation)] == ["hello", "Hello!"]
    assert state(engine, conversation).holder == "bot"
    assert kept(engine) == [("answered", 1)]


def test_the_pauses_in_an_outage_stay_short(engine: Engine) -> None:
    waiting(engine)
    trying = worker(engine, refuses)

    for seconds in (1, 2, 2, 2):
        expect_pause(engine, seconds, trying.work_once, "select claimable_at from switchboard.conversations")
        due(engine)


def test_an_outage_that_lasts_too_long_counts(engine: Engine) -> None:
    conversation = waiting(engine)
    trying = worker(engine, refuses, max_tries=2, outage_seconds=60)
    trying.work_once()
    rows(engine, "update switchboard.messages set away_since = now() - interval '61 seconds'")

    for _ in range(2):
        due(engine)
        trying.work_once()

    assert kept(engine) == [("failed", 2)]
    assert messages(engine, conversation)[-1].text == APOLOGY


def test_a_message_that_waited_long_in_the_queue_has_its_whole_outage_left(engine: Engine) -> None:
    waiting(engine)
    rows(engine, "update switchboard.messages set created_at = now() - interval '1 hour'")

    trying = worker(engine, refuses, max_tries=1)
    trying.work_once()

    assert kept(engine) == [(None, 0)]


def test_other_failures_count_also_after_an_outage(engine: Engine) -> None:
    waiting(engine)
    answers = iter([NO_MODEL, httpx.Response(502), NO_MODEL, httpx.Response(502)])
    trying = worker(engine, lambda _: next(answers), max_tries=2)

    for _ in range(4):
        trying.work_once()
        due(engine)

    assert kept(engine) == [("failed", 2)]


def test_messages_are_taken_up_within_seconds_of_rasa_being_back(settings: Settings, engine: Engine) -> None:
    conversations = [waiting(engine) for _ in range(20)]
    back_at = time.monotonic() + 1.5

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=turn("Hello!")) if time.monotonic() > back_at else refuses(request)

    with running(worker(engine, answer, worker_threads=4), settings):
        wait_until(lambda: all(outcome == "answered" for outcome, _ in kept(engine)))

    assert time.monotonic() < back_at + 12
    assert [state(engine, each).holder for each in conversations] == ["bot"] * 20


def test_every_replica_gets_its_turn_when_all_were_away(engine: Engine) -> None:
    conversation = waiting(engine)
    back: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=turn("Hello!")) if request.url.host in back else refuses(request)

    trying = worker(engine, answer, rasa_urls="http://dead,http://killed")
    trying.work_once()
    back.append("killed")
    due(engine)
    trying.work_once()

    assert [each.text for each in messages(engine, conversation)] == ["hello", "Hello!"]


def test_a_living_worker_keeps_its_conversation_for_longer_than_a_lease(settings: Settings, engine: Engine) -> None:
    conversation = waiting(engine)
    asked, answered = Event(), Event()

    def slow(_: httpx.Request) -> httpx.Response:
        asked.set()
        answered.wait(30)
        return httpx.Response(200, json=turn("At last."))

    with running(worker(engine, slow, lease_seconds=4, worker_threads=1), settings):
        assert asked.wait(30)
        [(lease_end,)] = rows(engine, "select claimable_at from switchboard.conversations")
        wait_until(lambda: rows(engine, "select 1 where now() > :lease_end", lease_end=lease_end))
        assert not worker(engine, turn("Too early.")).work_once()
        answered.set()
        wait_until(lambda: len(messages(engine, conversation)) == 2)

    assert messages(engine, conversation)[-1].text == "At last."


def test_a_renewal_that_comes_late_changes_nothing(engine: Engine) -> None:
    waiting(engine)
    with engine.begin() as connection:
        claim = queue.claim(connection, 30)
        queue.hold(connection, claim)
        queue.postpone(connection, claim, pause=1)
    with engine.begin() as connection:
        queue.renew(connection, [claim], 600)

    assert rows(engine, "select claimable_at < now() + interval '2 seconds' from switchboard.conversations") == [
        (True,)
    ]


def test_a_turn_that_hangs_loses_its_lease(engine: Engine) -> None:
    waiting(engine)
    hanging = worker(engine, refuses, turn_timeout=5, lease_seconds=5)
    with engine.begin() as connection:
        claim = queue.claim(connection, 5)
    with hanging._renewed(claim):
        hanging._claims[claim] -= 11
        hanging.renew_leases()

    assert rows(engine, "select claimable_at < now() + interval '6 seconds' from switchboard.conversations") == [
        (True,)
    ]

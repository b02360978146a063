"""Every message comes to one outcome, in order, whatever happens to the worker."""

import json
import os
import resource
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import pytest
from sqlalchemy.engine import Engine

from switchboard import queue
from switchboard.conversations import holder
from switchboard.database.engine import make_engine
from switchboard.database.listen import Listener
from switchboard.routing.teams import load_teams
from switchboard.settings import Settings
from switchboard.turns.commit import APOLOGY, PASSED_ON
from switchboard.turns.worker import Worker
from tests.talking import (
    call,
    expect_pause,
    give,
    hire,
    messages,
    offer,
    press,
    rows,
    running,
    say,
    start,
    state,
    turn,
    wait_until,
    worker,
)

HANDOFF = {"handoff": {"team": "billing", "reason": "asked_for_a_person"}}


def told(engine: Engine, conversation: str) -> list[tuple[str, str]]:
    return [(each.sender, each.text) for each in messages(engine, conversation)]


def outcomes(engine: Engine, conversation: str) -> list[str | None]:
    return [each.outcome for each in messages(engine, conversation) if each.sender == "customer"]


def test_a_message_is_answered(engine: Engine) -> None:
    conversation = start(engine)
    say(engine, conversation, "hello")

    assert worker(engine, turn("Hello!", "What can I do?")).work_once()

    assert told(engine, conversation) == [("customer", "hello"), ("bot", "Hello!"), ("bot", "What can I do?")]
    assert outcomes(engine, conversation) == ["answered"]
    assert [each.in_reply_to for each in messages(engine, conversation)] == [None, 1, 1]


def test_what_was_understood_and_done_is_kept_with_the_message(engine: Engine) -> None:
    conversation = start(engine)
    say(engine, conversation, "hello")

    worker(engine, turn("Hello!", stage="fast", actions=["utter_greet"])).work_once()

    assert rows(engine, "select intent, confidence, stage, actions, tries from switchboard.messages where seq = 1") == [
        ("greet", 0.9, "fast", ["utter_greet"], 1)
    ]


def test_rasa_is_asked_with_the_text_and_an_id_that_stays_the_same(engine: Engine) -> None:
    conversation = start(engine)
    say(engine, conversation, "hello")
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(json.loads(request.content))
        return httpx.Response(200 if len(asked) > 1 else 500, json=turn("Hello!"))

    finish(worker(engine, answer))

    expected = {
        "conversation_id": conversation, "message_id": f"{conversation}:1", "text": "hello", "keep": True, "resume": None,
        "early": False,
    }  # fmt: skip
    attempts = [each.pop("attempt") for each in asked]
    assert asked == [expected, expected]
    assert attempts[0] < attempts[1]


def test_a_pressed_button_sends_its_payload(engine: Engine) -> None:
    conversation = start(engine)
    say(engine, conversation, "cancel it")
    worker(engine, offer(("Yes", "/affirm"))).work_once()
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(json.loads(request.content)["text"])
        return httpx.Response(200, json=turn("Done."))

    press(engine, conversation, "2.1")
    worker(engine, answer).work_once()

    assert asked == ["/affirm"]


def test_with_nothing_to_do_nothing_is_done(engine: Engine) -> None:
    start(engine)

    assert not worker(engine, not_asked).work_once()


def test_a_handoff_puts_the_conversation_into_the_teams_queue(engine: Engine) -> None:
    conversation = start(engine)
    say(engine, conversation, "I need to discuss a billing issue with a representative.")

    worker(engine, turn("I will connect you.", **HANDOFF)).work_once()

    assert (state(engine, conversation).holder, state(engine, conversation).team) == ("queue", "billing")
    assert outcomes(engine, conversation) == ["answered"]
    assert rows(engine, "select seq, team, reason, ended_at from switchboard.handoffs") == [
        (1, "billing", "asked_for_a_person", None)
    ]


def test_every_team_that_can_be_called_has_a_queue(engine: Engine) -> None:
    teams = {team for (team,) in rows(engine, "select team from switchboard.teams")}

    assert teams >= load_teams("data/teams.yml").keys()


def test_in_a_queue_a_message_is_passed_on_and_rasa_is_not_asked(engine: Engine) -> None:
    conversation = handed_over(engine)
    say(engine, conversation, "are you there?")

    worker(engine, not_asked).work_once()

    assert outcomes(engine, conversation)[-1] == "forwarded"
    assert told(engine, conversation)[-1] == ("system", PASSED_ON)


def test_who_waits_is_told_once_that_what_they_write_is_passed_on(engine: Engine) -> None:
    conversation = handed_over(engine)
    for words in ("are you there?", "hello?", "anybody?"):
        say(engine, conversation, words)
        worker(engine, not_asked).work_once()

    assert outcomes(engine, conversation)[-3:] == ["forwarded"] * 3
    assert [text for _, text in told(engine, conversation)].count(PASSED_ON) == 1


def test_each_wait_is_told_of_once(engine: Engine) -> None:
    conversation = handed_over(engine)
    say(engine, conversation, "are you there?")
    worker(engine, not_asked).work_once()
    with engine.begin() as connection:
        holder.take_back(connection, conversation)
    call(engine, conversation)

    say(engine, conversation, "are you there now?")
    worker(engine, not_asked).work_once()

    assert [text for _, text in told(engine, conversation)].count(PASSED_ON) == 2


def test_an_agent_gets_messages_without_any_comment(engine: Engine) -> None:
    conversation = handed_over(engine)
    give(engine, conversation, hire(engine))
    say(engine, conversation, "are you there?")

    worker(engine, not_asked).work_once()

    assert outcomes(engine, conversation)[-1] == "forwarded"
    assert told(engine, conversation)[-1] == ("customer", "are you there?")


def test_a_failing_turn_is_tried_again_and_then_answered(engine: Engine) -> None:
    conversation = start(engine)
    say(engine, conversation, "hello")
    answers = iter([httpx.Response(502), httpx.Response(200, text="broken"), httpx.Response(200, json=turn("Hello!"))])

    finish(worker(engine, lambda _: next(answers)))

    assert told(engine, conversation) == [("customer", "hello"), ("bot", "Hello!")]
    assert rows(engine, "select tries from switchboard.messages where seq = 1") == [(3,)]


def test_a_message_that_fails_every_time_is_given_to_a_person(engine: Engine) -> None:
    conversation = start(engine)
    say(engine, conversation, "hello")
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(502, json={"error": {"message": "KeyError: 'slot'"}})

    finish(worker(engine, answer, max_tries=3))

    assert len(asked) == 3
    assert told(engine, conversation) == [("customer", "hello"), ("system", APOLOGY)]
    assert outcomes(engine, conversation) == ["failed"]
    assert (state(engine, conversation).holder, state(engine, conversation).team) == ("queue", "support")
    assert rows(engine, "select tries, error from switchboard.messages where seq = 1") == [
        (3, "Rasa answered 502: KeyError: 'slot'")
    ]


def test_the_pause_doubles_with_every_try(engine: Engine) -> None:
    conversation = start(engine)
    say(engine, conversation, "hello")
    failing = worker(engine, lambda _: httpx.Response(502), retry_seconds=10)

    for seconds in (10, 20, 40):
        expect_pause(engine, seconds, failing.work_once, "select claimable_at from switchboard.conversations")
        rows(engine, "update switchboard.conversations set claimable_at = now()")


@pytest.mark.parametrize(
    "broken",
    [
        turn("Hello!", handoff={"team": "nobody", "reason": "asked"}),
        turn("Hello!", confidence=7.0),
        turn("Hel\0lo!"),
    ],
)
def test_a_turn_that_cannot_be_stored_fails_like_any_other(engine: Engine, broken: dict) -> None:
    conversation = start(engine)
    say(engine, conversation, "my secret")

    finish(worker(engine, broken, max_tries=2))

    assert outcomes(engine, conversation) == ["failed"]
    assert told(engine, conversation)[-1] == ("system", APOLOGY)
    assert "my secret" not in str(rows(engine, "select error from switchboard.messages"))


def test_what_the_bot_says_after_a_person_took_over_is_kept_but_not_shown(engine: Engine) -> None:
    conversation = start(engine)
    say(engine, conversation, "hello")

    def answer(_: httpx.Request) -> httpx.Response:
        call(engine, conversation, "orders")
        give(engine, conversation, hire(engine))
        return httpx.Response(200, json=turn("Hello!", **HANDOFF))

    worker(engine, answer).work_once()

    assert told(engine, conversation) == [("customer", "hello")]
    assert outcomes(engine, conversation) == ["forwarded"]
    assert rows(engine, "select text from switchboard.messages where suppressed") == [("Hello!",)]
    assert rows(engine, "select team from switchboard.handoffs") == [("orders",)]


def test_nor_where_the_person_has_given_it_back_meanwhile(engine: Engine) -> None:
    conversation = start(engine)
    say(engine, conversation, "hello")

    def answer(_: httpx.Request) -> httpx.Response:
        call(engine, conversation, "orders")
        give(engine, conversation, hire(engine))
        with engine.begin() as connection:
            holder.take_back(connection, conversation, "given_back", {"slots": {"order_number": "12345"}})
        return httpx.Response(200, json=turn("Hello!"))

    worker(engine, answer).work_once()

    assert told(engine, conversation) == [("customer", "hello")]
    assert rows(engine, "select resume from switchboard.conversations") == [({"slots": {"order_number": "12345"}},)]


def test_what_a_person_left_for_the_assistant_is_told_once(engine: Engine) -> None:
    conversation = start(engine)
    call(engine, conversation, "orders")
    with engine.begin() as connection:
        holder.take_back(connection, conversation, "given_back", {"slots": {"order_number": "12345"}})
    asked: list[Any] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(json.loads(request.content)["resume"])
        return httpx.Response(200, json=turn("Hello!"))

    working = worker(engine, answer)
    for words in ("hello", "and?"):
        say(engine, conversation, words)
        working.work_once()

    assert asked == [{"slots": {"order_number": "12345"}}, None]


def test_a_conversation_closed_during_the_turn_stays_closed(engine: Engine) -> None:
    conversation = start(engine)
    say(engine, conversation, "I want a person")

    def answer(_: httpx.Request) -> httpx.Response:
        with engine.begin() as connection:
            holder.close(connection, conversation)
        return httpx.Response(200, json=turn("I will connect you.", **HANDOFF))

    worker(engine, answer).work_once()

    assert state(engine, conversation).holder == "closed"
    assert outcomes(engine, conversation) == ["answered"]


def test_the_bot_says_nothing_more_where_a_person_ended_the_conversation_during_its_turn(engine: Engine) -> None:
    conversation = start(engine)
    say(engine, conversation, "where is my order")

    def answer(_: httpx.Request) -> httpx.Response:
        call(engine, conversation)
        with engine.begin() as connection:
            holder.close(connection, conversation, "resolved")
        return httpx.Response(200, json=turn("Hello!"))

    worker(engine, answer).work_once()

    assert outcomes(engine, conversation) == ["forwarded"]
    assert rows(engine, "select text from switchboard.messages where suppressed") == [("Hello!",)]


def test_the_bot_is_not_asked_about_what_a_person_left_when_they_ended_the_conversation(engine: Engine) -> None:
    conversation = start(engine)
    say(engine, conversation, "thank you")
    call(engine, conversation)
    with engine.begin() as connection:
        holder.close(connection, conversation, "resolved")

    worker(engine, not_asked).work_once()

    assert outcomes(engine, conversation) == ["forwarded"]
    assert [message.sender for message in messages(engine, conversation)] == ["customer"]


def test_closing_ends_the_handoff(engine: Engine) -> None:
    conversation = handed_over(engine)

    with engine.begin() as connection:
        holder.close(connection, conversation)
        holder.close(connection, conversation)

    assert rows(engine, "select ended_at is not null from switchboard.handoffs") == [(True,)]


def test_a_worker_that_was_overtaken_changes_nothing(engine: Engine) -> None:
    conversation = start(engine)
    say(engine, conversation, "hello")

    def answer(_: httpx.Request) -> httpx.Response:
        rows(engine, "update switchboard.conversations set claimable_at = now()")
        worker(engine, turn("The second was faster.")).work_once()
        return httpx.Response(200, json=turn("The first comes too late."))

    assert worker(engine, answer).work_once()

    assert told(engine, conversation) == [("customer", "hello"), ("bot", "The second was faster.")]


def test_messages_are_dealt_with_in_order_while_several_work(settings: Settings) -> None:
    engine = make_engine(settings, pool_size=10)
    asked: list[tuple[str, str]] = []
    busy: set[str] = set()

    def answer(request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        conversation = body["conversation_id"]
        assert conversation not in busy, "two turns of one conversation at once"
        busy.add(conversation)
        time.sleep(0.005)
        asked.append((conversation, body["text"]))
        busy.remove(conversation)
        return httpx.Response(200, json=turn(f"re: {body['text']}"))

    conversations = [start(engine) for _ in range(5)]
    with running(worker(engine, answer, worker_threads=4), settings):
        with ThreadPoolExecutor(5) as threads:
            list(threads.map(lambda each: [say(engine, each, str(n)) for n in range(10)], conversations))
        wait_until(lambda: all(None not in outcomes(engine, each) for each in conversations))

    for conversation in conversations:
        assert [words for each, words in asked if each == conversation] == [str(n) for n in range(10)]
        assert outcomes(engine, conversation) == ["answered"] * 10
        replies = [each for each in messages(engine, conversation) if each.sender == "bot"]
        assert [each.text for each in replies] == [f"re: {n}" for n in range(10)]
        assert [each.seq for each in messages(engine, conversation)] == list(range(1, 21))
    engine.dispose()


def test_a_worker_that_dies_in_the_middle_loses_no_message(engine: Engine) -> None:
    conversation = start(engine)
    say(engine, conversation, "hello")
    dying = worker(engine, dies, lease_seconds=3, turn_timeout=0.5)
    second = worker(engine, turn("Hello!"))
    with pytest.raises(SystemExit):
        dying.work_once()

    assert not second.work_once()
    wait_until(second.work_once)

    assert told(engine, conversation) == [("customer", "hello"), ("bot", "Hello!")]


def test_a_message_is_dealt_with_at_once_not_at_the_next_look(settings: Settings, engine: Engine) -> None:
    conversation = start(engine)
    took = []

    with running(worker(engine, turn("Hello!"), worker_threads=1), settings):
        for _ in range(11):
            time.sleep(0.1)  # the worker finds nothing more to do, and waits
            started = time.monotonic()
            say(engine, conversation, "hello")
            wait_until(lambda: None not in outcomes(engine, conversation))
            took.append(time.monotonic() - started)

    assert min(took[1:]) < 0.5


def test_a_worker_goes_on_after_the_database_dropped_its_connections(settings: Settings, engine: Engine) -> None:
    conversation = start(engine)
    its_engine = make_engine(settings)
    with running(worker(its_engine, turn("Hello!"), worker_threads=2), settings):
        wait_until(lambda: rows(engine, "select * from switchboard.workers"))
        rows(
            engine,
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
        )
        say(engine, conversation, "hello")
        wait_until(lambda: outcomes(engine, conversation) == ["answered"])
    its_engine.dispose()


def test_a_stopped_worker_finishes_its_turn_and_says_goodbye(settings: Settings, engine: Engine) -> None:
    conversation = start(engine)
    say(engine, conversation, "hello")
    asked, answered = threading.Event(), threading.Event()

    def answer(_: httpx.Request) -> httpx.Response:
        asked.set()
        answered.wait(5)
        return httpx.Response(200, json=turn("Hello!"))

    with running(worker(engine, answer, worker_threads=2), settings) as stopping:
        asked.wait(5)
        wait_until(lambda: rows(engine, "select * from switchboard.workers"))
        stopping.stop()
        say(engine, start(engine), "after the end")
        answered.set()

    assert outcomes(engine, conversation) == ["answered"]
    assert rows(engine, "select * from switchboard.workers") == []
    assert rows(engine, "select count(*) from switchboard.conversations where waiting > 0") == [(1,)]


def test_many_hints_do_not_make_many_looks(engine: Engine) -> None:
    idle = worker(engine, not_asked, worker_threads=2)

    for _ in range(1_000):
        idle.notice()

    assert [idle._work.acquire(blocking=False) for _ in range(3)] == [True, True, False]


def test_a_hint_is_heard_also_after_the_connection_was_lost(settings: Settings, engine: Engine) -> None:
    heard: list[str] = []
    listener = Listener(settings, queue.CHANNEL, heard.append)
    listener.start()
    wait_until(lambda: heard == [""])

    rows(engine, "select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen%'")
    wait_until(lambda: heard == ["", ""])
    rows(engine, f"select pg_notify('{queue.CHANNEL}', 'news')")
    wait_until(lambda: heard == ["", "", "news"])

    listener.stop()
    listener.join(5)
    assert not listener.is_alive()


def test_who_chokes_on_what_was_heard_makes_nobody_else_deaf(settings: Settings, engine: Engine) -> None:
    heard: list[str] = []
    listener = Listener(settings, queue.CHANNEL, lambda news: [][len(news)])
    listener.also(queue.CHANNEL, heard.append)
    listener.start()
    wait_until(lambda: heard == [""])
    rows(engine, f"select pg_notify('{queue.CHANNEL}', 'news')")
    wait_until(lambda: heard == ["", "news"])
    listener.stop()
    listener.join(5)


def test_a_process_with_many_open_connections_still_hears(settings: Settings, engine: Engine) -> None:
    heard: list[str] = []
    with many_open_files():
        listener = Listener(settings, queue.CHANNEL, heard.append)
        listener.start()
        wait_until(lambda: heard == [""])
        rows(engine, f"select pg_notify('{queue.CHANNEL}', 'news')")
        wait_until(lambda: heard == ["", "news"])
        listener.stop()
        listener.join(5)


def handed_over(engine: Engine) -> str:
    conversation = start(engine)
    say(engine, conversation, "a person, please")
    worker(engine, turn("I will connect you.", **HANDOFF)).work_once()
    return conversation


def not_asked(_: httpx.Request) -> httpx.Response:
    raise AssertionError("Rasa was asked")


def dies(_: httpx.Request) -> httpx.Response:
    raise SystemExit


def finish(working: Worker) -> None:
    """Work until nothing waits, also not for another try."""
    wait_until(
        lambda: (
            not working.work_once()
            and not rows(working.engine, "select 1 from switchboard.conversations where waiting > 0")
        )
    )


@contextmanager
def many_open_files() -> Iterator[None]:
    """More open files than `select()` can watch."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4_096), hard))
    with ExitStack() as files:
        for _ in range(1_024):
            files.enter_context(open(os.devnull))
        yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

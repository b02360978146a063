"""With GATHER_SECONDS, messages typed in quick succession are one turn; every one has its outcome."""

import json
import time
from typing import Any

import httpx
import pytest
from sqlalchemy.engine import Engine

from switchboard.conversations.transcript import read_replies
from switchboard.settings import Settings
from switchboard.turns.commit import PASSED_ON
from switchboard.turns.worker import Worker
from tests.talking import messages, offer, press, rows, running, say, start, turn, wait_until, worker


class Rasa:
    """Answers, and keeps what it was asked."""

    def __init__(self, *answers: Any) -> None:
        self.asked: list[tuple[str, str]] = []
        self.answers = list(answers)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        self.asked.append((body["message_id"].rpartition(":")[2], body["text"]))
        answer = self.answers.pop(0) if self.answers else turn("Hello!")
        if isinstance(answer, BaseException):
            raise answer
        return httpx.Response(answer) if isinstance(answer, int) else httpx.Response(200, json=answer)


def gathering(engine: Engine, rasa: Rasa, **settings: Any) -> Worker:
    return worker(engine, rasa, gather_seconds=1, **settings)


def type_in(engine: Engine, conversation: str, *texts: str) -> None:
    for each in texts:
        say(engine, conversation, each)


def told(engine: Engine, conversation: str) -> list[tuple[str, str | None, int | None]]:
    return [(each.text, each.outcome, each.in_reply_to) for each in messages(engine, conversation)]


def test_without_the_setting_each_message_is_a_turn(engine: Engine) -> None:
    conversation, rasa = start(engine), Rasa()
    type_in(engine, conversation, "hi", "my order")

    for _ in range(2):
        worker(engine, rasa).work_once()

    assert rasa.asked == [("1", "hi"), ("2", "my order")]


def test_gathered_messages_are_one_turn_and_the_reply_answers_the_last(engine: Engine) -> None:
    conversation, rasa = start(engine), Rasa()
    type_in(engine, conversation, "hi", "my order", "is late")

    gathering(engine, rasa).work_once()

    assert rasa.asked == [("3", "hi\nmy order\nis late")]
    assert told(engine, conversation) == [
        ("hi", "answered", None),
        ("my order", "answered", None),
        ("is late", "answered", None),
        ("Hello!", None, 3),
    ]
    assert rows(engine, "select waiting, claimable_at from switchboard.conversations") == [(0, None)]


def test_a_typed_message_waits_for_more_and_a_button_does_not(engine: Engine) -> None:
    conversation = start(engine)
    say(engine, conversation, "cancel it", gather_seconds=60)
    assert not gathering(engine, Rasa()).work_once()
    rows(engine, "update switchboard.conversations set claimable_at = now()")
    worker(engine, offer(("Yes", "/affirm"))).work_once()

    press(engine, conversation, "2.1")

    assert gathering(engine, Rasa()).work_once()


def test_buttons_are_never_gathered(engine: Engine) -> None:
    conversation = start(engine)
    say(engine, conversation, "cancel it")
    worker(engine, offer(("Yes", "/affirm"))).work_once()
    say(engine, conversation, "well")
    press(engine, conversation, "2.1")
    type_in(engine, conversation, "and", "thanks")
    rasa = Rasa()

    for _ in range(3):
        gathering(engine, rasa).work_once()

    assert rasa.asked == [("3", "well"), ("4", "/affirm"), ("6", "and\nthanks")]


def test_what_is_gathered_is_no_longer_than_a_message_may_be(engine: Engine) -> None:
    conversation, rasa = start(engine), Rasa()
    type_in(engine, conversation, "aaaa", "bbbb", "cc")

    for _ in range(2):
        gathering(engine, rasa, max_message_chars=9).work_once()

    assert rasa.asked == [("2", "aaaa\nbbbb"), ("3", "cc")]


@pytest.mark.parametrize("gather_seconds", [1, 0])
def test_a_second_try_takes_up_the_same_messages_whatever_came_since(engine: Engine, gather_seconds: int) -> None:
    conversation, rasa = start(engine), Rasa(SystemExit())
    type_in(engine, conversation, "hi", "my order")
    with pytest.raises(SystemExit):
        gathering(engine, rasa).work_once()
    type_in(engine, conversation, "is late")
    rows(engine, "update switchboard.conversations set claimable_at = now()")

    for _ in range(2):
        worker(engine, rasa, gather_seconds=gather_seconds).work_once()

    assert rasa.asked == [("2", "hi\nmy order"), ("2", "hi\nmy order"), ("3", "is late")]
    assert [outcome for _, outcome, _ in told(engine, conversation)[:3]] == ["answered"] * 3


def test_gathered_messages_fail_together_and_apologise_once(engine: Engine) -> None:
    conversation = start(engine)
    type_in(engine, conversation, "hi", "my order")

    gathering(engine, Rasa(502), max_tries=1).work_once()

    assert [outcome for _, outcome, _ in told(engine, conversation)] == ["failed", "failed", None]
    assert rows(engine, "select error from switchboard.messages where seq < 3") == [("Rasa answered 502:",)] * 2


def test_gathered_messages_are_forwarded_together(engine: Engine) -> None:
    conversation = start(engine)
    rows(engine, "update switchboard.conversations set holder = 'queue', team = 'support'")
    type_in(engine, conversation, "hi", "my order")

    gathering(engine, Rasa()).work_once()

    assert [(text, outcome) for text, outcome, _ in told(engine, conversation)] == [
        ("hi", "forwarded"),
        ("my order", "forwarded"),
        (PASSED_ON, None),
    ]


def test_who_waits_for_a_gathered_message_is_not_left_waiting(engine: Engine) -> None:
    conversation = start(engine)
    type_in(engine, conversation, "hi", "my order")
    gathering(engine, Rasa()).work_once()

    with engine.begin() as connection:
        assert read_replies(connection, conversation, 1) == ("answered", [])
        assert [each.text for each in read_replies(connection, conversation, 2)[1]] == ["Hello!"]


def test_the_turn_begins_when_the_gathering_ends(settings: Settings, engine: Engine) -> None:
    conversation, rasa = start(engine), Rasa()
    with running(worker(engine, rasa, gather_seconds=2, worker_threads=2), settings):
        began = time.monotonic()
        for each in ("hi", "my order", "is late"):
            say(engine, conversation, each, gather_seconds=2)
            time.sleep(0.05)
        wait_until(lambda: len(messages(engine, conversation)) == 4)
        took = time.monotonic() - began

    assert rasa.asked == [("3", "hi\nmy order\nis late")]
    assert took >= 2

"""A conversation's stream of events, from a real server: nothing is missed, nothing comes twice."""

import json
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import event, text
from sqlalchemy.engine import Engine

from switchboard.database.embedded import EmbeddedServer
from switchboard.settings import Settings
from tests.database_fixtures import execute
from tests.servers import Web
from tests.talking import rows, turn, wait_until, worker

HANDOFF = {"handoff": {"team": "billing", "reason": "asked_for_a_person"}}


@pytest.fixture
def web(settings: Settings) -> Iterator[Web]:
    with Web(settings) as web:
        yield web


@pytest.fixture
def chat(web: Web) -> Iterator["Chat"]:
    with httpx.Client(base_url=web.url) as http:
        yield Chat(http)


class Chat:
    """A conversation over HTTP."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http
        started = http.post("/api/conversations", json={}).json()
        self.conversation = started["conversation_id"]
        self.headers = {"Authorization": f"Bearer {started['token']}"}

    def say(self, words: str) -> int:
        body = {"client_message_id": str(uuid4()), "text": words}
        path = f"/api/conversations/{self.conversation}/messages"
        return int(self.http.post(path, json=body, headers=self.headers).json()["seq"])

    def listen(self, last_event_id: int = 0, after: int = 0) -> "Stream":
        headers = {**self.headers, **({"Last-Event-ID": str(last_event_id)} if last_event_id else {})}
        return Stream(self.http, f"/api/conversations/{self.conversation}/events?after={after}", headers)


class Stream:
    """An open stream of events."""

    def __init__(self, http: httpx.Client, path: str, headers: dict[str, str]) -> None:
        self._opening = http.stream("GET", path, headers=headers, timeout=30)

    def __enter__(self) -> "Stream":
        self.response = self._opening.__enter__()
        self._lines = self.response.iter_lines()
        return self

    def __exit__(self, *error: Any) -> None:
        self._opening.__exit__(*error)

    def next(self) -> dict[str, str]:
        """The fields of the next event or comment; a comment's name is empty."""
        lines = iter(lambda: next(self._lines), "")
        return dict(line.split(": ", 1) if line[0] != ":" else ("", line[1:].strip()) for line in lines)

    def message(self) -> tuple[int, str]:
        """Number and text of the next event, a message."""
        event = self.next()
        data = json.loads(event["data"])
        assert (event["event"], int(event["id"])) == ("message", data["seq"])
        return data["seq"], data["text"]

    def state(self) -> dict[str, Any]:
        """The next event, a state."""
        event = self.next()
        assert event["event"] == "state"
        assert "id" not in event
        return dict(json.loads(event["data"]))


def test_a_stream_begins_with_what_there_is(chat: Chat) -> None:
    chat.say("hello")
    chat.say("anybody?")

    with chat.listen() as stream:
        assert stream.response.headers["content-type"].startswith("text/event-stream")
        assert stream.response.headers["cache-control"] == "no-store"
        assert stream.message() == (1, "hello")
        assert stream.message() == (2, "anybody?")
        state = stream.state()
        assert (state["holder"], state["team"], state["pending"]) == ("bot", None, [1, 2])


def test_an_event_is_a_message_as_it_is_read(chat: Chat) -> None:
    chat.say("line one\nline two")
    path = f"/api/conversations/{chat.conversation}/messages"

    with chat.listen() as stream:
        event = stream.next()

    assert json.loads(event["data"]) == chat.http.get(path, headers=chat.headers).json()["messages"][0]


def test_messages_come_as_they_are_written_by_whomever(chat: Chat, engine: Engine) -> None:
    with chat.listen() as stream:
        assert stream.state()["pending"] == []
        chat.say("hello")
        assert stream.message() == (1, "hello")
        assert stream.state()["pending"] == [1]
        worker(engine, turn("Hello!")).work_once()
        assert stream.message() == (2, "Hello!")
        assert stream.state()["pending"] == []


def test_a_stream_resumes_after_the_last_event(chat: Chat) -> None:
    for words in ("one", "two", "three"):
        chat.say(words)

    for listening in (chat.listen(last_event_id=2), chat.listen(after=2)):
        with listening as stream:
            assert stream.message() == (3, "three")
            assert stream.state()["pending"] == [1, 2, 3]


def test_what_was_said_while_nobody_listened_comes_after_the_reconnect(chat: Chat) -> None:
    with chat.listen() as stream:
        stream.state()
        chat.say("one")
        last, _ = stream.message()
    chat.say("two")

    with chat.listen(last_event_id=last) as stream:
        assert stream.message() == (2, "two")


def test_two_readers_see_the_same(chat: Chat, engine: Engine) -> None:
    with chat.listen() as phone, chat.listen() as laptop:
        phone.state()
        laptop.state()
        chat.say("hello")
        for stream in (phone, laptop):
            assert stream.message() == (1, "hello")
            assert stream.state()["pending"] == [1]


def test_readers_see_only_their_own_conversation(chat: Chat) -> None:
    other = Chat(chat.http)
    with chat.listen() as stream:
        stream.state()
        other.say("not for you")
        chat.say("for you")
        assert stream.message() == (1, "for you")


def test_a_handoff_and_the_end_are_told(chat: Chat, engine: Engine) -> None:
    chat.say("a person, please")
    with chat.listen(after=1) as stream:
        stream.state()
        worker(engine, turn("One moment.", **HANDOFF)).work_once()
        assert stream.message() == (2, "One moment.")
        assert stream.message() == (3, "I will connect you with a billing specialist. Please hold on.")
        state = stream.state()
        assert (state["holder"], state["team"], state["pending"]) == ("queue", "billing", [])
        assert state["place"] == {"position": 1, "expected_seconds": None}
        chat.http.post(f"/api/conversations/{chat.conversation}/close", headers=chat.headers)
        assert stream.state()["holder"] == "closed"


def test_a_message_comes_at_once(chat: Chat) -> None:
    with chat.listen() as stream:
        stream.state()
        started = time.monotonic()
        chat.say("hello")
        stream.message()

        assert time.monotonic() - started < 10


def test_a_long_conversation_comes_whole_without_waiting(chat: Chat, engine: Engine) -> None:
    rows(
        engine,
        "insert into switchboard.messages (conversation_id, seq, sender, text) "
        "select :conversation, n, 'bot', 'again' from generate_series(1, 1200) n",
        conversation=chat.conversation,
    )

    started = time.monotonic()
    with chat.listen() as stream:
        events = [stream.next() for _ in range(1_201)]

    assert [int(each["id"]) for each in events if each["event"] == "message"] == list(range(1, 1_201))
    assert time.monotonic() - started < 14


def test_a_stream_goes_on_after_the_database_dropped_its_connections(chat: Chat, engine: Engine) -> None:
    with chat.listen() as stream:
        stream.state()
        rows(
            engine,
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where datname = current_database() and pid <> pg_backend_pid()",
        )
        chat.say("still there?")
        assert stream.message() == (1, "still there?")


@pytest.mark.slow
def test_a_message_whose_hint_was_lost_comes_all_the_same(chat: Chat, engine: Engine) -> None:
    with chat.listen() as stream:
        stream.state()
        rows(
            engine,
            "insert into switchboard.messages (conversation_id, seq, sender, text) values (:conversation, 1, 'agent', 'Hi')",
            conversation=chat.conversation,
        )
        assert stream.message() == (1, "Hi")


@pytest.mark.parametrize(
    ("change", "tells"),
    [
        ("update switchboard.messages set outcome = 'forwarded' where conversation_id = :conversation", []),
        (
            "update switchboard.conversations set holder = 'closed' where conversation_id = :conversation; "
            "insert into switchboard.messages (conversation_id, seq, sender, text) values (:conversation, 2, 'system', 'Bye')",
            [(2, "Bye")],
        ),
    ],
)
def test_the_messages_and_the_state_of_a_look_fit_together(
    chat: Chat, web: Web, engine: Engine, change: str, tells: list[tuple[int, str]]
) -> None:
    """What changes between the two reads is all told by the next look: nothing of it goes ahead, and so nothing is missed."""
    look = web.app.state.context.changes.heard
    with chat.listen() as stream:
        before = stream.state()
        rows(
            engine,
            "insert into switchboard.messages (conversation_id, seq, sender, text) values (:conversation, 1, 'customer', 'Hi')",
            conversation=chat.conversation,
        )
        with engine.begin() as changing:
            changing.execute(text("lock table switchboard.conversations in access exclusive mode"))
            look(chat.conversation)
            wait_until(lambda: rows(engine, "select 1 from pg_locks where not granted"))  # now the messages are read
            changing.execute(text(change), {"conversation": chat.conversation})
        assert stream.message() == (1, "Hi")
        assert stream.state() == {**before, "pending": [1]}

        look(chat.conversation)

        assert [stream.message() for _ in tells] == tells
        assert stream.state() != {**before, "pending": [1]}


def test_a_place_in_the_queue_is_told_within_seconds_though_nobody_says_that_it_changed(
    chat: Chat, engine: Engine
) -> None:
    first = Chat(chat.http)
    for each in (first, chat):
        each.say("a person, please")
        worker(engine, turn("One moment.", **HANDOFF)).work_once()
    with chat.listen(after=3) as stream:
        assert stream.state()["place"]["position"] == 2
        started = time.monotonic()
        first.http.post(f"/api/conversations/{first.conversation}/close", headers=first.headers)
        assert stream.state()["place"]["position"] == 1
        assert time.monotonic() - started < 14


@pytest.mark.slow
def test_a_stream_of_which_nothing_is_due_reads_nothing_for_a_while(chat: Chat, web: Web) -> None:
    statements: list[str] = []
    with chat.listen() as stream:
        stream.state()
        event.listen(web.app.state.context.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
        time.sleep(8)

    assert statements == []


@pytest.mark.slow
def test_a_stream_ends_when_the_database_is_away_and_the_next_call_says_why(
    chat: Chat, postgres: EmbeddedServer, engine: Engine
) -> None:
    name = engine.url.database
    with chat.listen() as stream:
        stream.state()
        execute(postgres, f"alter database {name} with allow_connections false")
        execute(postgres, f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'")

        with pytest.raises(StopIteration):
            next(stream._lines)

    refused = chat.http.get(f"/api/conversations/{chat.conversation}/events", headers=chat.headers)
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "unavailable")


def test_a_reader_that_hung_up_is_forgotten(chat: Chat, web: Web) -> None:
    changes = web.app.state.context.changes
    with chat.listen() as stream:
        stream.state()
        assert changes._waiting

    wait_until(lambda: not changes._waiting)


@pytest.mark.slow
def test_a_silent_stream_is_kept_alive(chat: Chat) -> None:
    with chat.listen() as stream:
        stream.state()
        started = time.monotonic()

        assert stream.next() == {"": "keep-alive"}
        assert time.monotonic() - started > 10

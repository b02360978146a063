"""What /metrics tells, and to whom; and that too long a queue takes no more."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.engine import Engine
from starlette.testclient import TestClient

from switchboard.errors import Overloaded
from switchboard.server import create_app
from switchboard.settings import Settings
from tests.talking import rows, running, say, start, turn, wait_until, worker

HERE, ELSEWHERE = ("127.0.0.1", 50_000), ("203.0.113.7", 50_000)


@pytest.fixture
def web(settings: Settings) -> Iterator[TestClient]:
    with TestClient(create_app(settings), "http://127.0.0.1:8000", client=HERE) as web:
        yield web


def read(web: TestClient) -> dict[tuple[str, ...], float]:
    """Values by name and labels' values, the workers' names left out."""
    response = web.get("/metrics")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain")
    return {
        (
            sample.name.removeprefix("switchboard_"),
            *(v for k, v in sample.labels.items() if k != "worker"),
        ): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def test_what_waits_is_told(web: TestClient, engine: Engine) -> None:
    assert read(web)["waiting_messages",] == 0
    conversation = start(engine)
    say(engine, conversation, "hello")
    say(engine, conversation, "hello?")
    rows(engine, "update switchboard.messages set created_at = now() - interval '1 minute'")

    told = read(web)

    assert (told["waiting_messages",], told["waiting_conversations",]) == (2, 1)
    assert 60 <= told["oldest_waiting_seconds",] < 65


def test_what_workers_did_is_told(web: TestClient, settings: Settings, engine: Engine) -> None:
    fails = start(engine)
    say(engine, fails, "hello")
    worker(engine, turn(), max_tries=1).work_once()
    say(engine, fails, "hello?")
    say(engine, start(engine), "hello")
    with running(worker(engine, turn("Hello!"), worker_threads=1, lease_seconds=1), settings):
        wait_until(lambda: read(web).get(("outcomes_total", "answered")) == 1)
        told = read(web)

    assert (told["outcomes_total", "forwarded"], told["outcomes_total", "failed"]) == (1, 0)
    assert told["turn_seconds_bucket", "+Inf"] == told["turn_seconds_count",] == 1
    assert told["turn_seconds_sum",] > 0
    assert told["workers",] == 1
    assert told["dead_letters",] == 1
    assert told["open_handoffs", "support"] == 1


def test_messages_taken_and_refused_are_counted(web: TestClient, engine: Engine) -> None:
    before = read(web)
    started = web.post("/api/conversations").json()

    def send(client_id: str, **message: str) -> int:
        return web.post(
            f"/api/conversations/{started['conversation_id']}/messages",
            json={"client_message_id": client_id, **message},
            headers={"Authorization": f"Bearer {started['token']}"},
        ).status_code

    assert [send("1", text="hello"), send("1", text="hello"), send("2", text=" "), send("3", button="1.1")] == [
        202, 202, 400, 400,
    ]  # fmt: skip
    after = read(web)

    def more(*name: str) -> float:
        return after[name] - before.get(name, 0)

    assert more("accepted_messages_total") == 1
    assert more("refused_messages_total", "empty_message") == 1
    assert more("refused_messages_total", "unknown_button") == 1


def test_nothing_personal_is_told(web: TestClient, engine: Engine) -> None:
    conversation = start(engine)
    say(engine, conversation, "my secret")

    told = web.get("/metrics").text

    assert conversation not in told
    assert "secret" not in told


def test_only_this_machine_and_holders_of_a_key_are_told(settings: Settings) -> None:
    app = create_app(replace(settings, api_keys="prometheus=abc"))
    with TestClient(app, "http://shop.example", client=ELSEWHERE) as web:
        assert web.get("/metrics").status_code == 401
        assert web.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 401
        assert web.get("/metrics", headers={"Authorization": "Bearer abc"}).status_code == 200


def test_past_the_limit_nothing_more_is_taken_but_a_repeated_message_is_confirmed(engine: Engine) -> None:
    conversations = [start(engine) for _ in range(3)]
    for each in conversations[:2]:
        say(engine, each, "hello", "one", max_waiting=2)

    with pytest.raises(Overloaded):
        say(engine, conversations[2], "hello", max_waiting=2)
    assert say(engine, conversations[1], "hello", "one", max_waiting=2) == 1
    assert rows(engine, "select sum(waiting) from switchboard.conversations") == [(2,)]


def test_there_is_room_again_once_messages_were_dealt_with(engine: Engine) -> None:
    conversation = start(engine)
    say(engine, conversation, "hello", max_waiting=1)
    worker(engine, turn("Hello!")).work_once()

    wait_until(lambda: taken(engine, conversation))


def taken(engine: Engine, conversation: str) -> bool:
    try:
        say(engine, conversation, "hello", max_waiting=1)
    except Overloaded:
        return False
    return True


def test_a_full_queue_is_429_with_the_time_to_come_back(settings: Settings, engine: Engine) -> None:
    say(engine, start(engine), "hello")
    with TestClient(create_app(replace(settings, max_waiting=1)), "http://127.0.0.1:8000", client=HERE) as web:
        started = web.post("/api/conversations").json()
        response = web.post(
            f"/api/conversations/{started['conversation_id']}/messages",
            json={"client_message_id": "1", "text": "hello"},
            headers={"Authorization": f"Bearer {started['token']}"},
        )

    assert (response.status_code, response.headers["retry-after"]) == (429, "2")
    assert response.json()["error"]["code"] == "overloaded"

"""How many conversations may be begun from one place in the network."""

import httpx
import socketio

from tests.servers import Web
from tests.talking import rows, wait_until

HERE, THERE = {"X-Forwarded-For": "203.0.113.7"}, {"X-Forwarded-For": "203.0.113.8"}


def begin(web: Web, headers: dict[str, str], times: int = 1) -> list[int]:
    """Begin so many conversations; returns how each was answered."""
    with httpx.Client(headers=headers) as client:
        return [client.post(f"{web.url}/api/conversations").status_code for _ in range(times)]


def test_an_address_begins_sixty_conversations_an_hour_and_others_as_many(web, engine):
    assert begin(web, HERE, 61) == [201] * 60 + [429]
    refused = httpx.post(f"{web.url}/api/conversations", headers=HERE)
    assert refused.json()["error"]["code"] == "too_many_conversations"
    assert begin(web, THERE) == [201]
    rows(engine, "update switchboard.attempts set created_at = created_at - interval '61 minutes'")
    assert begin(web, HERE) == [201]


def test_programs_on_this_machine_begin_as_many_as_they_like(web):
    assert begin(web, {}, 61) == [201] * 61


def test_sessions_count_as_conversations_and_a_refusal_is_told(web, engine):
    begin(web, HERE, 59)
    heard: list[str] = []
    client = socketio.Client(reconnection=False)
    client.on("bot_uttered", lambda data: heard.append(data["text"]))
    client.on("session_confirm", lambda session: heard.append("a session"))
    client.connect(web.url, headers=HERE, transports=["websocket"], wait_timeout=30)

    for _ in range(2):
        client.emit("session_request", {})

    wait_until(lambda: len(heard) == 2)
    client.disconnect()
    assert heard == ["a session", "Very many conversations were begun from your network. Please try again later."]
    assert rows(engine, "select count(*) from switchboard.conversations") == [(60,)]


def test_who_has_a_session_takes_it_up_again_however_many_were_begun(web):
    confirmed: list[str] = []
    client = socketio.Client(reconnection=False)
    client.on("session_confirm", confirmed.append)
    client.connect(web.url, headers=HERE, transports=["websocket"], wait_timeout=30)
    client.emit("session_request", {})
    wait_until(lambda: confirmed)
    begin(web, HERE, 60)

    client.emit("session_request", {"session_id": confirmed[0]})

    wait_until(lambda: len(confirmed) == 2)
    client.disconnect()
    assert confirmed[0] == confirmed[1]

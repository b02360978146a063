"""The running API in the hands of careless and of hostile clients."""

import httpx
import pytest
from sqlalchemy.engine import Engine

from tests.system import STATUS_ANSWER
from tests.talking import rows, wait_until

pytestmark = pytest.mark.slow

BAD_BODIES = [
    b"",
    b"{",
    b"[]",
    b"null",
    b'{"message": 7}',
    b'{"text": "hello"}',
    b"message=hello",
    b'{"message": "\xff\xfe"}',
]


@pytest.mark.parametrize("body", BAD_BODIES)
def test_a_bad_body_gets_a_clear_error(http: httpx.Client, body: bytes) -> None:
    response = http.post("/api/answer", content=body)

    assert response.status_code == 400
    assert set(response.json()) == {"error"}
    assert response.json()["error"]["code"] == "bad_request"
    assert response.json()["error"]["message"]


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "/", "\u0000"])
def test_a_message_without_words_gets_a_clear_error(http: httpx.Client, text: str) -> None:
    response = http.post("/api/answer", json={"message": text})

    assert response.status_code == 400
    assert response.json()["error"]["message"] == "The message has no text."


def test_the_longest_message_is_answered_and_a_longer_one_is_refused(http: httpx.Client) -> None:
    longest = http.post("/api/answer", json={"message": "why is it late? " * 312})
    longer = http.post("/api/answer", json={"message": "x" * 5001})
    huge = http.post("/api/answer", content=b'{"message": "' + b"x" * 100_000 + b'"}')

    assert longest.status_code == 200
    assert longer.status_code == 413
    assert huge.status_code == 413


@pytest.mark.parametrize(
    "text",
    [
        "😀😀😀",
        "你好,我的订单在哪里?",
        "wo ist meine bestellung",
        "WHERE IS MY ORDER",
        "'; drop table x; --",
        "\u202eabc",
    ],
)
def test_whatever_is_written_is_answered(http: httpx.Client, text: str) -> None:
    response = http.post("/api/answer", json={"message": text})

    assert response.status_code == 200
    assert response.json()["answer"]


def ask(http: httpx.Client, number: str) -> str:
    response = http.post("/api/answer", json={"message": f"where is order {number}?"})
    return str(response.raise_for_status().json()["answer"])


def test_a_question_tells_an_orders_status(http: httpx.Client) -> None:
    assert STATUS_ANSWER.fullmatch(ask(http, "12345"))


def test_a_sixth_different_order_is_not_told_of(http: httpx.Client, shop: Engine) -> None:
    rows(shop, "delete from switchboard.attempts where subject = 'caller:local'")

    for number in ("12345", "99991", "99992", "99993", "99994"):
        assert f"#{number}" in ask(http, number)

    assert "in our chat only" in ask(http, "23456")
    assert "#12345" in ask(http, "12345")


def test_a_whole_conversation_over_the_api(http: httpx.Client) -> None:
    started = http.post("/api/conversations").json()
    path = f"/api/conversations/{started['conversation_id']}"
    headers = {"Authorization": f"Bearer {started['token']}"}

    sent = http.post(f"{path}/messages", json={"client_message_id": "a", "text": "asdf ghjk"}, headers=headers)
    events = read_events(http, f"{path}/events", headers, until="message", count=2)
    offered = events[-1]["buttons"][-1]
    pressed = http.post(f"{path}/messages", json={"client_message_id": "b", "button": offered["id"]}, headers=headers)
    read_events(http, f"{path}/events?after={events[-1]['seq']}", headers, until="message", count=2)
    messages = http.get(f"{path}/messages", headers=headers).json()

    assert sent.status_code == pressed.status_code == 202
    assert offered["title"] == "Talk to a person"
    assert [m["seq"] for m in messages["messages"]] == [1, 2, 3, 4]
    assert [m["sender"] for m in messages["messages"]] == ["customer", "bot", "customer", "bot"]
    assert messages["messages"][2]["text"] == "Talk to a person"
    assert messages["messages"][3]["in_reply_to"] == 3
    assert (messages["holder"], messages["team"]) == ("queue", "support")


def read_events(http: httpx.Client, path: str, headers: dict[str, str], until: str, count: int) -> list[dict]:
    """The data of the first `count` events of a kind."""
    found = []
    with http.stream("GET", path, headers=headers) as response:
        name = ""
        for line in response.iter_lines():
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            if line.startswith("data: ") and name == until:
                found.append(httpx.Response(200, content=line.removeprefix("data: ")).json())
            if len(found) == count:
                break
    return found


def test_rasa_and_the_action_server_ask_for_their_tokens(system) -> None:  # type: ignore[no-untyped-def]
    rasa = f"http://127.0.0.1:{system.settings.rasa_port}"
    actions = f"http://127.0.0.1:{system.settings.actions_port}"

    assert httpx.post(f"{rasa}/webhooks/switchboard/turn", json={}).status_code == 401
    assert httpx.post(f"{rasa}/model/parse", json={"text": "hi"}).status_code == 401
    assert httpx.post(f"{actions}/webhook", json={"next_action": "action_cancel_order"}).status_code == 401


def test_ready_means_that_everything_answers(http: httpx.Client) -> None:
    wait_until(lambda: http.get("/readyz").status_code == 200)

    assert http.get("/readyz").json() == {
        "ready": True,
        "parts": {"database": "ok", "worker": "ok", "rasa": "ok", "actions": "ok"},
    }

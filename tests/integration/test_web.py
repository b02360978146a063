"""Every call of the web process: what it does, and what it says when it can't."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy.engine import Engine
from starlette.testclient import TestClient

from switchboard.database.embedded import EmbeddedServer
from switchboard.identity.questions import caller_of
from switchboard.server import create_app
from switchboard.settings import Settings
from tests.database_fixtures import new_database
from tests.servers import Server
from tests.talking import offer, rows, running, turn, worker

NOBODY = "00000000-0000-0000-0000-000000000000"
HERE = ("127.0.0.1", 50_000)
ELSEWHERE = ("203.0.113.7", 50_000)
NOTHING_LISTENS = "http://127.0.0.1:1"


@pytest.fixture(scope="module")
def web(postgres: EmbeddedServer, template: str) -> Iterator[TestClient]:
    """A web process for the tests that look only at its answers."""
    settings = new_database(postgres, "test_web", template)
    with client(settings) as web:
        yield web


@pytest.fixture
def serve(settings: Settings) -> Iterator[Callable[..., TestClient]]:
    """Starts a web process on this test's own database, with other settings, or for a client elsewhere."""
    with ExitStack() as clients:
        yield lambda *args, **changes: clients.enter_context(client(settings, *args, **changes))


def client(
    settings: Settings, peer: tuple[str, int] = HERE, base_url: str = "http://127.0.0.1:8000", **changes: Any
) -> TestClient:
    away = {"rasa_urls": NOTHING_LISTENS, "actions_url": NOTHING_LISTENS}
    app = create_app(replace(settings, **{**away, **changes}))
    return TestClient(app, base_url, raise_server_exceptions=False, client=peer)


@pytest.fixture
def working(settings: Settings, engine: Engine) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Starts a worker whose Rasa answers like this."""
    with ExitStack() as workers:
        yield lambda answer: workers.enter_context(running(worker(engine, answer, worker_threads=1), settings))


@pytest.fixture
def rasa() -> Iterator[Server]:
    with Server(turn("Hello!")) as server:
        yield server


class Chat:
    """A conversation over HTTP."""

    def __init__(self, web: TestClient) -> None:
        self.web = web
        started = web.post("/api/conversations", json={}).json()
        self.path = f"/api/conversations/{started['conversation_id']}"
        self.headers = {"Authorization": f"Bearer {started['token']}"}

    def send(self, **message: Any) -> httpx.Response:
        body = {"client_message_id": str(uuid4()), **message}
        return self.web.post(f"{self.path}/messages", json=body, headers=self.headers)

    def post(self, content: bytes) -> httpx.Response:
        return self.web.post(f"{self.path}/messages", content=content, headers=self.headers)

    def read(self, **params: Any) -> httpx.Response:
        return self.web.get(f"{self.path}/messages", params=params, headers=self.headers)

    def close(self) -> httpx.Response:
        return self.web.post(f"{self.path}/close", headers=self.headers)


def refused(response: httpx.Response, status: int, code: str) -> str:
    """The message of an error that is in the shape all errors have."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert body == {"error": {"code": code, "message": body["error"]["message"]}}
    assert body["error"]["message"].strip()
    return str(body["error"]["message"])


# Conversations


def test_a_conversation_is_started(web: TestClient) -> None:
    response = web.post("/api/conversations", json={})

    assert response.status_code == 201
    assert UUID(response.json()["conversation_id"]).version == 4
    assert len(response.json()["token"]) >= 40


def test_a_message_is_accepted_with_its_number(web: TestClient) -> None:
    chat = Chat(web)

    response = chat.send(text="hello")

    assert (response.status_code, response.json()) == (202, {"seq": 1})


def test_the_same_message_twice_is_one_message(web: TestClient) -> None:
    chat = Chat(web)

    first, second = (chat.send(text="hello", client_message_id="one") for _ in range(2))

    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert len(chat.read().json()["messages"]) == 1


def test_messages_are_read_in_the_shape_of_the_contract(serve: Callable[..., TestClient], engine: Engine) -> None:
    web = serve()
    chat = Chat(web)
    chat.send(text="cancel it")
    worker(engine, offer(("Yes", "/affirm"))).work_once()

    response = chat.read()

    assert response.status_code == 200
    customer, bot = response.json()["messages"]
    assert customer.pop("at").endswith("Z")
    assert bot.pop("at").endswith("Z")
    assert customer == {
        "seq": 1, "sender": "customer", "text": "cancel it", "buttons": [], "in_reply_to": None, "outcome": "answered",
        "agent": None,
    }  # fmt: skip
    assert bot == {
        "seq": 2, "sender": "bot", "text": "Which one?", "buttons": [{"id": "2.1", "title": "Yes"}],
        "in_reply_to": 1, "outcome": None, "agent": None,
    }  # fmt: skip
    assert (response.json()["holder"], response.json()["team"]) == ("bot", None)


def test_only_messages_after_the_known_one_are_read(web: TestClient) -> None:
    chat = Chat(web)
    for word in ("one", "two", "three"):
        chat.send(text=word)

    assert [each["text"] for each in chat.read(after=1).json()["messages"]] == ["two", "three"]
    assert chat.read(after=3).json()["messages"] == []


def test_a_button_is_pressed_by_its_id(serve: Callable[..., TestClient], engine: Engine) -> None:
    web = serve()
    chat = Chat(web)
    chat.send(text="cancel it")
    worker(engine, offer(("Yes", "/affirm"))).work_once()

    assert chat.send(button="2.1").json() == {"seq": 3}
    assert "/affirm" not in chat.read().text
    refused(chat.send(button="/affirm"), 400, "unknown_button")


def test_the_team_is_told_after_a_handoff(serve: Callable[..., TestClient], engine: Engine) -> None:
    web = serve()
    chat = Chat(web)
    chat.send(text="a billing specialist, please")
    worker(engine, turn("One moment.", handoff={"team": "billing", "reason": "asked_for_a_person"})).work_once()

    assert (chat.read().json()["holder"], chat.read().json()["team"]) == ("queue", "billing")


def test_the_customer_ends_the_conversation(web: TestClient) -> None:
    chat = Chat(web)
    chat.send(text="hello")

    response = chat.close()

    assert (response.status_code, response.json()["holder"]) == (200, "closed")
    assert chat.close().status_code == 200
    refused(chat.send(text="one more thing"), 409, "conversation_closed")
    assert len(chat.read().json()["messages"]) == 1


BAD_MESSAGES = [
    b"",
    b"hello",
    b"[]",
    b"null",
    b'"text"',
    b"{}",
    b'{"client_message_id": "1"}',
    b'{"client_message_id": "1", "text": null}',
    b'{"client_message_id": "1", "text": "hi", "button": "2.1"}',
    b'{"client_message_id": "1", "text": 1}',
    b'{"client_message_id": 1, "text": "hi"}',
    b'{"client_message_id": "", "text": "hi"}',
    b'{"client_message_id": "\\u0000", "text": "hi"}',
    b'{"client_message_id": "' + b"x" * 101 + b'", "text": "hi"}',
    b'{"text": "hi"}',
    b'{"client_message_id": "1", "text": "\xff\xfe"}',
    b'{"client_message_id": "1", "text": "\\ud800"}',
    '{"client_message_id": "1", "text": "hi"}'.encode("utf-16"),
    b'{"client_message_id": "1", "text": "hi", "more": ' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    b'{"client_message_id": "1", "text": "hi"',
]


@pytest.mark.parametrize("body", BAD_MESSAGES, ids=range(len(BAD_MESSAGES)))
def test_a_bad_body_is_refused(web: TestClient, body: bytes) -> None:
    chat = Chat(web)

    refused(chat.post(body), 400, "bad_request")
    assert chat.read().json()["messages"] == []


@pytest.mark.parametrize("text", ["", "  \n", "/", "\u0000", "\u200b"])
def test_a_message_without_words_is_refused(web: TestClient, text: str) -> None:
    refused(Chat(web).send(text=text), 400, "empty_message")


def test_characters_have_a_limit(serve: Callable[..., TestClient]) -> None:
    chat = Chat(serve(max_message_chars=10))

    assert chat.send(text="\U0001f642" * 10).status_code == 202
    assert "11 characters" in refused(chat.send(text="x" * 11), 413, "message_too_long")


def test_bytes_have_a_limit(web: TestClient) -> None:
    body = b'{"client_message_id": "1", "text": "hi", "more": "' + b"x" * 70_000 + b'"}'

    refused(Chat(web).post(body), 413, "message_too_long")


def test_a_token_is_needed_and_must_be_the_conversations(web: TestClient) -> None:
    mine, yours = Chat(web), Chat(web)

    for headers in (
        {},
        yours.headers,
        {"Authorization": "Bearer"},
        {"Authorization": "Basic eDp5"},
        {"Authorization": b"Bearer \xe9"},
    ):
        mine.headers = headers
        for response in (
            mine.send(text="hi"),
            mine.read(),
            mine.close(),
            web.get(f"{mine.path}/events", headers=headers),
        ):
            refused(response, 401, "unauthorized")
            assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("conversation", [NOBODY, "1", "not-an-id", "%00", "../../etc/passwd"])
def test_an_unknown_conversation_is_not_found(web: TestClient, conversation: str) -> None:
    chat = Chat(web)
    chat.path = f"/api/conversations/{conversation}"

    for response in (
        chat.send(text="hi"),
        chat.read(),
        chat.close(),
        web.get(f"{chat.path}/events", headers=chat.headers),
    ):
        assert response.json()["error"]["code"] in ("unknown_conversation", "not_found")
        assert response.status_code == 404


@pytest.mark.parametrize("after", ["-1", "x", "1.5", "9" * 20, "²"])
def test_after_must_be_a_number(web: TestClient, after: str) -> None:
    refused(Chat(web).read(after=after), 400, "bad_request")


def test_too_many_waiting_messages_are_refused_for_a_while(serve: Callable[..., TestClient]) -> None:
    chat = Chat(serve(max_waiting_per_conversation=1))
    chat.send(text="one")

    response = chat.send(text="two")

    refused(response, 429, "too_many_messages")
    assert int(response.headers["retry-after"]) > 0


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/api/conversations"),
        ("GET", "/api/conversations"),
        ("PUT", f"/api/conversations/{NOBODY}/messages"),
        ("GET", f"/api/conversations/{NOBODY}/close"),
        ("POST", f"/api/conversations/{NOBODY}/events"),
        ("GET", "/api/answer"),
        ("GET", "/webhooks/rest/webhook"),
        ("POST", "/healthz"),
        ("POST", "/"),
    ],
)
def test_a_method_that_is_not_there_is_refused(web: TestClient, method: str, path: str) -> None:
    response = web.request(method, path)

    refused(response, 405, "http_error")
    assert response.headers["allow"]


@pytest.mark.parametrize("path", ["/nothing", "/api", "/static/none.css", "/static/../server.py", "/.env"])
def test_where_nothing_is_the_error_is_json_too(web: TestClient, path: str) -> None:
    refused(web.get(path), 404, "not_found")


# The webhook


def test_the_webhook_answers_in_rasas_shape(serve: Callable[..., TestClient], engine: Engine, working: Any) -> None:
    working(offer(("Yes", "/affirm"), ("No", "/deny")))

    response = serve().post("/webhooks/rest/webhook", json={"sender": "anna", "message": "hello"})

    assert response.status_code == 200
    assert response.json() == [
        {
            "recipient_id": "anna",
            "text": "Which one?",
            "buttons": [{"title": "Yes", "payload": "Yes"}, {"title": "No", "payload": "No"}],
        }
    ]


def test_the_webhook_answers_a_repeated_message_with_the_same_replies(
    serve: Callable[..., TestClient], engine: Engine, working: Any
) -> None:
    web = serve()
    working(turn("Hello!"))
    body = {"sender": "anna", "message": "hello", "metadata": {"message_id": 7, "channel": "shop"}}

    first, second = (web.post("/webhooks/rest/webhook", json=body) for _ in range(2))

    assert first.json() == second.json() == [{"recipient_id": "anna", "text": "Hello!"}]
    assert rows(engine, "select count(*) from switchboard.messages where sender = 'customer'") == [(1,)]


def test_a_sender_keeps_one_conversation(serve: Callable[..., TestClient], engine: Engine, working: Any) -> None:
    web = serve()
    working(turn("Hello!"))

    for words in ("hello", "how are you?"):
        web.post("/webhooks/rest/webhook", json={"sender": "anna", "message": words, "metadata": None})

    assert rows(engine, "select sender, last_seq from switchboard.conversations") == [("local:anna", 4)]


def test_senders_belong_to_their_api_key(serve: Callable[..., TestClient], engine: Engine, working: Any) -> None:
    working(turn("Hello!"))
    web = serve(api_keys="shop=abc,desk=def", peer=ELSEWHERE)

    for key in ("abc", "def"):
        body = {"sender": "anna", "message": "hello"}
        assert (
            web.post("/webhooks/rest/webhook", json=body, headers={"Authorization": f"Bearer {key}"}).status_code == 200
        )

    assert rows(engine, "select sender from switchboard.conversations order by 1") == [("desk:anna",), ("shop:anna",)]


def test_a_webhook_without_an_answer_in_time_says_so_and_keeps_the_message(
    serve: Callable[..., TestClient], engine: Engine
) -> None:
    web = serve(answer_timeout=0.1)

    response = web.post("/webhooks/rest/webhook", json={"sender": "anna", "message": "hello"})

    refused(response, 504, "outcome_timeout")
    assert rows(engine, "select text from switchboard.messages") == [("hello",)]


BAD_WEBHOOKS = [
    {},
    {"sender": "anna"},
    {"message": "hello"},
    {"sender": "", "message": "hello"},
    {"sender": "x" * 201, "message": "hello"},
    {"sender": "a\0b", "message": "hello"},
    {"sender": 1, "message": "hello"},
    {"sender": "anna", "message": ["hello"]},
    {"sender": "anna", "message": "hello", "metadata": []},
    {"sender": "anna", "message": "hello", "metadata": {"message_id": "x" * 5_000}},
    {"sender": "anna", "message": "hello", "metadata": {"message_id": "\0"}},
    {"sender": "anna", "message": "hello", "metadata": {"message_id": {}}},
]


@pytest.mark.parametrize("body", BAD_WEBHOOKS, ids=range(len(BAD_WEBHOOKS)))
def test_a_bad_webhook_body_is_refused(web: TestClient, body: dict[str, Any]) -> None:
    refused(web.post("/webhooks/rest/webhook", json=body), 400, "bad_request")


def test_an_empty_webhook_message_is_refused(web: TestClient) -> None:
    refused(web.post("/webhooks/rest/webhook", json={"sender": "anna", "message": "/"}), 400, "empty_message")


# Who may call


@pytest.mark.parametrize("path", ["/webhooks/rest/webhook", "/api/answer"])
class TestCallers:
    def test_from_elsewhere_a_key_is_needed(self, serve: Callable[..., TestClient], path: str) -> None:
        refused(serve(peer=ELSEWHERE).post(path, content=b"not even JSON"), 401, "unauthorized")

    def test_a_wrong_key_is_refused_also_here(self, serve: Callable[..., TestClient], path: str) -> None:
        for key in ("wrong", "shop", "shop=abc", "é"):
            web = serve(api_keys="shop=abc")
            refused(
                web.post(path, content=b"", headers={"Authorization": f"Bearer {key}".encode()}), 401, "unauthorized"
            )

    def test_a_right_key_is_taken_from_anywhere(self, serve: Callable[..., TestClient], path: str) -> None:
        web = serve(api_keys="shop=abc", peer=ELSEWHERE, base_url="https://chat.example")

        refused(web.post(path, content=b"", headers={"Authorization": "Bearer abc"}), 400, "bad_request")

    @pytest.mark.parametrize(
        "origin",
        ["https://evil.example", "null", "", "http://127.0.0.1:9999", "http://[", "http://127.0.0.1:8000.evil.example"],
    )
    def test_a_page_of_another_site_is_refused_without_a_key(self, web: TestClient, path: str, origin: str) -> None:
        refused(web.post(path, content=b"", headers={"Origin": origin}), 401, "unauthorized")

    def test_our_own_page_is_taken_here(self, web: TestClient, path: str) -> None:
        refused(web.post(path, content=b"", headers={"Origin": "http://127.0.0.1:8000"}), 400, "bad_request")

    def test_a_name_that_was_made_to_lead_here_is_refused(self, serve: Callable[..., TestClient], path: str) -> None:
        web = serve(base_url="http://evil.example:8000")

        refused(web.post(path, content=b"", headers={"Origin": "http://evil.example:8000"}), 401, "unauthorized")

    def test_who_comes_through_a_proxy_is_not_on_this_machine(self, web: TestClient, path: str) -> None:
        refused(web.post(path, content=b"", headers={"X-Forwarded-For": "127.0.0.1"}), 401, "unauthorized")

    @pytest.mark.parametrize("name", ["http://localhost:8000", "http://[::1]:8000", "http://127.0.0.1"])
    def test_this_machine_has_several_names(self, serve: Callable[..., TestClient], path: str, name: str) -> None:
        refused(serve(base_url=name).post(path, content=b""), 400, "bad_request")


# The single question


def test_a_question_is_answered(serve: Callable[..., TestClient], rasa: Server) -> None:
    rasa.answer = turn(
        "It costs $6 a month.",
        "Or $60 a year.",
        intent="pricing",
        sources=[{"slug": "plus", "title": "Plus", "version": 3}],
    )
    web = serve(rasa_urls=rasa.url)

    response = web.post("/api/answer", json={"message": "how much?"})

    assert response.status_code == 200
    assert response.json() == {
        "answer": "It costs $6 a month.\n\nOr $60 a year.",
        "intent": "pricing",
        "confidence": 0.9,
        "escalate": False,
        "sources": [{"slug": "plus", "title": "Plus", "version": 3}],
    }


def test_a_question_is_not_remembered(serve: Callable[..., TestClient], rasa: Server, engine: Engine) -> None:
    serve(rasa_urls=rasa.url).post("/api/answer", json={"message": "/restart"})

    assert (rasa.bodies[0]["text"], rasa.bodies[0]["keep"]) == ("restart", False)
    assert rows(engine, "select * from switchboard.conversations") == []


def test_each_question_is_a_new_one_of_its_caller(serve: Callable[..., TestClient], rasa: Server) -> None:
    local, keyed = serve(rasa_urls=rasa.url), serve(ELSEWHERE, rasa_urls=rasa.url, api_keys="shop=abc")

    for _ in range(2):
        local.post("/api/answer", json={"message": "hi"})
        keyed.post("/api/answer", json={"message": "hi"}, headers={"Authorization": "Bearer abc"})

    ids = [body["conversation_id"] for body in rasa.bodies]
    assert [caller_of(each) for each in ids] == ["local", "shop"] * 2
    assert len(set(ids)) == 4


@pytest.mark.parametrize(
    ("more", "escalate"),
    [
        ({"confidence": 0.6}, False),
        ({"confidence": 0.599}, True),
        ({"confidence": 0.99, "actions": ["action_fallback"]}, True),
        ({"confidence": 0.99, "handoff": {"team": "billing", "reason": "asked_for_a_person"}}, True),
    ],
)
def test_what_a_person_should_answer_is_escalated(
    serve: Callable[..., TestClient], rasa: Server, more: dict[str, Any], escalate: bool
) -> None:
    rasa.answer = turn("Hm.", **more)

    response = serve(rasa_urls=rasa.url).post("/api/answer", json={"message": "hm"})

    assert response.json()["escalate"] is escalate


def test_a_question_for_a_person_is_answered_with_who_comes(serve: Callable[..., TestClient], rasa: Server) -> None:
    rasa.answer = turn("Je suis désolé.", handoff={"reason": "other_language"})

    response = serve(rasa_urls=rasa.url).post("/api/answer", json={"message": "où est ma commande"})

    assert response.json()["answer"] == (
        "Je suis désolé.\n\nI will connect you with one of my colleagues. Please hold on."
    )


def test_a_question_that_must_not_wait_is_answered_without_rasa(serve: Callable[..., TestClient]) -> None:
    response = serve().post("/api/answer", json={"message": "I will sue you"})

    assert response.json() == {
        "answer": "I will connect you with one of my colleagues, who can deal with this. Please hold on.",
        "intent": None,
        "confidence": 0.0,
        "escalate": True,
        "sources": [],
    }


def test_an_angry_question_is_not_answered_as_if_nothing_was(serve: Callable[..., TestClient], rasa: Server) -> None:
    rasa.answer = turn("Our prices are fair.")

    answer = serve(rasa_urls=rasa.url).post("/api/answer", json={"message": "you are thieves"}).json()

    assert "fair" not in answer["answer"]
    assert (answer["escalate"], answer["intent"]) == (True, "greet")


@pytest.mark.parametrize(
    "body", [b"", b"{}", b'{"message": 1}', b'{"question": "hi"}', b'{"message": "\xff"}', b'["hi"]']
)
def test_a_bad_question_is_refused(web: TestClient, body: bytes) -> None:
    refused(web.post("/api/answer", content=body), 400, "bad_request")


def test_an_empty_or_endless_question_is_refused(web: TestClient) -> None:
    refused(web.post("/api/answer", json={"message": " "}), 400, "empty_message")
    refused(web.post("/api/answer", json={"message": "x" * 5_001}), 413, "message_too_long")


def test_without_rasa_a_question_is_refused_for_a_while(web: TestClient) -> None:
    response = web.post("/api/answer", json={"message": "how much?"})

    refused(response, 503, "unavailable")
    assert int(response.headers["retry-after"]) > 0


def test_a_failed_turn_is_told_without_its_reason(serve: Callable[..., TestClient], rasa: Server) -> None:
    rasa.status, rasa.answer = 502, {"error": {"message": "KeyError: secret"}}

    message = refused(serve(rasa_urls=rasa.url).post("/api/answer", json={"message": "hi"}), 503, "unavailable")

    assert "KeyError" not in message


# Health


def test_the_process_is_alive(web: TestClient) -> None:
    assert web.get("/healthz").status_code == 200


def test_ready_when_everything_answers(serve: Callable[..., TestClient], rasa: Server, engine: Engine) -> None:
    rows(engine, "insert into switchboard.workers (worker_id) values ('one')")

    response = serve(rasa_urls=rasa.url, actions_url=rasa.url).get("/readyz")

    assert response.status_code == 200
    assert response.json() == {"ready": True, "parts": dict.fromkeys(("database", "worker", "rasa", "actions"), "ok")}


def test_not_ready_says_what_is_missing(serve: Callable[..., TestClient], engine: Engine) -> None:
    web = serve()
    rows(engine, "insert into switchboard.workers values ('old', now() - interval '11 seconds')")

    response = web.get("/readyz")

    assert response.status_code == 503
    assert response.json() == {
        "ready": False,
        "parts": {
            "database": "ok",
            "worker": "not seen in the last 10 seconds",
            "rasa": "does not answer",
            "actions": "does not answer",
        },
    }


def test_rasa_without_a_model_is_not_ready(serve: Callable[..., TestClient], rasa: Server) -> None:
    rasa.status = 409

    assert serve(rasa_urls=rasa.url).get("/readyz").json()["parts"]["rasa"] == "has no model"


def test_one_rasa_with_a_model_is_enough(serve: Callable[..., TestClient], rasa: Server) -> None:
    parts = serve(rasa_urls=f"{NOTHING_LISTENS},{rasa.url}").get("/readyz").json()["parts"]

    assert parts["rasa"] == "ok"


def test_for_itself_a_web_process_needs_only_the_database(web: TestClient) -> None:
    response = web.get("/readyz?self")

    assert (response.status_code, response.json()) == (200, {"ready": True, "parts": {"database": "ok"}})


def test_without_the_database_calls_are_refused_for_a_while(serve: Callable[..., TestClient]) -> None:
    web = serve(database_url="postgresql://nobody@127.0.0.1:1/nothing")

    for response in (
        web.post("/api/conversations", json={}),
        web.post("/webhooks/rest/webhook", json={"sender": "a", "message": "b"}),
    ):
        refused(response, 503, "unavailable")
        assert int(response.headers["retry-after"]) > 0
    assert web.get("/healthz").status_code == 200
    assert web.get("/readyz?self").status_code == 503
    assert web.get("/readyz").json()["parts"]["database"] == "does not answer"


def test_the_web_process_goes_on_when_the_database_is_back(serve: Callable[..., TestClient], engine: Engine) -> None:
    web = serve()
    chat = Chat(web)
    rows(
        engine,
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
    )

    assert chat.send(text="hello").status_code == 202


def test_what_nobody_expected_is_told_without_details(serve: Callable[..., TestClient], engine: Engine) -> None:
    rows(engine, "drop table switchboard.handoffs, switchboard.messages cascade")

    message = refused(Chat(serve()).send(text="hello"), 500, "error")

    assert "messages" not in message


# Pages


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_pages_may_load_only_our_own_files(web: TestClient, path: str) -> None:
    response = web.get(path)

    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/html")
    policy = response.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self';")
    assert "unsafe" not in policy


def test_the_same_files_have_the_same_policy_wherever_they_are(web: TestClient) -> None:
    for name in Path("switchboard/web/static").glob("*.html"):
        assert web.get(f"/static/{name.name}").headers.get("content-security-policy"), name


def test_the_widget_may_be_loaded_by_any_site(web: TestClient) -> None:
    response = web.get("/widget.js")

    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/javascript")
    assert response.headers["cross-origin-resource-policy"] == "cross-origin"


def test_the_description_is_served(web: TestClient) -> None:
    assert web.get("/openapi.json").json()["openapi"] == "3.1.0"


# Other sites


def test_without_allowed_origins_no_other_site_may_read(web: TestClient) -> None:
    response = web.post("/api/conversations", json={}, headers={"Origin": "https://shop.example"})

    assert "access-control-allow-origin" not in response.headers


def test_an_allowed_site_may_call_and_read(serve: Callable[..., TestClient]) -> None:
    web = serve(allowed_origins="https://shop.example, https://other.example")
    origin = {"Origin": "https://shop.example"}
    asking = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,last-event-id",
    }

    preflight = web.options("/api/conversations", headers=origin | asking)
    response = web.post("/api/conversations", json={}, headers=origin)

    assert preflight.status_code == 200
    assert response.headers["access-control-allow-origin"] == "https://shop.example"
    assert (
        web.post("/api/conversations", content=b"", headers={"Origin": "https://evil.example"}).headers.get(
            "access-control-allow-origin"
        )
        is None
    )


def test_an_allowed_site_can_read_errors_and_when_to_come_back(serve: Callable[..., TestClient]) -> None:
    web = serve(allowed_origins="https://shop.example")

    response = web.get(f"/api/conversations/{NOBODY}/messages", headers={"Origin": "https://shop.example"})

    assert response.status_code == 404
    assert response.headers["access-control-allow-origin"] == "https://shop.example"
    assert response.headers["access-control-expose-headers"].lower() == "retry-after"

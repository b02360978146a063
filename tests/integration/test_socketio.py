"""Socket.IO clients of Rasa's channel against web processes and a worker whose Rasa answers as told."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import httpx
import pytest
import socketio
import websocket
from sqlalchemy.engine import Engine

from switchboard.conversations.holder import close
from switchboard.settings import Settings
from tests.servers import Web
from tests.talking import offer, rows, running, turn, wait_until, worker

OpenWeb = Callable[..., Web]


class Client:
    """A chat client made for Rasa. It keeps what it hears."""

    def __init__(self, web: Web, session_id: str | None = None, transport: str = "websocket", **headers: str) -> None:
        self.heard: list[dict[str, Any]] = []
        self.confirmed: list[str] = []
        self._lock = threading.Lock()
        self.socket = socketio.Client(reconnection=False)
        self.socket.on("bot_uttered", self._bot_uttered)
        self.socket.on("session_confirm", self.confirmed.append)
        self.socket.connect(web.url, headers=headers, transports=[transport], wait_timeout=30)
        self.session = self.request(session_id)

    def request(self, session_id: str | None) -> str:
        """Ask for a session; returns the one that was given."""
        before = len(self.confirmed)
        self.socket.emit("session_request", {"session_id": session_id})
        wait_until(lambda: len(self.confirmed) > before)
        return self.confirmed[-1]

    def say(self, message: Any, **more: Any) -> dict[str, Any]:
        """Returns the acknowledgement."""
        return dict(self.socket.call("user_uttered", {"message": message, "session_id": self.session, **more}))

    @property
    def texts(self) -> list[str]:
        return [each["text"] for each in self.heard]

    def hears(self, *texts: str) -> None:
        wait_until(lambda: len(self.heard) >= len(texts))
        time.sleep(0.1)
        assert self.texts == list(texts)

    def leave(self) -> None:
        """Without a word: a polling client would wait for its last request."""
        self.socket.eio.disconnect(abort=True)

    def _bot_uttered(self, data: dict[str, Any]) -> None:
        with self._lock:
            self.heard.append(data)


@pytest.fixture
def open_web(settings: Settings) -> Iterator[OpenWeb]:
    """Starts a web process on this test's database."""
    with ExitStack() as opened:
        yield lambda **changes: opened.enter_context(Web(replace(settings, **changes)))


@pytest.fixture
def web(open_web: OpenWeb) -> Web:
    return open_web()


@pytest.fixture
def connect() -> Iterator[Callable[..., Client]]:
    """Connects a client, which leaves at the end."""
    clients: list[Client] = []

    def one(*args: Any, **options: Any) -> Client:
        clients.append(Client(*args, **options))
        return clients[-1]

    yield one
    for each in clients:
        each.leave()


Connect = Callable[..., Client]


@pytest.fixture
def working(settings: Settings, engine: Engine) -> Iterator[Callable[[Any], None]]:
    """Starts a worker whose Rasa answers like this."""
    with ExitStack() as workers:
        yield lambda answer: workers.enter_context(running(worker(engine, answer, worker_threads=4), settings))


Working = Callable[[Any], None]


def echo(request: httpx.Request) -> httpx.Response:
    """A Rasa that repeats what it is told."""
    return httpx.Response(200, json=turn(f"You said {json.loads(request.content)['text']}."))


# The session


def test_a_client_is_given_a_session_that_nobody_can_guess(web: Web, connect: Connect) -> None:
    sessions = {connect(web).session for _ in range(3)}

    assert len(sessions) == 3
    assert all(len(bytes.fromhex(each)) == 16 for each in sessions)


def test_a_session_is_taken_up_again(web: Web, connect: Connect) -> None:
    session = connect(web).session

    assert connect(web, session).session == session


@pytest.mark.parametrize("foreign", ["anna", "0" * 32, "x" * 10_000, "", 7, ["a"], {"a": 1}])
def test_a_session_that_was_not_issued_here_is_replaced(web: Web, connect: Connect, foreign: Any) -> None:
    client = connect(web, foreign)

    assert client.session != foreign
    assert len(bytes.fromhex(client.session)) == 16


def test_the_id_of_a_conversation_or_its_stored_sender_opens_nothing(
    web: Web, connect: Connect, engine: Engine
) -> None:
    connect(web)
    ((conversation_id, sender),) = rows(engine, "select conversation_id::text, sender from switchboard.conversations")

    assert connect(web, conversation_id).session != conversation_id
    assert connect(web, sender).session != sender


def test_a_client_that_asks_for_no_session_is_answered_all_the_same(web: Web, working: Working) -> None:
    working(turn("Hello!"))
    heard: list[Any] = []
    client = socketio.Client(reconnection=False)
    client.on("bot_uttered", heard.append)
    client.connect(web.url, wait_timeout=30)

    client.emit("user_uttered", {"message": "hello"})

    wait_until(lambda: heard)
    client.disconnect()
    assert heard[0]["text"] == "Hello!"


# Messages


def test_a_message_is_acknowledged_once_stored_and_answered(
    web: Web, connect: Connect, working: Working, engine: Engine
) -> None:
    client = connect(web)

    acknowledged = client.say("hello", customData={"language": "en"})

    stored = rows(
        engine,
        "select c.channel, m.seq, m.text from switchboard.messages m join switchboard.conversations c using (conversation_id)",
    )
    assert acknowledged == {"seq": 1}
    assert stored == [("socketio", 1, "hello")]
    working(turn("Hello!"))
    client.hears("Hello!")
    assert client.heard[0] == {"text": "Hello!", "metadata": {"seq": 2, "sender": "bot"}}


def test_polling_works_as_well(web: Web, connect: Connect, working: Working) -> None:
    working(turn("Hello!"))
    client = connect(web, transport="polling")

    assert client.say("hello") == {"seq": 1}
    client.hears("Hello!")


def test_messages_of_one_socket_are_taken_and_answered_in_their_order(
    web: Web, connect: Connect, working: Working
) -> None:
    working(echo)
    client = connect(web)

    for number in range(20):
        client.socket.emit("user_uttered", {"message": f"{number}", "session_id": client.session})

    client.hears(*(f"You said {number}." for number in range(20)))


def test_paragraphs_are_events_of_their_own_and_buttons_come_with_the_last(
    web: Web, connect: Connect, working: Working
) -> None:
    answer = offer(("Yes", "/affirm"), ("No", '/deny{"why": "secret"}'))
    answer["replies"][0]["text"] = "It has shipped.\n\nCancel it?"
    working(answer)
    client = connect(web)

    client.say("cancel")

    client.hears("It has shipped.", "Cancel it?")
    assert client.heard[0]["quick_replies"] == []
    assert client.heard[1]["quick_replies"] == [
        {"content_type": "text", "title": "Yes", "payload": "button:2.1"},
        {"content_type": "text", "title": "No", "payload": "button:2.2"},
    ]


def test_a_pressed_quick_reply_sends_its_payload_from_the_server(
    web: Web, connect: Connect, working: Working, engine: Engine
) -> None:
    working(offer(("Yes", "/affirm")))
    client = connect(web)
    client.say("cancel")
    client.hears("Which one?")

    assert client.say(client.heard[0]["quick_replies"][0]["payload"]) == {"seq": 3}

    assert rows(engine, "select text, payload from switchboard.messages where seq = 3") == [("Yes", "/affirm")]


def test_a_quick_reply_that_is_no_longer_on_offer_is_refused_in_words(web: Web, connect: Connect) -> None:
    client = connect(web)

    assert client.say("button:2.1")["error"]["code"] == "unknown_button"
    client.hears("This button is no longer on offer.")


def test_a_command_of_rasas_is_only_text(web: Web, connect: Connect, engine: Engine) -> None:
    client = connect(web)

    for command in ("/restart", '/cancel_order{"order": "1"}', "//get_started"):
        client.say(command)

    assert rows(engine, "select text, payload from switchboard.messages order by seq") == [
        ("restart", None),
        ('cancel_order{"order": "1"}', None),
        ("get_started", None),
    ]


def test_an_agents_and_the_systems_messages_arrive_too(web: Web, connect: Connect, engine: Engine) -> None:
    client = connect(web)
    for seq, sender in ((1, "agent"), (2, "system")):
        rows(
            engine,
            f"""
            with stored as (insert into switchboard.messages (conversation_id, seq, sender, text)
                            select conversation_id, {seq}, '{sender}', 'From the {sender}' from switchboard.conversations
                            returning conversation_id)
            select pg_notify('switchboard_conversation', conversation_id::text) from stored""",
        )

    client.hears("From the agent", "From the system")


def test_what_a_person_overtook_is_not_sent(web: Web, connect: Connect, engine: Engine) -> None:
    client = connect(web)
    for seq, suppressed in ((1, True), (2, False)):
        rows(
            engine,
            f"""
            with stored as (insert into switchboard.messages (conversation_id, seq, sender, text, suppressed)
                            select conversation_id, {seq}, 'bot', 'Number {seq}', {suppressed} from switchboard.conversations
                            returning conversation_id)
            select pg_notify('switchboard_conversation', conversation_id::text) from stored""",
        )

    client.hears("Number 2")


# Refusals


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("x" * 5_001, "message_too_long"),
        ("   ", "empty_message"),
        (7, "bad_request"),
        ({"text": "hello"}, "bad_request"),
    ],
)
def test_what_cannot_be_taken_is_refused_in_words_and_in_the_acknowledgement(
    web: Web, connect: Connect, message: Any, code: str
) -> None:
    client = connect(web)

    refused = client.say(message)["error"]

    assert refused["code"] == code
    client.hears(refused["message"])


def test_an_opened_chat_in_which_nothing_was_said_is_answered_to_the_program_alone(web: Web, connect: Connect) -> None:
    client = connect(web)

    assert client.say(None)["error"]["code"] == "empty_message"
    client.hears()


@pytest.mark.parametrize("data", [None, [], "hello", 7])
def test_an_event_without_an_object_is_refused(web: Web, connect: Connect, data: Any) -> None:
    client = connect(web)

    assert client.socket.call("user_uttered", data)["error"]["code"] == "bad_request"


def test_too_many_waiting_messages_are_refused(open_web: OpenWeb, connect: Connect) -> None:
    client = connect(open_web(max_waiting_per_conversation=2))

    answers = [client.say(f"{number}") for number in range(3)]

    assert [each.get("seq") for each in answers] == [1, 2, None]
    assert answers[2]["error"]["code"] == "too_many_messages"


def test_a_packet_that_is_far_too_large_ends_its_connection_alone(web: Web, connect: Connect, working: Working) -> None:
    working(turn("Hello!"))
    large, other = connect(web), connect(web)

    large.socket.emit("user_uttered", {"message": "x" * 100_000, "session_id": large.session})

    wait_until(lambda: not large.socket.connected)
    other.say("hello")
    other.hears("Hello!")
    assert connect(web, large.session).session == large.session


def test_events_that_are_not_ours_change_nothing(web: Web, connect: Connect, working: Working) -> None:
    working(turn("Hello!"))
    client = connect(web)

    for event in ("connect", "nothing", "session_request", "user_uttered"):
        client.socket.emit(event, ({"session_id": client.session}, {}, [1, 2], "more"))

    client.say("hello")
    wait_until(lambda: "Hello!" in client.texts)


# After the end


def test_after_the_end_a_new_conversation_starts_under_the_same_session(
    web: Web, connect: Connect, working: Working, engine: Engine
) -> None:
    working(echo)
    client, other = connect(web), None
    other = connect(web, client.session)
    client.say("one")
    client.hears("You said one.")
    with engine.begin() as connection:
        close(connection, rows(engine, "select conversation_id::text from switchboard.conversations")[0][0])

    assert client.say("two") == {"seq": 1}

    client.hears("You said one.", "You said two.")
    other.hears("You said one.", "You said two.")
    assert rows(
        engine, "select count(*), count(*) filter (where holder = 'closed') from switchboard.conversations"
    ) == [(2, 1)]


# Several sockets, several processes


def test_every_socket_of_a_session_hears_everything_once(web: Web, connect: Connect, working: Working) -> None:
    working(echo)
    first = connect(web)
    second = connect(web, first.session)
    stranger = connect(web)

    for number in range(5):
        (first, second)[number % 2].say(f"{number}")

    expected = [f"You said {number}." for number in range(5)]
    first.hears(*expected)
    second.hears(*expected)
    assert stranger.heard == []


def test_a_reply_reaches_the_client_whichever_process_it_is_connected_to(
    open_web: OpenWeb, connect: Connect, working: Working
) -> None:
    working(echo)
    here, there = open_web(), open_web()
    first = connect(here)
    second = connect(there, first.session)

    for number in range(5):
        first.say(f"{number}")
    expected = [f"You said {number}." for number in range(5)]
    second.hears(*expected)
    first.hears(*expected)

    assert second.session == first.session


def test_who_comes_back_gets_what_was_missed_and_nothing_again(
    open_web: OpenWeb, connect: Connect, working: Working, engine: Engine
) -> None:
    client = connect(open_web())
    for number in range(3):
        client.say(f"{number}")
    client.leave()
    working(echo)
    wait_until(lambda: rows(engine, "select waiting from switchboard.conversations") == [(0,)])

    back = connect(open_web(), client.session)
    back.hears("You said 0.", "You said 1.", "You said 2.")
    back.say("3")
    back.hears(*(f"You said {number}." for number in range(4)))
    wait_until(lambda: rows(engine, "select delivered_seq from switchboard.socketio_deliveries") == [(8,)])
    back.leave()

    again = connect(open_web(), client.session)
    again.say("4")
    again.hears("You said 4.")


def test_a_long_backlog_arrives_whole_and_in_order(web: Web, connect: Connect, engine: Engine) -> None:
    client = connect(web)
    client.leave()
    rows(
        engine,
        """
        insert into switchboard.messages (conversation_id, seq, sender, text)
        select conversation_id, n, 'agent', 'Number ' || n from switchboard.conversations, generate_series(1, 1200) n""",
    )

    for transport in ("websocket", "polling"):
        rows(engine, "update switchboard.socketio_deliveries set delivered_seq = 0")
        back = connect(web, client.session, transport)
        wait_until(lambda back=back: len(back.heard) == 1200, 30)
        assert back.texts == [f"Number {n}" for n in range(1, 1201)]
        wait_until(lambda: rows(engine, "select delivered_seq from switchboard.socketio_deliveries") == [(1200,)])
        back.leave()


def test_the_database_may_go_away_meanwhile(web: Web, connect: Connect, working: Working, engine: Engine) -> None:
    client = connect(web)
    working(echo)
    client.say("one")
    client.hears("You said one.")

    rows(
        engine,
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
    )

    client.say("two")
    wait_until(lambda: client.texts == ["You said one.", "You said two."], 20)


# Clients that are slow or dead


class RawClient:
    """A client that reads when it is told to, and answers no question for a sign of life."""

    def __init__(self, web: Web, session_id: str) -> None:
        address = web.url.replace("http", "ws", 1) + "/socket.io/?EIO=4&transport=websocket"
        self.socket = websocket.create_connection(address, sockopt=[(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)])
        self.socket.send("40")
        self.until("40")
        self.socket.send("42" + json.dumps(["session_request", {"session_id": session_id}]))
        self.until('42["session_confirm"')

    def until(self, beginning: str) -> str:
        """The next packet that begins like this."""
        while not (packet := str(self.socket.recv())).startswith(beginning):
            pass
        return packet


def test_a_client_that_does_not_read_holds_up_nobody_and_fills_no_memory(
    web: Web, connect: Connect, working: Working, engine: Engine
) -> None:
    working(turn("Hello!"))
    session = connect(web).session
    RawClient(web, session)
    rows(
        engine,
        """
        with stored as (insert into switchboard.messages (conversation_id, seq, sender, text)
                        select conversation_id, n, 'agent', repeat('long ', 900)
                        from switchboard.conversations, generate_series(1, 3000) n returning conversation_id)
        select pg_notify('switchboard_conversation', conversation_id::text) from stored limit 1""",
    )

    other = connect(web)
    other.say("hello")
    other.hears("Hello!")

    waiting = [each.queue.qsize() for each in web.app.state.socketio.server.eio.sockets.values()]
    assert max(waiting) <= 16


@pytest.mark.parametrize("packet", ['459999999999-["user_uttered",{}]', '469999999999-1["x"]', '45["user_uttered",{}]'])
def test_announced_attachments_are_neither_waited_for_nor_kept(web: Web, packet: str, caplog: Any) -> None:
    client = RawClient(web, "")
    client.socket.settimeout(10)

    client.socket.send(packet)
    for _ in range(3):
        client.socket.send_binary(bytes(60_000))

    client.socket.send('42["session_request",{}]')
    client.until('42["session_confirm"')
    assert web.app.state.socketio.server._binary_packet == {}
    assert caplog.records == []


def test_frames_are_not_compressed_so_what_comes_is_as_large_as_it_was_sent(web: Web) -> None:
    address = web.url.replace("http", "ws", 1) + "/socket.io/?EIO=4&transport=websocket"

    connection = websocket.create_connection(address, header={"Sec-WebSocket-Extensions": "permessage-deflate"})

    assert "sec-websocket-extensions" not in connection.getheaders()
    connection.close()


def test_what_went_out_to_a_dead_connection_is_due_again(
    web: Web, connect: Connect, working: Working, engine: Engine
) -> None:
    web.app.state.socketio.server.eio.ping_interval = 1
    web.app.state.socketio.server.eio.ping_timeout = 5
    working(echo)
    client = connect(web)
    client.say("one")
    client.hears("You said one.")
    client.leave()
    wait_until(lambda: rows(engine, "select delivered_seq from switchboard.socketio_deliveries") == [(2,)])
    dead = RawClient(web, client.session)
    dead.socket.send("42" + json.dumps(["user_uttered", {"message": "two"}]))
    assert "You said two." in dead.until('42["bot_uttered"')
    wait_until(lambda: rows(engine, "select delivered_seq from switchboard.socketio_deliveries") == [(4,)])

    wait_until(lambda: rows(engine, "select delivered_seq from switchboard.socketio_deliveries") == [(2,)])

    connect(web, client.session).hears("You said two.")


# Who may connect


def upgrade(web: Web, **headers: str) -> int:
    """The status of a first request with these headers."""
    return httpx.get(f"{web.url}/socket.io/?EIO=4&transport=polling", headers=headers).status_code


def test_pages_of_other_sites_may_not_connect(web: Web) -> None:
    own = web.url
    assert upgrade(web) == 200
    assert upgrade(web, Origin=own) == 200
    for origin in ("https://evil.example", "null", own + ".evil.example", own + "0", "http://["):
        assert upgrade(web, Origin=origin) == 400, origin


def test_allowed_sites_may(open_web: OpenWeb) -> None:
    web = open_web(allowed_origins="https://shop.example")

    response = httpx.get(f"{web.url}/socket.io/?EIO=4&transport=polling", headers={"Origin": "https://shop.example"})

    assert response.status_code == 200
    assert response.headers.get_list("access-control-allow-origin") == ["https://shop.example"]
    assert "access-control-allow-credentials" not in response.headers
    assert upgrade(web, Origin=web.url) == 200
    assert upgrade(web, Origin="https://evil.example") == 400
    assert upgrade(open_web(allowed_origins="*"), Origin="https://any.example") == 200


def test_a_websocket_of_another_site_is_closed(open_web: OpenWeb) -> None:
    address = open_web().url.replace("http", "ws", 1) + "/socket.io/?EIO=4&transport=websocket"

    with pytest.raises(websocket.WebSocketBadStatusException):
        websocket.create_connection(address, origin="https://evil.example")


def test_a_client_of_the_old_protocol_is_told(web: Web) -> None:
    assert httpx.get(f"{web.url}/socket.io/?EIO=3&transport=polling").status_code == 400

"""How the worker sees Rasa, over a network that is played."""

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import httpx
import pytest

from switchboard.errors import TurnFailed, Unavailable
from switchboard.settings import Settings
from switchboard.turns.rasa import Choice, Handoff, RasaClient, Source, Turn

TURN = {
    "replies": [{"text": "Shall I?", "buttons": [{"title": "Yes", "payload": "/affirm"}]}],
    "intent": "cancel_order",
    "confidence": 0.9,
    "stage": "sparse",
    "actions": ["action_ask"],
    "handoff": {"team": "orders", "reason": "asked_for_a_person"},
    "sources": [{"slug": "fees", "title": "Fees", "version": 2}],
    "something_new": 1,
}


def client(answer, urls: str = "") -> RasaClient:
    return RasaClient(Settings(rasa_urls=urls, rasa_token="secret"), httpx.MockTransport(answer))


def ask(answer, urls: str = "") -> Turn:
    return client(answer, urls).turn("conversation", "conversation:1", "hello")


def test_a_turn_is_read_whole():
    turn = ask(lambda _: httpx.Response(200, json=TURN))

    assert turn.replies[0].buttons == [Choice("Yes", "/affirm")]
    assert turn.handoff == Handoff("asked_for_a_person", "orders")
    assert turn.sources == [Source("fees", "Fees", 2)]
    assert (turn.intent, turn.confidence, turn.stage, turn.actions) == ("cancel_order", 0.9, "sparse", ["action_ask"])


def test_rasa_gets_message_and_token():
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json=TURN)

    client(answer).turn("conversation", "conversation:1", "hello", keep=False)

    assert asked[0].url == "http://127.0.0.1:5105/webhooks/switchboard/turn"
    assert asked[0].headers["X-Switchboard-Token"] == "secret"
    assert json.loads(asked[0].content) == {
        "conversation_id": "conversation",
        "message_id": "conversation:1",
        "text": "hello",
        "keep": False,
        "attempt": 0,
        "resume": None,
        "early": False,
    }


def test_a_turn_that_only_asks_for_a_person_needs_no_words():
    asking = client(lambda _: httpx.Response(200, json=TURN | {"replies": []}))

    assert asking.turn("conversation", "conversation:1", "hello").handoff == Handoff("asked_for_a_person", "orders")


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (httpx.Response(200, json=TURN | {"replies": [], "handoff": None}), "said nothing"),
        (httpx.Response(200, content=b"<html>"), "could not be read"),
        (httpx.Response(200, content=b'{"replies": [{"text": "\xff"}]}'), "could not be read"),
        (httpx.Response(200, json={"replies": "none"}), "could not be read"),
        (httpx.Response(502, json={"error": {"code": "turn_failed", "message": "KeyError: 1"}}), "502: KeyError: 1"),
        (httpx.Response(500, text="Internal Server Error"), "500: Internal Server Error"),
        (httpx.Response(401, json=["no"]), "401"),
        (httpx.Response(302, headers={"location": "/"}), "302"),
    ],
)
def test_what_is_no_turn_is_a_failed_turn(response, reason):
    with pytest.raises(TurnFailed, match=reason):
        ask(lambda _: response)


def test_rasa_without_a_model_is_unavailable():
    with pytest.raises(Unavailable, match="no model"):
        ask(lambda _: httpx.Response(503, json={"error": {"message": "Rasa has no model."}}))


@pytest.mark.parametrize("error", [httpx.ReadTimeout, httpx.WriteTimeout, httpx.PoolTimeout])
def test_a_turn_that_takes_too_long_has_failed(error):
    with pytest.raises(TurnFailed, match=r"longer than 15\.0 s"):
        ask(raising(error))


@pytest.mark.parametrize(
    "error", [httpx.ConnectError, httpx.ConnectTimeout, httpx.ReadError, httpx.RemoteProtocolError]
)
def test_rasa_that_cannot_be_reached_is_unavailable(error):
    with pytest.raises(Unavailable):
        ask(raising(error))


def test_the_least_busy_replica_is_asked():
    everybody = Barrier(4, timeout=5)

    def answer(request: httpx.Request) -> httpx.Response:
        everybody.wait()
        return httpx.Response(200, json=TURN | {"intent": request.url.host})

    rasa = client(answer, "http://one,http://two")
    with ThreadPoolExecutor(4) as threads:
        turns = [threads.submit(rasa.turn, "conversation", str(n), "hello") for n in range(4)]

    assert sorted(turn.result().intent for turn in turns) == ["one", "one", "two", "two"]


def test_a_replica_that_ends_in_an_error_is_free_again():
    rasa = client(raising(httpx.ReadTimeout), "http://one,http://two")

    for _ in range(2):
        with pytest.raises(TurnFailed):
            rasa.turn("conversation", "1", "hello")

    assert set(rasa._in_flight.values()) == {0}


def test_a_dead_replica_costs_no_turn():
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        if request.url.host == "dead":
            raise httpx.ConnectError("refused", request=request)
        return httpx.Response(200, json=TURN)

    rasa = client(answer, "http://dead,http://alive")
    for number in range(3):
        rasa.turn("conversation", str(number), "hello")

    assert asked == ["dead", "alive", "alive", "alive"]


def test_a_replica_without_a_model_is_asked_after_the_others():
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(503, text="no model") if request.url.host == "new" else httpx.Response(200, json=TURN)

    rasa = client(answer, "http://new,http://old")
    with pytest.raises(Unavailable):
        rasa.turn("conversation", "1", "hello")

    assert rasa.turn("conversation", "1", "hello").intent == "cancel_order"


def raising(error: type[httpx.TransportError]):
    def answer(request: httpx.Request) -> httpx.Response:
        raise error("played", request=request)

    return answer

"""Rasa as its callers see it: one turn in, replies and decisions out."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import msgspec

from switchboard.errors import TurnFailed, Unavailable
from switchboard.settings import Settings

TURN_PATH = "/webhooks/switchboard/turn"

CONNECT_SECONDS = 2.0

AWAY_SECONDS = 5.0
"""How long the other replicas are asked before one that could not be reached or has no model."""


class Choice(msgspec.Struct):
    """A button: what the customer reads, and what pressing it sends to Rasa."""

    title: str
    payload: str


class Reply(msgspec.Struct):
    """One thing the assistant says."""

    text: str
    buttons: list[Choice] = []


class Handoff(msgspec.Struct):
    """The assistant asks for a person, of a certain team if it knows which."""

    reason: str
    team: str | None = None


class Source(msgspec.Struct, omit_defaults=True):
    """The article an answer came from."""

    slug: str
    title: str
    version: int
    link: str | None = None


class Turn(msgspec.Struct):
    """What Rasa answered to one message, what it understood and what it decided."""

    replies: list[Reply]
    intent: str | None
    confidence: float
    stage: str | None = None
    actions: list[str] = []
    handoff: Handoff | None = None
    sources: list[Source] = []


class RasaClient:
    """Calls the least busy of the Rasa replicas that work; safe to share between threads.

    Args:
        settings: `RASA_URLS`, `RASA_TOKEN` and `TURN_TIMEOUT` are used.
        transport: replaces the network in tests.
    """

    def __init__(self, settings: Settings, transport: httpx.BaseTransport | None = None) -> None:
        self._http = httpx.Client(
            timeout=httpx.Timeout(settings.turn_timeout, connect=CONNECT_SECONDS), transport=transport
        )
        self._token = settings.rasa_token
        self._in_flight = dict.fromkeys(settings.rasa_addresses, 0)
        self._away_until = dict.fromkeys(settings.rasa_addresses, 0.0)
        self._lock = threading.Lock()

    def turn(
        self,
        conversation_id: str,
        message_id: str,
        text: str,
        keep: bool = True,
        attempt: int = 0,
        resume: dict[str, Any] | None = None,
        early: bool = False,
    ) -> Turn:
        """Run a message's turn, or get what was recorded if it has run before.

        Args:
            keep: whether Rasa remembers the conversation; `False` for a single question.
            attempt: the number of the claim; one lower than the latest that Rasa has seen is refused.
            resume: set when a person has given the conversation back: `{"slots": {name: value}}`, what is known now.
            early: the message was written before the latest that was said to the customer.

        Raises:
            Unavailable: no Rasa with a model can be reached.
            TurnFailed: Rasa could not finish the turn.
        """
        body = {
            "conversation_id": conversation_id,
            "message_id": message_id,
            "text": text,
            "keep": keep,
            "attempt": attempt,
            "resume": resume,
            "early": early,
        }
        for _ in self._in_flight:
            with self._replica() as address:
                response = self._ask(address, body)
            if response is not None:
                return _turn(response)
        raise Unavailable("Rasa can't be reached.")

    def _ask(self, address: str, body: dict[str, Any]) -> httpx.Response | None:
        """The replica's response; None if it can't be reached, so that nothing has begun there."""
        try:
            response = self._http.post(address + TURN_PATH, json=body, headers={"X-Switchboard-Token": self._token})
        except (httpx.ConnectError, httpx.ConnectTimeout):
            self._away_until[address] = time.monotonic() + AWAY_SECONDS
            return None
        except httpx.TimeoutException as error:
            raise TurnFailed(f"The turn took longer than {self._http.timeout.read} s.") from error
        except httpx.HTTPError as error:
            raise Unavailable(f"Rasa's answer was lost: {error}") from error
        if response.status_code == 503:
            self._away_until[address] = time.monotonic() + AWAY_SECONDS
        return response

    @contextmanager
    def _replica(self) -> Iterator[str]:
        with self._lock:
            now = time.monotonic()
            address = min(self._in_flight, key=lambda each: (max(self._away_until[each], now), self._in_flight[each]))
            self._in_flight[address] += 1
        try:
            yield address
        finally:
            with self._lock:
                self._in_flight[address] -= 1


def _turn(response: httpx.Response) -> Turn:
    if response.status_code == 503:
        raise Unavailable(_reason(response))
    if response.status_code != 200:
        raise TurnFailed(f"Rasa answered {response.status_code}: {_reason(response)}")
    try:
        turn = msgspec.json.decode(response.content, type=Turn)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise TurnFailed(f"Rasa's answer could not be read: {error}") from error
    if not turn.replies and not turn.handoff:
        raise TurnFailed("The assistant said nothing.")
    return turn


def _reason(response: httpx.Response) -> str:
    try:
        body: Any = response.json()
        return str(body["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return response.text[:200]

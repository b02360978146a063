"""How another system is called over HTTP: with timeouts, retries that back off, and a breaker.

A call that reads is tried again after any failure. A call that changes something is tried again only if the other system
surely never saw it; otherwise nobody knows whether it was done, and OutcomeUnknown says so.
"""

import json
import logging
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import httpx

from switchboard.crm.breaker import Breaker
from switchboard.errors import CrmUnavailable

log = logging.getLogger(__name__)

LONGEST_ANSWER = 10_000_000
"""Bytes. An answer that is longer is a mistake, and must not fill the memory."""

NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
TURNED_AWAY = 429
NOT_DONE = (400, 401, 403, 404, 405, 410, 411, 413, 414, 415, 422, 426, 428, 431)
"""Statuses of a request that was not even begun with. All others but success, redirects too, leave open what was done."""


class OutcomeUnknown(CrmUnavailable):
    """The business system was told to do something, and its answer was lost. Stays in switchboard.crm."""


class NoAnswer(Exception):
    """No answer that can be used; never leaves this file."""


class NotReached(NoAnswer):
    """The call surely had no effect."""


@dataclass(frozen=True)
class Pace:
    """How long to wait and how often to try; seconds."""

    connect_timeout: float = 3.0
    answer_timeout: float = 10.0
    tries: int = 3
    pause: float = 0.2
    failures: int = 5
    rest: float = 30.0


@dataclass(frozen=True)
class Answer:
    """`data` is the parsed JSON with decimal numbers as Decimal; None for an empty body, and for a refusal that isn't JSON."""

    status: int
    data: Any

    @property
    def turned_down(self) -> bool:
        """Whether what was asked for was surely not done."""
        return self.status in NOT_DONE


class Remote:
    """Another system at `url`."""

    def __init__(self, url: str, pace: Pace, headers: dict[str, str] | None = None) -> None:
        self.pace = pace
        self.breaker = Breaker(pace.failures, pace.rest)
        timeout = httpx.Timeout(pace.answer_timeout, connect=pace.connect_timeout)
        self.client = httpx.Client(base_url=url, timeout=timeout, headers=headers, follow_redirects=False)

    def read(self, method: str, path: str, **options: Any) -> Answer:
        """The answer, whatever its status below 500; `options` are httpx's.

        Raises:
            CrmUnavailable: there was none after all tries.
        """
        return self._tried(lambda: self._once(method, path, options), NoAnswer)

    def change(self, method: str, path: str, **options: Any) -> Answer:
        """As `read`, but never sent again once it may have arrived.

        Raises:
            CrmUnavailable: it was not done.
            OutcomeUnknown: it may have been done.
        """
        try:
            return self._tried(lambda: self._once(method, path, options), NotReached)
        except NoAnswer as error:
            raise OutcomeUnknown from error

    def pauses(self) -> Iterator[float]:
        """Seconds to wait between tries: doubled each time, and never the same for two callers."""
        for number in range(self.pace.tries - 1):
            yield self.pace.pause * 2**number * random.uniform(0.5, 1)

    def _tried(self, call: Callable[[], Answer], again_after: type[NoAnswer]) -> Answer:
        for pause in self.pauses():
            try:
                return call()
            except again_after:
                time.sleep(pause)
        try:
            return call()
        except again_after as error:
            raise CrmUnavailable from error

    def _once(self, method: str, path: str, options: dict[str, Any]) -> Answer:
        self.breaker.admit()
        try:
            answer = self._answer(method, path, options)
        except NoAnswer as error:
            self.breaker.failed()
            log.warning("%s %s: %s", method, self.client.base_url.host, error)
            raise
        self.breaker.succeeded()
        return answer

    def _answer(self, method: str, path: str, options: dict[str, Any]) -> Answer:
        end = time.monotonic() + self.pace.connect_timeout + self.pace.answer_timeout
        try:
            with self.client.stream(method, path, **options) as response:
                body = read_body(response, end)
        except NEVER_SENT as error:
            raise NotReached(type(error).__name__) from error
        except httpx.RequestError as error:
            raise NoAnswer(type(error).__name__) from error
        if response.status_code == TURNED_AWAY:
            raise NotReached(f"status {response.status_code}")
        if response.status_code >= 500 or response.status_code < 200:
            raise NoAnswer(f"status {response.status_code}")
        return Answer(response.status_code, parsed(body, response.is_success))


def read_body(response: httpx.Response, end: float) -> bytes:
    """The whole body, if it is not too long and doesn't come in too slowly: httpx's timeout is for each piece."""
    body = bytearray()
    for piece in response.iter_bytes():
        body += piece
        if len(body) > LONGEST_ANSWER or time.monotonic() > end:
            raise NoAnswer("the answer is too long or too slow")
    return bytes(body)


def parsed(body: bytes, needed: bool) -> Any:
    """The JSON in the body; None for none, where none is `needed`."""
    try:
        return json.loads(body, parse_float=Decimal) if body.strip() else None
    except (ValueError, RecursionError) as error:
        if needed:
            raise NoAnswer("the answer is not JSON") from error
        return None

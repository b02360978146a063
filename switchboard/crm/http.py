"""How another system is called over HTTP: with timeouts, retries that back off, and a breaker.

A call that reads is tried again after any failure. A call that changes something is tried again only if the other system
surely never saw it; otherwise nobody knows whether it was done, and OutcomeUnknown says so.
"""

import json
import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import httpx

from switchboard.crm.breaker import Breaker
from switchboard.errors import CrmUnavailable

log = logging.getLogger(__name__)

LONGEST_ANSWER = 10_000_000
"""Bytes. An answer that is longer is a mistake, and must not fill the memory."""

SHORTEST_TRY = 0.05
"""Seconds. With less left, another try is not worth it."""

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
    """How long to wait and how often to try; seconds.

    `patience` is for all tries of a call together, and of one that changes something until it is sent.
    """

    connect_timeout: float = 3.0
    answer_timeout: float = 10.0
    patience: float = 6.0
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
        self.client = httpx.Client(base_url=url, headers=headers, follow_redirects=False)

    def read(self, method: str, path: str, **options: Any) -> Answer:
        """The answer, whatever its status below 500; `options` are httpx's.

        Raises:
            CrmUnavailable: there was none after all tries, or as long as patience lasts.
        """
        within = self.pace.answer_timeout
        return self._tried(lambda left: self._once(method, path, options, left, min(left, within)), NoAnswer)

    def change(self, method: str, path: str, **options: Any) -> Answer:
        """As `read`, but never sent again once it may have arrived.

        Raises:
            CrmUnavailable: it was not done.
            OutcomeUnknown: it may have been done.
        """
        within = self.pace.answer_timeout
        try:
            return self._tried(lambda left: self._once(method, path, options, left, within), NotReached)
        except NoAnswer as error:
            raise OutcomeUnknown from error

    def pause(self, tries: int) -> float:
        """Seconds to wait after so many tries: doubled each time, and never the same for two callers."""
        return self.pace.pause * 2 ** (tries - 1) * random.uniform(0.5, 1)

    def _tried(self, call: Callable[[float], Answer], again_after: type[NoAnswer]) -> Answer:
        """Call, and again, as often as there are tries and time; `call` is told how many seconds are left.

        Tries that no time is left for count as failed: a system that hangs is left alone as soon as one that breaks.
        """
        end, tries, left = time.monotonic() + self.pace.patience, 1, self.pace.patience
        while True:
            try:
                return call(left)
            except again_after as error:
                pause = self.pause(tries)
                left = end - time.monotonic() - pause
                if tries >= self.pace.tries or left < SHORTEST_TRY:
                    self.breaker.failed(self.pace.tries - tries)
                    raise CrmUnavailable from error
            time.sleep(pause)
            tries += 1

    def _once(self, method: str, path: str, options: dict[str, Any], left: float, within: float) -> Answer:
        self.breaker.admit()
        try:
            answer = self._answer(method, path, options, left, within)
        except NoAnswer as error:
            self.breaker.failed()
            log.warning("%s %s: %s", method, self.client.base_url.host, error)
            raise
        self.breaker.succeeded()
        return answer

    def _answer(self, method: str, path: str, options: dict[str, Any], left: float, within: float) -> Answer:
        soon = min(left, self.pace.connect_timeout)
        end, timeout = time.monotonic() + within, httpx.Timeout(within, connect=soon, pool=soon)
        try:
            with self.client.stream(method, path, timeout=timeout, **options) as response:
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

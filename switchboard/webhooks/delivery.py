"""Delivering: read an event, sign it, post it, write down how that went."""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx
import msgspec
from sqlalchemy.engine import Engine

from switchboard import __version__
from switchboard.errors import DeliveryFailed
from switchboard.settings import Settings
from switchboard.webhooks.events import Event, delivered, failed, give_up, next_event
from switchboard.webhooks.signing import signed_headers

log = logging.getLogger(__name__)

T = TypeVar("T")

MOST_READ = 64 * 1024
"""Bytes of an answer that are read, so that the connection can be used again; what it says is of no interest."""


@dataclass(frozen=True)
class Pace:
    """How long is waited for a receiver, and how often it is tried.

    Attributes:
        timeout: seconds a receiver has to answer.
        first_pause: seconds until the second try; doubled for each further one.
        longest_pause: seconds, where doubling ends.
        give_up_after: seconds from the event to the end of the tries.
        fewest_tries: made in any case, also at an event that waited long for its turn.
    """

    timeout: float = 10.0
    first_pause: float = 5.0
    longest_pause: float = 3600.0
    give_up_after: float = 24 * 3600.0
    fewest_tries: int = 5

    def pause(self, tries: int) -> float:
        """Seconds to wait after that many tries."""
        return min(self.first_pause * 2.0 ** min(tries - 1, 30), self.longest_pause)

    def is_over(self, tries: int, age: float) -> bool:
        """Whether an event of that age, tried that often, is given up."""
        return tries >= self.fewest_tries and age >= self.give_up_after


class Deliverer:
    """Delivers events to their receivers.

    Args:
        settings: `WEBHOOKS` and `WEBHOOK_SECRET` are used.
        engine: connections to the database.
        http: makes the calls; it must not follow redirects.
        pace: timeouts and pauses.
    """

    def __init__(self, settings: Settings, engine: Engine, http: httpx.AsyncClient, pace: Pace) -> None:
        self.settings, self.engine, self.http, self.pace = settings, engine, http, pace

    async def deliver(self, receiver: str, conversation_id: str) -> None:
        """Deliver the conversation's events, the oldest first, as many as can be begun in `Pace.timeout`.

        That is at least one, and each event has a job of its own, so none is left over.

        Raises:
            DeliveryFailed: one is to be tried again.
        """
        ends = time.monotonic() + self.pace.timeout
        while event := await self._transaction(next_event, conversation_id):
            error = await self._post(self.settings.webhook_urls[receiver], event)
            if error:
                await self._failed(receiver, event, error)
            else:
                await self._transaction(delivered, event.id)
            if time.monotonic() > ends:
                break

    async def _post(self, url: str, event: Event) -> str:
        """What went wrong; empty if the receiver has taken the event."""
        try:
            status = await asyncio.wait_for(self._status(url, event), self.pace.timeout)
        except (asyncio.TimeoutError, httpx.TimeoutException):
            return f"no answer within {self.pace.timeout:g} seconds"
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, OSError) as error:
            return f"{type(error).__name__}: {error}".replace("\0", "").splitlines()[0]
        return "" if 200 <= status < 300 else f"answered {status}"

    async def _status(self, url: str, event: Event) -> int:
        body = msgspec.json.encode(event)
        headers = {
            "content-type": "application/json",
            "user-agent": f"Switchboard/{__version__}",
            **signed_headers(self.settings.webhook_secret, event.id, body),
        }
        read = 0
        async with self.http.stream("POST", url, content=body, headers=headers) as response:
            async for chunk in response.aiter_raw():
                read += len(chunk)
                if read > MOST_READ:
                    break
        return response.status_code

    async def _failed(self, receiver: str, event: Event, error: str) -> None:
        tries, age = await self._transaction(failed, event.id, error)
        if self.pace.is_over(tries, age):
            await self._transaction(give_up, event.id)
            log.error("Webhook event %s to %s was given up after %d tries: %s", event.id, receiver, tries, error)
        elif tries:
            log.warning("Try %d to deliver webhook event %s to %s failed: %s", tries, event.id, receiver, error)
            raise DeliveryFailed(self.pace.pause(tries))

    async def _transaction(self, work: Callable[..., T], *args: Any) -> T:
        return await asyncio.to_thread(self._in_transaction, work, *args)

    def _in_transaction(self, work: Callable[..., T], *args: Any) -> T:
        with self.engine.begin() as connection:
            return work(connection, *args)

"""Customers who talk to the system over its public API and note what they see.

They hold to the protocol: what was not acknowledged is sent again with the same id, 429 is waited out, and a broken
stream goes on after the last message seen.
"""

import asyncio
import json
import random
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, ClassVar
from uuid import uuid4

import httpx
from sqlalchemy.engine import Engine

from benchmarks.chaos.plan import Script
from switchboard.turns.commit import PASSED_ON

REQUEST_SECONDS = 10.0
PATIENCE = 300.0
"""Seconds after which a customer gives a reply up."""

PAUSE = 0.3
"""Seconds before a failed request is sent again."""

POLL_SECONDS = 0.5
CUT = httpx.Timeout(REQUEST_SECONDS, read=0.002)
"""The connection is closed before an answer can have come."""


class GivenUp(Exception):
    """No answer within the customer's patience."""


@dataclass
class Sent:
    """A message and what is known of it: `seq` is its acknowledgement; `doubtful` is one whose acknowledgement was lost
    on a channel without ids, and that was not sent again because it was answered."""

    text: str
    seq: int | None = None
    doubtful: bool = False


@dataclass
class Progress:
    """What all customers together have seen so far."""

    acknowledged: int = 0
    answered: int = 0
    resent: int = 0
    cut: int = 0
    refused: int = 0


@dataclass(frozen=True)
class World:
    """What customers share.

    Attributes:
        engine: for channels on which a conversation can't be read anew.
        threads: for clients that block.
    """

    http: httpx.AsyncClient
    engine: Engine
    threads: ThreadPoolExecutor
    cut_share: float
    progress: Progress = field(default_factory=Progress)


@dataclass
class Customer:
    """One conversation.

    Attributes:
        exact: whether the channel promises everything once over lost connections.
        sent: in the order of sending.
        received: every message as it came, own ones too.
    """

    exact: ClassVar[bool] = True
    script: Script
    world: World
    dice: random.Random
    sent: list[Sent] = field(default_factory=list)
    received: list[dict[str, Any]] = field(default_factory=list)
    answered: set[int] = field(default_factory=set)
    path: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    async def play(self) -> None:
        """Have the conversation; what is missing in the end is for the checks to find."""
        self.news = asyncio.Event()
        with suppress(GivenUp):
            await self.start()
            await first_of(self._talk(), self.listen())

    async def _talk(self) -> None:
        for burst in self.script.bursts:
            await self.say(burst)

    async def start(self) -> None:
        started = await self.request("POST", "/api/conversations", json={})
        self.path = f"/api/conversations/{started['conversation_id']}"
        self.headers = {"Authorization": f"Bearer {started['token']}"}

    async def say(self, burst: tuple[str, ...]) -> None:
        """Send a few messages, then wait until each has a reply; who waits for a person gets one for all that follow."""
        for text in burst:
            await self.send(text)
        deadline = time.monotonic() + PATIENCE
        while not all(sent.seq in self.answered for sent in self.sent):
            if any(message["text"] == PASSED_ON for message in self.received):
                return await self._until_forwarded(deadline)
            self.news.clear()
            try:
                await asyncio.wait_for(self.news.wait(), max(0.1, deadline - time.monotonic()))
            except asyncio.TimeoutError:
                if time.monotonic() > deadline:
                    raise GivenUp from None

    async def _until_forwarded(self, deadline: float) -> None:
        while any(each["sender"] == "customer" and not each["outcome"] for each in await self.transcript()):
            if time.monotonic() > deadline:
                raise GivenUp
            await asyncio.sleep(POLL_SECONDS)
        forwarded = {sent.seq for sent in self.sent if sent.seq} - self.answered
        self.answered |= forwarded
        self.world.progress.answered += len(forwarded)

    async def send(self, text: str) -> None:
        message = Sent(text)
        self.sent.append(message)
        body = {"client_message_id": str(uuid4()), "text": text}
        message.seq = (await self.request("POST", f"{self.path}/messages", json=body))["seq"]
        self.world.progress.acknowledged += 1

    async def listen(self) -> None:
        """Receive messages until cancelled; each kind of customer has its way."""
        raise NotImplementedError

    def receive(self, message: dict[str, Any]) -> None:
        self.received.append(message)
        about = message["in_reply_to"]
        if about and about not in self.answered:
            self.answered.add(about)
            self.world.progress.answered += 1
            self.news.set()

    def unlucky(self) -> bool:
        """Whether the connection is to be cut now."""
        cut = self.dice.random() < self.world.cut_share
        self.world.progress.cut += cut
        return cut

    @property
    def known(self) -> int:
        """Number of the last message received."""
        return self.received[-1]["seq"] if self.received else 0

    async def transcript(self) -> list[dict[str, Any]]:
        """The whole conversation, read anew; empty if it was never started."""
        found: list[dict[str, Any]] = []
        while self.path:
            after = found[-1]["seq"] if found else 0
            page = await self.request("GET", f"{self.path}/messages?after={after}", may_cut=False)
            if not page["messages"]:
                return found
            found += page["messages"]
        return found

    async def request(self, method: str, path: str, may_cut: bool = True, **more: Any) -> Any:
        """The answer's body; asked again while the system is away or busy, or the connection is lost.

        Raises:
            GivenUp: that went on for too long.
        """
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            cut = may_cut and self.unlucky()
            timeout = {"timeout": CUT} if cut else {}
            try:
                response = await self.world.http.request(method, path, headers=self.headers, **more, **timeout)
            except httpx.HTTPError:
                self.world.progress.resent += 1
                await asyncio.sleep(0 if cut else PAUSE)
                continue
            if response.status_code == 429 or response.status_code >= 500:
                self.world.progress.refused += 1
                await asyncio.sleep(float(response.headers.get("Retry-After", PAUSE)))
                continue
            return response.raise_for_status().json()
        raise GivenUp


async def first_of(*works: Coroutine[Any, Any, None]) -> None:
    """Do all of it until one part ends or fails; the others are cancelled."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    for task in ended:
        task.result()


class PollingCustomer(Customer):
    """Asks for new messages twice a second."""

    async def listen(self) -> None:
        while True:
            page = await self.request("GET", f"{self.path}/messages?after={self.known}")
            for message in page["messages"]:
                self.receive(message)
            await asyncio.sleep(POLL_SECONDS)


class StreamCustomer(Customer):
    """Reads the event stream, and resumes it after the last message seen."""

    async def listen(self) -> None:
        while True:
            with suppress(httpx.HTTPError):
                await self._stream()
            await asyncio.sleep(PAUSE)

    async def _stream(self) -> None:
        headers = self.headers | {"Last-Event-ID": str(self.known)}
        timeout = httpx.Timeout(REQUEST_SECONDS, read=30)
        async with self.world.http.stream("GET", f"{self.path}/events", headers=headers, timeout=timeout) as response:
            response.raise_for_status()
            event = ""
            async for line in response.aiter_lines():
                name, _, value = line.partition(": ")
                if name == "event":
                    event = value
                elif name == "data" and event == "message":
                    self.receive(json.loads(value))
                    if self.unlucky():
                        return

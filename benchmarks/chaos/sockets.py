"""Customers with a chat client made for Rasa's Socket.IO channel.

Such clients send no ids: a message whose acknowledgement is lost may have been taken or not. This one sends one message
at a time, and what was not acknowledged again only if no reply comes.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, ClassVar

import msgspec
from socketio import Client
from socketio.exceptions import SocketIOError
from sqlalchemy import text

from benchmarks.chaos.customers import PATIENCE, PAUSE, Customer, GivenUp, Sent
from switchboard.conversations.sessions import sender_of
from switchboard.conversations.transcript import read_messages
from switchboard.turns.commit import PASSED_ON

quiet = logging.getLogger(__name__)
quiet.setLevel(logging.CRITICAL)
"""The library would log each lost connection; losing them is the point."""

CONNECT_SECONDS = 5
CONFIRM_SECONDS = 10
"""A session that is asked for while the database is away is refused; then it is asked for again."""

ACKNOWLEDGE_SECONDS = 15
DOUBT_SECONDS = 15.0
"""How long a reply to a message without acknowledgement is waited for."""

SHOWN_SECONDS = 90.0
"""How long the reply to an acknowledged message is waited for; it may be lost on the way."""

REFUSED_SECONDS = 2.0
FIND = text("""
    select conversation_id::text from switchboard.conversations where channel = 'socketio' and sender = :sender
""")


class SocketCustomer(Customer):
    """Connects again whenever the connection is lost, and asks for the same session."""

    exact: ClassVar[bool] = False
    session: str | None = None
    client: Client

    async def start(self) -> None:
        self.connected = asyncio.Event()

    async def say(self, burst: tuple[str, ...]) -> None:
        for words in burst:
            self.sent.append(Sent(words))
            await self._tell(self.sent[-1])

    async def listen(self) -> None:
        while True:
            gone = asyncio.Event()
            client = self._client(gone)
            try:
                with suppress(SocketIOError, OSError, asyncio.TimeoutError):
                    await self._connect(client)
                    await asyncio.wait_for(self.connected.wait(), CONFIRM_SECONDS)
                    await gone.wait()
            finally:
                self.connected.clear()
                await self._in_thread(client.eio.disconnect, True)
            await asyncio.sleep(PAUSE)

    async def transcript(self) -> list[dict[str, Any]]:
        """Read from the tables: this channel can't show a conversation anew."""
        return await asyncio.to_thread(self._transcript)

    def _transcript(self) -> list[dict[str, Any]]:
        with self.world.engine.begin() as connection:
            found = connection.execute(FIND, {"sender": sender_of(self.session or "")}).scalar_one_or_none()
            self.path = f"socketio/{found}"
            return [msgspec.to_builtins(message) for message in read_messages(connection, found)] if found else []

    def _client(self, gone: asyncio.Event) -> Client:
        """A client whose handlers, called in its threads, have their work done here."""
        loop, client = asyncio.get_running_loop(), Client(reconnection=False, logger=quiet, engineio_logger=quiet)

        def here(handler: Callable[..., None]) -> Callable[..., None]:
            return lambda *data: loop.call_soon_threadsafe(handler, *data) and None

        client.on("session_confirm", here(lambda session: self._confirmed(client, session)))
        client.on("bot_uttered", here(lambda part: self._uttered(client, part)))
        client.on("disconnect", here(lambda *_: gone.set()))
        return client

    async def _connect(self, client: Client) -> None:
        address = str(self.world.http.base_url)
        await self._in_thread(partial(client.connect, address, transports=["websocket"], wait_timeout=CONNECT_SECONDS))
        await self._in_thread(client.emit, "session_request", {"session_id": self.session})

    async def _in_thread(self, work: Callable[..., Any], *values: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self.world.threads, work, *values)

    def _confirmed(self, client: Client, session: str) -> None:
        self.session, self.client = session, client
        self.connected.set()

    def _uttered(self, client: Client, part: dict[str, Any]) -> None:
        if "metadata" in part:  # else it is a refusal, which the acknowledgement tells as well
            self.received.append({"text": part["text"], **part["metadata"]})
            self.news.set()
        if self.unlucky():
            self.world.threads.submit(client.eio.disconnect, True)

    async def _tell(self, message: Sent) -> None:
        """Send a message until it is acknowledged or answered, and wait for its reply.

        Raises:
            GivenUp: that took too long.
        """
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            before = self.known
            acknowledgement = await self._emit(message.text)
            if "seq" in acknowledgement:
                message.seq = int(acknowledgement["seq"])
                self.world.progress.acknowledged += 1
                if not any(each["text"] == PASSED_ON for each in self.received):
                    await self._reply(message.seq, SHOWN_SECONDS)
                self.world.progress.answered += 1
                return
            if "error" in acknowledgement:
                self.world.progress.refused += 1
                await asyncio.sleep(REFUSED_SECONDS)
            elif await self._reply(before, DOUBT_SECONDS):
                message.doubtful = True
                self.world.progress.answered += 1
                return
            else:
                self.world.progress.resent += 1
        raise GivenUp

    async def _emit(self, words: str) -> dict[str, Any]:
        """The acknowledgement; empty if there is none."""
        try:
            await asyncio.wait_for(self.connected.wait(), PATIENCE)
            body = {"message": words, "session_id": self.session}
            call = partial(self.client.call, "user_uttered", body, timeout=ACKNOWLEDGE_SECONDS)
            return dict(await self._in_thread(call))
        except (SocketIOError, OSError, asyncio.TimeoutError):
            return {}

    async def _reply(self, after: int, seconds: float) -> bool:
        """Whether a message with a higher number comes in time."""
        deadline = time.monotonic() + seconds
        while self.known <= after and time.monotonic() < deadline:
            self.news.clear()
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self.news.wait(), min(1.0, seconds))
        return self.known > after

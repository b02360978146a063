"""A connected Socket.IO client, and a task of its own that reads what is new for it and sends it."""

import asyncio
import time
from collections import deque
from contextlib import suppress
from typing import Any

from socketio import AsyncServer

from switchboard.conversations.sessions import Session, SessionReply, mark_delivered, read_news, unmark_delivered
from switchboard.conversations.transcript import PAGE
from switchboard.database.engine import DATABASE_AWAY
from switchboard.errors import Unavailable
from switchboard.web.changes import wait_for
from switchboard.web.context import Context
from switchboard.web.failures import as_refusal
from switchboard.web.http import origin

PING_SECONDS = 20.0
"""How often a client is asked for a sign of life, and how long it may take to give one."""

IDLE_SECONDS = 30.0
"""How often an idle socket's task reads the database without a hint; there may be thousands."""

RETRY_SECONDS = 5.0
"""How long it rests after it could not."""

MAX_UNSENT = 8
"""Packets that may wait for a slow client before what would send more waits too; python-socketio's own client takes
no more than 16 at once."""

DOUBTFUL_SECONDS = 3 * PING_SECONDS
"""How long before a silent client is given up its last sign of life can have been."""


class Gone(Unavailable):
    """The connection has ended."""


class Socket:
    """One connected client.

    Attributes:
        session: the session it speaks for, once it has asked for one.
        address: the network address that it comes from.
        origin: the same, hashed.
    """

    def __init__(self, sid: str, server: AsyncServer, parts: Context, address: str | None) -> None:
        self._sid, self._server, self._parts = sid, server, parts
        self.address, self.origin = address, origin(address, parts.settings.link_secret)
        self.session: str | None = None
        self._known: dict[str, int] = {}  # the last number it was sent, by conversation
        self._sent: deque[tuple[float, str, int]] = deque()
        self._task: asyncio.Task[None] | None = None

    def follow(self, session: Session) -> None:
        """Send what is new in the session from now on."""
        if self.session == session.session_id:
            return
        self.stop()
        self.session, self._known = session.session_id, dict(session.delivered)
        self._task = asyncio.create_task(self._deliver(session.session_id))

    def stop(self) -> None:
        if self._task:
            self._task.cancel()

    async def ended(self) -> None:
        """The connection is no more: what a silent client may not have got is due again."""
        self.stop()
        if self._was_silent() and self._doubtful():
            with suppress(*DATABASE_AWAY):
                await self._parts.transaction(unmark_delivered, self._doubtful())

    async def room_for_more(self, unsent: int = MAX_UNSENT) -> None:
        """Wait while so many packets or more wait for the client.

        Raises:
            Gone: it will never take them.
        """
        connection = self._connection()
        if connection is None or connection.closed:
            raise Gone
        if connection.queue.qsize() >= unsent:
            await connection.queue.join()

    async def _deliver(self, session_id: str) -> None:
        """Send what is new for as long as the socket is connected; survives a database that is away."""
        conversation_id = ""
        while True:
            with self._parts.changes.of(conversation_id) as changed:
                following = conversation_id
                while following == conversation_id:
                    changed.clear()
                    pause = IDLE_SECONDS
                    try:
                        following, more = await self._send_news(session_id)
                    except Gone:
                        return
                    except Exception as error:
                        as_refusal(error, "Sending what is new")
                        more, pause = False, RETRY_SECONDS
                    if following == conversation_id and not more:
                        await wait_for(changed, pause)
            conversation_id = following

    async def _send_news(self, session_id: str) -> tuple[str, bool]:
        """Returns the conversation in which the next message will come, and whether more is there already."""
        news = await self._parts.transaction(read_news, session_id, self._known)
        for reply in news.replies:
            for part in bot_uttered(reply):
                await self.room_for_more()
                await self._server.emit("bot_uttered", part, to=self._sid)
            self._remember(reply)
        if news.replies:
            await self.room_for_more(1)
            ours = {reply.conversation_id: self._known[reply.conversation_id] for reply in news.replies}
            await self._parts.transaction(mark_delivered, ours)
        return news.conversation_id, len(news.replies) == PAGE

    def _remember(self, reply: SessionReply) -> None:
        """That it went out, and for as long as that can be in doubt, what came before it."""
        now = time.monotonic()
        self._sent.append((now, reply.conversation_id, self._known.get(reply.conversation_id, 0)))
        self._known[reply.conversation_id] = reply.seq
        while now - self._sent[0][0] > DOUBTFUL_SECONDS:
            self._sent.popleft()

    def _doubtful(self) -> dict[str, int]:
        """By conversation, the last number that arrived for certain, where later ones may not have."""
        since = time.monotonic() - DOUBTFUL_SECONDS
        arrived: dict[str, int] = {}
        for at, conversation_id, before in self._sent:
            if at >= since:
                arrived.setdefault(conversation_id, before)
        return arrived

    def _was_silent(self) -> bool:
        """Whether the client had not answered the last question for a sign of life."""
        connection = self._connection()
        asked = connection.last_ping if connection else None
        return bool(asked and time.time() - asked > self._server.eio.ping_timeout / 4)

    def _connection(self) -> Any:
        """The library's connection below the socket."""
        return self._server.eio.sockets.get(self._server.manager.eio_sid_from_sid(self._sid, "/"))


def bot_uttered(reply: SessionReply) -> list[dict[str, Any]]:
    """The reply as Rasa's channel sends it: one event a paragraph, the buttons with the last.

    `metadata` comes on top: which message of the conversation it is, and who wrote it.
    """
    more = {"metadata": {"seq": reply.seq, "sender": reply.sender}}
    parts: list[dict[str, Any]] = [{"text": part} for part in reply.text.strip().split("\n\n")]
    if reply.buttons:
        parts = [part | {"quick_replies": []} for part in parts]
        parts[-1]["quick_replies"] = [
            {"content_type": "text", "title": each.title, "payload": f"button:{each.id}"} for each in reply.buttons
        ]
    return [part | more for part in parts]

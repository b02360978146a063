"""Socket.IO as Rasa's channel speaks it, so that chat clients made for Rasa work unchanged.

A client asks for a session (`session_request`), is told its id (`session_confirm`), sends `user_uttered` and
gets `bot_uttered`. What it sends goes through the queue like everything else; what it gets is read from the
database by a task of each socket's own.
"""

import asyncio
import logging
import re
import time
from collections import deque
from contextlib import suppress
from typing import Any
from uuid import uuid4

from socketio import AsyncServer
from socketio.exceptions import ConnectionRefusedError as Refused
from starlette.datastructures import Headers
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketClose

from switchboard.conversations.sessions import (
    Session,
    SessionReply,
    accept_message,
    find_session,
    mark_delivered,
    open_session,
    read_news,
    unmark_delivered,
)
from switchboard.conversations.transcript import PAGE
from switchboard.database.engine import DATABASE_AWAY
from switchboard.errors import BadRequest, EmptyMessage, SwitchboardError, Unavailable
from switchboard.settings import Settings, split
from switchboard.web.context import Context
from switchboard.web.events import LOOK_SECONDS
from switchboard.web.http import MAX_BODY_BYTES, origin, refuse

log = logging.getLogger(__name__)

quiet = logging.getLogger(f"{__name__}.packets")
quiet.setLevel(logging.CRITICAL)
"""What the library would log is what clients get wrong; our own errors are logged here."""

PATH = "/socket.io"

PING_SECONDS = 20.0
"""How often a client is asked for a sign of life, and how long it may take to give one."""

IDLE_SECONDS = 30.0
"""How often an idle socket's task reads the database without a hint; there may be thousands."""

MAX_SOCKETS = 5000
"""Sockets of one web process; further ones are refused until some have gone."""

MAX_UNSENT = 8
"""Packets that may wait for a slow client before what would send more waits too; python-socketio's own client takes
no more than 16 at once."""

DOUBTFUL_SECONDS = 3 * PING_SECONDS
"""How long before a silent client is given up its last sign of life can have been."""

BUTTON = re.compile(r"button:(\d{1,9}\.\d{1,9})")
"""A pressed quick reply: the button's id. What it sends to Rasa stays on the server."""

ORDINARY = 64
"""A session id that is longer is none of ours."""


class Gone(Unavailable):
    """The connection has ended."""


class Socket:
    """One connected client.

    Attributes:
        session: the session it speaks for, once it has asked for one.
        origin: the network address that it comes from, hashed.
        known: the last number it was sent, by conversation.
        task: reads and sends what is new.
    """

    def __init__(self, origin: str | None) -> None:
        self.origin = origin
        self.session: str | None = None
        self.known: dict[str, int] = {}
        self.task: asyncio.Task[None] | None = None
        self._sent: deque[tuple[float, str, int]] = deque()

    def sent(self, reply: SessionReply) -> None:
        """Remember that it went out, and for as long as that can be in doubt, what came before it."""
        now = time.monotonic()
        self._sent.append((now, reply.conversation_id, self.known.get(reply.conversation_id, 0)))
        self.known[reply.conversation_id] = reply.seq
        while now - self._sent[0][0] > DOUBTFUL_SECONDS:
            self._sent.popleft()

    def doubtful(self) -> dict[str, int]:
        """By conversation, the last number that arrived for certain, where later ones may not have."""
        since = time.monotonic() - DOUBTFUL_SECONDS
        arrived: dict[str, int] = {}
        for at, conversation_id, before in self._sent:
            if at >= since:
                arrived.setdefault(conversation_id, before)
        return arrived

    def stop(self) -> None:
        if self.task:
            self.task.cancel()


class SocketChannel:
    """The Socket.IO side of one web process."""

    def __init__(self, parts: Context) -> None:
        self._parts = parts
        self._sockets: dict[str, Socket] = {}
        self.server = AsyncServer(
            async_mode="asgi",
            async_handlers=False,  # one event of a client after the other: messages are accepted as they were sent
            cors_allowed_origins=[],  # the whole web process has one rule: `_may_connect`, and CORSMiddleware's headers
            max_http_buffer_size=MAX_BODY_BYTES,
            ping_interval=PING_SECONDS,
            ping_timeout=PING_SECONDS,
            logger=quiet,
            engineio_logger=quiet,
        )
        self.server.on("connect", self._connect)
        self.server.on("disconnect", self._disconnect)
        self.server.on("session_request", self._session_request)
        self.server.on("user_uttered", self._user_uttered)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """An HTTP request or a WebSocket below `/socket.io`."""
        if _may_connect(scope, self._parts.settings):
            await self.server.handle_request(scope, receive, send)
        elif scope["type"] == "http":
            await refuse(BadRequest("Pages of this site may not connect."))(scope, receive, send)
        else:
            await WebSocketClose()(scope, receive, send)

    async def close(self) -> None:
        """Stop every task; clients come back, here or elsewhere."""
        for socket in self._sockets.values():
            socket.stop()
        await self.server.shutdown()

    async def _connect(self, sid: str, environ: dict[str, Any], *_: object) -> None:
        if len(self._sockets) >= MAX_SOCKETS:
            raise Refused("Too many clients are connected. Please try again in a moment.")
        address, _port = environ["asgi.scope"].get("client") or (None, None)
        self._sockets.setdefault(sid, Socket(origin(address, self._parts.settings.link_secret)))

    async def _disconnect(self, sid: str, *_: object) -> None:
        socket = self._sockets.pop(sid, None)
        if socket is None:
            return
        socket.stop()
        if self._was_silent(sid) and socket.doubtful():
            with suppress(*DATABASE_AWAY):
                await self._parts.transaction(unmark_delivered, socket.doubtful())

    async def _session_request(self, sid: str, data: object = None, *_: object) -> None:
        try:
            await self._room_for_more(sid)
            await self._begin(sid, _session_id(data))
        except Exception as error:
            await self._refuse(sid, error)

    async def _user_uttered(self, sid: str, data: object = None, *_: object) -> dict[str, Any]:
        """The acknowledgement: the message is stored, with this number, or why it is not."""
        if isinstance(data, dict) and data.get("message") is None:
            return _told(EmptyMessage())  # how rasa-webchat says that it was opened; its user has said nothing
        try:
            await self._room_for_more(sid)
            return {"seq": await self._accept(sid, data)}
        except Exception as error:
            return await self._refuse(sid, error)

    async def _accept(self, sid: str, data: object) -> int:
        if not isinstance(data, dict) or not isinstance(message := data.get("message"), str):
            raise BadRequest("`user_uttered` needs an object with the text `message`.")
        session_id = await self._session_of(sid, _session_id(data))
        pressed = BUTTON.fullmatch(message)
        button = pressed[1] if pressed else None
        settings, its = self._parts.settings, self._socket(sid).origin
        return await self._parts.transaction(accept_message, settings, session_id, message, button, str(uuid4()), its)

    async def _session_of(self, sid: str, claimed: str | None) -> str:
        """The session that a message belongs to: the socket's, unless it names another one that we issued."""
        current = self._socket(sid).session
        if current and claimed in (None, current):
            return current
        return await self._begin(sid, claimed, current)

    async def _begin(self, sid: str, claimed: str | None, otherwise: str | None = None) -> str:
        """Take up the session, if it is one of ours, or else a new one, and tell the client which."""
        session = await self._parts.transaction(find_session, claimed) if claimed else None
        if session is None and otherwise:
            return otherwise
        if session is None:
            session = await self._parts.transaction(open_session, self._socket(sid).origin)
        await self.server.emit("session_confirm", session.session_id, to=sid)
        self._follow(sid, session)
        return session.session_id

    def _follow(self, sid: str, session: Session) -> None:
        socket = self._socket(sid)
        if socket.session == session.session_id:
            return
        socket.stop()
        socket.session, socket.known = session.session_id, dict(session.delivered)
        socket.task = asyncio.create_task(self._deliver(sid, socket, session.session_id))

    def _socket(self, sid: str) -> Socket:
        """
        Raises:
            Gone: it has left.
        """
        socket = self._sockets.get(sid)
        if socket is None:
            raise Gone
        return socket

    async def _deliver(self, sid: str, socket: Socket, session_id: str) -> None:
        """Send what is new for as long as the socket is connected; survives a database that is away."""
        conversation_id = ""
        while True:
            with self._parts.changes.of(conversation_id) as changed:
                following = conversation_id
                while following == conversation_id:
                    changed.clear()
                    pause = IDLE_SECONDS
                    try:
                        following, more = await self._send_news(sid, socket, session_id)
                    except Gone:
                        return
                    except Exception as error:
                        _as_refusal(error)
                        more, pause = False, LOOK_SECONDS
                    if following == conversation_id and not more:
                        with suppress(asyncio.TimeoutError):
                            await asyncio.wait_for(changed.wait(), pause)
            conversation_id = following

    async def _send_news(self, sid: str, socket: Socket, session_id: str) -> tuple[str, bool]:
        """Returns the conversation in which the next message will come, and whether more is there already."""
        news = await self._parts.transaction(read_news, session_id, socket.known)
        for reply in news.replies:
            for part in bot_uttered(reply):
                await self._room_for_more(sid)
                await self.server.emit("bot_uttered", part, to=sid)
            socket.sent(reply)
        if news.replies:
            await self._room_for_more(sid, 1)
            ours = {reply.conversation_id: socket.known[reply.conversation_id] for reply in news.replies}
            await self._parts.transaction(mark_delivered, ours)
        return news.conversation_id, len(news.replies) == PAGE

    async def _room_for_more(self, sid: str, unsent: int = MAX_UNSENT) -> None:
        """Wait while so many packets or more wait for the client.

        Raises:
            Gone: it will never take them.
        """
        connection = self._connection(sid)
        if connection is None or connection.closed:
            raise Gone
        if connection.queue.qsize() >= unsent:
            await connection.queue.join()

    def _was_silent(self, sid: str) -> bool:
        """Whether the client had not answered the last question for a sign of life."""
        connection = self._connection(sid)
        asked = connection.last_ping if connection else None
        return bool(asked and time.time() - asked > self.server.eio.ping_timeout / 4)

    def _connection(self, sid: str) -> Any:
        """The library's connection below the socket."""
        return self.server.eio.sockets.get(self.server.manager.eio_sid_from_sid(sid, "/"))

    async def _refuse(self, sid: str, error: Exception) -> dict[str, Any]:
        """Tell the client: in words its user can read, and to programs in the acknowledgement."""
        refusal = _as_refusal(error)
        await self.server.emit("bot_uttered", {"text": refusal.message}, to=sid)
        return _told(refusal)


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


def mount(parts: Context) -> tuple[SocketChannel, Mount]:
    """The channel and its place in the web process."""
    channel = SocketChannel(parts)
    return channel, Mount(PATH, channel)


def _session_id(data: object) -> str | None:
    """The session that the client says it has."""
    given = data.get("session_id") if isinstance(data, dict) else None
    return given if isinstance(given, str) and 0 < len(given) <= ORDINARY else None


def _told(refusal: SwitchboardError) -> dict[str, Any]:
    return {"error": {"code": refusal.code, "message": refusal.message}}


def _as_refusal(error: Exception) -> SwitchboardError:
    if isinstance(error, SwitchboardError):
        return error
    if isinstance(error, DATABASE_AWAY):
        log.error("The database did not answer: %s", str(error).splitlines()[0])
        return Unavailable()
    log.error("A Socket.IO event failed", exc_info=error)
    return SwitchboardError("Something went wrong on our side. Please try again.")


def _may_connect(scope: Scope, settings: Settings) -> bool:
    """Whether the page that asks, if it is one, is this server's own or of a site in `ALLOWED_ORIGINS`."""
    headers = Headers(scope=scope)
    origin, host = headers.get("origin"), headers.get("host", "")
    allowed = split(settings.allowed_origins)
    return origin is None or "*" in allowed or origin in (*allowed, f"http://{host}", f"https://{host}")

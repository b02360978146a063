"""Socket.IO as Rasa's channel speaks it, so that chat clients made for Rasa work unchanged.

A client asks for a session (`session_request`), is told its id (`session_confirm`), sends `user_uttered` and
gets `bot_uttered`. What it sends goes through the queue like everything else; what it gets is read from the
database (`sockets`).
"""

import logging
import re
from typing import Any
from uuid import uuid4

from socketio import AsyncServer
from socketio.exceptions import ConnectionRefusedError as Refused
from socketio.packet import BINARY_ACK, BINARY_EVENT, Packet
from sqlalchemy.engine import Connection
from starlette.datastructures import Headers
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketClose

from switchboard.conversations import beginning
from switchboard.conversations.sessions import Session, accept_message, find_session, open_session
from switchboard.errors import BadRequest, EmptyMessage, SwitchboardError
from switchboard.settings import Settings, split
from switchboard.web.context import Context
from switchboard.web.failures import as_refusal
from switchboard.web.http import MAX_BODY_BYTES, counted, refuse
from switchboard.web.sockets import PING_SECONDS, Gone, Socket

quiet = logging.getLogger(f"{__name__}.packets")
quiet.setLevel(logging.CRITICAL)
"""What the library would log is what clients get wrong; our own errors are logged here."""

PATH = "/socket.io"

MAX_SOCKETS = 5000
"""Sockets of one web process; further ones are refused until some have gone."""

BUTTON = re.compile(r"button:(\d{1,9}\.\d{1,9})")
"""A pressed quick reply: the button's id. What it sends to Rasa stays on the server."""

ORDINARY = 64
"""A session id that is longer is none of ours."""


class TextPacket(Packet):  # type: ignore[misc]
    """A packet without attachments: Rasa's channel has none, and the library keeps all that a client announces."""

    def decode(self, encoded_packet: str | bytes) -> int:
        """Read what came.

        Raises:
            ValueError: it is binary, or binary parts would follow; the library drops it then, and goes on.
        """
        attachments: int = super().decode(encoded_packet)
        if attachments or self.packet_type in (BINARY_EVENT, BINARY_ACK):
            raise ValueError("attachments are not taken")
        return attachments


class SocketChannel:
    """The Socket.IO side of one web process."""

    def __init__(self, parts: Context) -> None:
        self._parts = parts
        self._sockets: dict[str, Socket] = {}
        self.server = AsyncServer(
            async_mode="asgi",
            serializer=TextPacket,
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
        self._sockets.setdefault(sid, Socket(sid, self.server, self._parts, address))

    async def _disconnect(self, sid: str, *_: object) -> None:
        if socket := self._sockets.pop(sid, None):
            await socket.ended()

    async def _session_request(self, sid: str, data: object = None, *_: object) -> None:
        try:
            await self._socket(sid).room_for_more()
            await self._begin(sid, _session_id(data))
        except Exception as error:
            await self._refuse(sid, error)

    async def _user_uttered(self, sid: str, data: object = None, *_: object) -> dict[str, Any]:
        """The acknowledgement: the message is stored, with this number, or why it is not."""
        if isinstance(data, dict) and data.get("message") is None:
            return _told(EmptyMessage())  # how rasa-webchat says that it was opened; its user has said nothing
        try:
            await self._socket(sid).room_for_more()
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
            place = self._socket(sid)
            limited = counted(place.address, self._parts.settings.link_secret)
            session = await self._parts.transaction(_open, place.origin, limited)
        await self.server.emit("session_confirm", session.session_id, to=sid)
        self._socket(sid).follow(session)
        return session.session_id

    def _socket(self, sid: str) -> Socket:
        """
        Raises:
            Gone: it has left.
        """
        socket = self._sockets.get(sid)
        if socket is None:
            raise Gone
        return socket

    async def _refuse(self, sid: str, error: Exception) -> dict[str, Any]:
        """Tell the client: in words its user can read, and to programs in the acknowledgement."""
        refusal = as_refusal(error, "A Socket.IO event")
        await self.server.emit("bot_uttered", {"text": refusal.message}, to=sid)
        return _told(refusal)


def mount(parts: Context) -> tuple[SocketChannel, Mount]:
    """The channel and its place in the web process."""
    channel = SocketChannel(parts)
    return channel, Mount(PATH, channel)


def _open(connection: Connection, place: str | None, counted: str | None) -> Session:
    """A new session, if there may be one more from there."""
    beginning.count(connection, counted)
    return open_session(connection, place)


def _session_id(data: object) -> str | None:
    """The session that the client says it has."""
    given = data.get("session_id") if isinstance(data, dict) else None
    return given if isinstance(given, str) and 0 < len(given) <= ORDINARY else None


def _told(refusal: SwitchboardError) -> dict[str, Any]:
    return {"error": {"code": refusal.code, "message": refusal.message}}


def _may_connect(scope: Scope, settings: Settings) -> bool:
    """Whether the page that asks, if it is one, is this server's own or of a site in `ALLOWED_ORIGINS`."""
    headers = Headers(scope=scope)
    origin, host = headers.get("origin"), headers.get("host", "")
    allowed = split(settings.allowed_origins)
    return origin is None or "*" in allowed or origin in (*allowed, f"http://{host}", f"https://{host}")

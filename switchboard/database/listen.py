"""LISTEN: a thread that calls back for every NOTIFY and survives a restart of the server."""

import logging
import select
import threading
from collections.abc import Callable

import psycopg2

from switchboard.connecting import CONNECT
from switchboard.settings import Settings

log = logging.getLogger(__name__)

RECONNECT_SECONDS = 1.0


class Listener(threading.Thread):
    """Calls `heard(payload)` for each notification on `channel`, and `heard("")` after each reconnect,
    because what was said in between is lost."""

    def __init__(self, settings: Settings, channel: str, heard: Callable[[str], None]) -> None:
        super().__init__(name=f"listen-{channel}", daemon=True)
        self.settings = settings
        self.stopped = threading.Event()
        self._heard: dict[str, list[Callable[[str], None]]] = {}
        self.also(channel, heard)

    def also(self, channel: str, heard: Callable[[str], None]) -> "Listener":
        """Listen on another channel over the same connection, or for somebody else on the same one; before the start."""
        self._heard.setdefault(channel, []).append(heard)
        return self

    def run(self) -> None:
        while not self.stopped.is_set():
            try:
                self._listen()
            except psycopg2.Error as error:
                log.warning("Lost the connection that listens on %s: %s", ", ".join(self._heard), str(error).strip())
                self.stopped.wait(RECONNECT_SECONDS)

    def stop(self) -> None:
        self.stopped.set()

    def _listen(self) -> None:
        connection = psycopg2.connect(self.settings.database, **CONNECT)
        try:
            connection.autocommit = True
            for channel in self._heard:
                connection.cursor().execute(f"listen {channel}")
            for channel in self._heard:
                self._tell(channel, "")
            news = select.poll()
            news.register(connection, select.POLLIN)
            while not self.stopped.is_set():
                if news.poll(1_000):
                    self._hear(connection)
        finally:
            connection.close()

    def _hear(self, connection: "psycopg2.extensions.connection") -> None:
        connection.poll()
        while connection.notifies:
            news = connection.notifies.pop(0)
            self._tell(news.channel, news.payload)

    def _tell(self, channel: str, payload: str) -> None:
        for heard in self._heard[channel]:
            try:
                heard(payload)
            except Exception:  # who can't make sense of it must not make everybody else deaf
                log.exception("What was heard on %s could not be dealt with", channel)

"""A way to PostgreSQL that can be cut, at a chosen statement or at once, and restored."""

import socket
import threading
import time
from contextlib import suppress
from pathlib import Path

NAME = ".s.PGSQL.5432"
CHUNK = 65_536
DELIVERY_SECONDS = 0.3


class CuttableServer:
    """A UNIX socket that passes everything on to a server's, until the way is cut.

    Args:
        folder: where the socket is made; `host` of a database address.
        server: folder of the server's own socket.
    """

    def __init__(self, folder: Path, server: Path) -> None:
        self.address = f"postgresql://postgres@/postgres?host={folder}"
        self.server = server / NAME
        self.cut = False
        self._words, self._deliver = b"", False
        self._open: set[socket.socket] = set()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / NAME))
        self._listener.listen(50)
        threading.Thread(target=self._accept, daemon=True).start()

    def cut_at(self, words: str, deliver: bool = False) -> None:
        """Cut every connection at the next statement with these words; it is lost, or only its answer is."""
        self._words, self._deliver = words.encode(), deliver

    def restore(self) -> None:
        self.cut = False

    def close(self) -> None:
        self._cut()
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if self.cut:
                    client.close()
                else:
                    self._connect(client)

    def _connect(self, client: socket.socket) -> None:
        server = socket.socket(socket.AF_UNIX)
        server.connect(str(self.server))
        self._open |= {client, server}
        threading.Thread(target=self._pass_on, args=(client, server, True), daemon=True).start()
        threading.Thread(target=self._pass_on, args=(server, client, False), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket, asking: bool) -> None:
        with suppress(OSError):
            while chunk := source.recv(CHUNK):
                if asking and self._words and self._words in chunk:
                    self._cut_here(target, chunk)
                target.sendall(chunk)
        for end in (source, target):
            self._close(end)

    def _cut_here(self, server: socket.socket, statement: bytes) -> None:
        """Cut everything, then deliver the statement if that is wanted: its answer finds nobody."""
        deliver, self._words = self._deliver, b""
        self._cut(but=server)
        if deliver:
            server.sendall(statement)
            time.sleep(DELIVERY_SECONDS)
        raise ConnectionAbortedError

    def _cut(self, but: socket.socket | None = None) -> None:
        self.cut = True
        for end in list(self._open - {but}):
            self._close(end)

    def _close(self, end: socket.socket) -> None:
        self._open.discard(end)
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()

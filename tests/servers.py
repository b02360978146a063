"""Real HTTP servers on free ports: one that stands for any other process, and our web process."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import uvicorn

from switchboard.server import create_app, options
from switchboard.settings import Settings


class Server:
    """Answers every request alike and keeps what it was asked.

    Attributes:
        status: of its answers.
        answer: JSON body of its answers.
        bodies: JSON bodies of the requests.
    """

    def __init__(self, answer: Any, status: int = 200) -> None:
        self.answer, self.status = answer, status
        self.bodies: list[Any] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "Server":
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                server.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.do_GET()

            def do_GET(self) -> None:
                body = json.dumps(server.answer).encode()
                self.send_response(server.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        return Handler


class Web:
    """The web process, in a thread.

    Args:
        port: where to listen; 0 for any that is free.

    Attributes:
        app: its application.
        url: where it listens.
    """

    def __init__(self, settings: Settings, port: int = 0) -> None:
        self.app = create_app(settings)
        told = {**options(settings), "log_level": "warning", "timeout_graceful_shutdown": 1}
        config = uvicorn.Config(self.app, port=port, **told)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def __enter__(self) -> "Web":
        self._thread.start()
        while not self._server.started:
            assert self._thread.is_alive(), "it does not start"
            time.sleep(0.01)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(30)
        assert not self._thread.is_alive(), "it does not stop"

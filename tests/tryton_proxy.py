"""Stands between the adapter and Tryton, and loses what it is told to."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import httpx


class Proxy:
    """Passes calls on to Tryton.

    Attributes:
        methods: names of the calls, in order.
        lose: what is lost of the next call of a method: its `answer`, its `request`, or its answer and `all` after it.
        down: whether all requests are lost.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self.methods: list[str] = []
        self.lose: dict[str, str] = {}
        self.down = False
        self._client = httpx.Client(timeout=60)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("BoundHandler", (Handler,), {"proxy": self}))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}{parts.path}"

    def __enter__(self) -> "Proxy":
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._client.close()

    def pass_on(self, path: str, body: bytes, authorization: str) -> httpx.Response | None:
        """Tryton's answer, unless it is lost."""
        method = json.loads(body)["method"]
        self.methods.append(method)
        fate = self.lose.pop(method, "")
        if fate == "request" or self.down:
            return None
        self.down = fate == "all"
        headers = {"Authorization": authorization, "Content-Type": "application/json"}
        answer = self._client.post(self.origin + path, content=body, headers=headers)
        return None if fate else answer


class Handler(BaseHTTPRequestHandler):
    proxy: Proxy

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answer = self.proxy.pass_on(self.path, body, self.headers.get("Authorization", ""))
        self.close_connection = True
        if answer is not None:
            self.send_response(answer.status_code)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

    def log_message(self, *_: Any) -> None:
        pass

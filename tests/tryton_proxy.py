"""Stands between the adapter and Tryton, and loses what it is told to."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import httpx

from switchboard.crm.http import Pace

TRIES = Pace().tries


class Proxy:
    """Passes calls on to Tryton.

    Attributes:
        methods: names of the calls, in order.
        lose: what is lost of the next call of a method: its `answer`, its `request`, its answer and `all` after it, not it
            but the `next` call, however often that is tried, or its answer to an `error` that comes after it was done.
        down: whether all requests are lost.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self.methods: list[str] = []
        self.lose: dict[str, str] = {}
        self.down = False
        self._next = 0
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
        if self._next:
            self._next -= 1
            return None
        fate = self.lose.pop(method, "")
        if fate == "request" or self.down:
            return None
        self.down = fate == "all"
        self._next = TRIES if fate == "next" else 0
        headers = {"Authorization": authorization, "Content-Type": "application/json"}
        answer = self._client.post(self.origin + path, content=body, headers=headers)
        if fate == "error":
            return httpx.Response(200, json={"id": 0, "error": ["the session could not be written", "Traceback …"]})
        return None if fate in ("answer", "all") else answer


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

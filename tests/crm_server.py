"""The REST API of the shop in crm_shop.py, on a real socket; and what can go wrong with one."""

import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.crm_shop import Refusal, Row, Shop, fitting, total

TOKEN = "let-me-in"
PAGE = 20
Fault = Callable[["Handler", Callable[[], None]], None]
"""Gets the request's handler, and the way to go on as if nothing were wrong."""


class CrmServer:
    """Serves the shop.

    Attributes:
        requests: method and path of each request, with its idempotency key.
        faults: what goes wrong with the next requests, one each; None: nothing.
    """

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.requests: list[tuple[str, str, str | None]] = []
        self.faults: list[Fault | None] = []
        self.done: dict[str, tuple[str, int, Row]] = {}
        self.lock = threading.RLock()
        handler = type("BoundHandler", (Handler,), {"crm": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"

    def __enter__(self) -> "CrmServer":
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def changes(self) -> list[str]:
        """Paths of the requests that change something."""
        return [path for method, path, _ in self.requests if method != "GET"]

    def once(self, key: str, asked: str, do: Callable[[], Row]) -> tuple[int, Row]:
        """Do what is asked unless the key is known; a key is for one request."""
        with self.lock:
            if key not in self.done:
                try:
                    self.done[key] = (asked, 200, {"ok": True, **do()})
                except Refusal as refusal:
                    self.done[key] = (asked, refusal.status, {"error": {"code": refusal.code}})
            before, status, answer = self.done[key]
            return (status, answer) if before == asked else (422, {"error": {"code": "KEY_REUSED"}})


class Handler(BaseHTTPRequestHandler):
    crm: CrmServer

    def serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.body = json.loads(self.rfile.read(length) or "null", parse_float=Decimal)
        with self.crm.lock:
            self.crm.requests.append((self.command, self.path, self.headers.get("Idempotency-Key")))
            fault = self.crm.faults.pop(0) if self.crm.faults else None
        fault(self, self.answer) if fault else self.answer()

    do_GET = do_POST = do_PUT = do_DELETE = serve

    def answer(self) -> None:
        if self.headers["Authorization"] != f"Bearer {TOKEN}":
            return self.say(401, {"error": {"code": "WHO_ARE_YOU"}})
        try:
            self.say(*self.look() if self.command == "GET" else self.change())
        except Refusal as refusal:
            self.say(refusal.status, {"error": {"code": refusal.code}})

    def look(self) -> tuple[int, Any]:
        parts, query = split(self.path)
        with self.crm.lock:
            return 200, told(look(self.crm, parts, query))

    def change(self) -> tuple[int, Any]:
        parts, _ = split(self.path)
        verb = VERBS[(self.command, parts[0], parts[2])]
        asked = json.dumps([self.command, self.path, self.body], default=str)
        do = lambda: verb(self.crm.shop, parts[1], dict(self.body or {}))  # noqa: E731
        status, answer = self.crm.once(self.headers["Idempotency-Key"], asked, do)
        return status, answer

    def say(self, status: int, content: Any) -> None:
        self.send(status, json.dumps(content, default=plain).encode())

    def send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


VERBS: dict[tuple[str, str, str], Callable[[Shop, str, Row], Row]] = {
    ("POST", "orders", "void"): Shop.void,
    ("PUT", "orders", "address"): Shop.send_to,
    ("PUT", "orders", "payment"): Shop.pay_with,
    ("POST", "orders", "swap"): Shop.swap,
    ("POST", "orders", "sendbacks"): Shop.send_back,
    ("PUT", "clients", "home"): Shop.move,
    ("PUT", "clients", "mail"): Shop.rename,
    ("DELETE", "clients", "club"): Shop.leave_club,
    ("POST", "clients", "closing"): Shop.close,
    ("POST", "clients", "notes"): Shop.note,
}


def look(crm: CrmServer, parts: list[str], query: dict[str, str]) -> Any:
    shop = crm.shop
    match parts:
        case ["clients"]:
            return page(found(shop, query), query)
        case ["clients", client_id]:
            return shop.client(client_id)
        case ["clients", client_id, "orders"]:
            shop.client(client_id)
            return page([order for order in shop.orders.values() if order["client"] == client_id], query)
        case ["clients", client_id, ("ways" | "notes") as what]:
            return page(shop.client(client_id)[what], query)
        case ["orders", number] if number in shop.orders:
            return shop.orders[number]
        case ["orders", number, "invoice"] if number in shop.orders:
            return bill(shop.orders[number])
        case ["articles"]:
            return page(fitting(iter(shop.articles.values()), query.get("q", "")), query)
        case ["articles", key] if key.isdecimal() and int(key) in shop.articles:
            return shop.articles[int(key)]
        case ["options", key] if key.isdecimal() and int(key) in shop.options:
            return shop.options[int(key)]
        case ["changes", key] if key in crm.done:
            return crm.done[key][2]
    raise Refusal("NOTHING_HERE", 404)


def found(shop: Shop, query: dict[str, str]) -> list[Row]:
    """Clients by mail; or by name, and by zip like a search engine: those who nearly fit come too."""
    if "mail" in query:
        return [row for row in shop.clients.values() if query["mail"] in row["mail"].lower()]
    words = query["name"].lower().split()
    return [
        row
        for row in shop.clients.values()
        if any(word in (row["given"].lower(), row["family"].lower()) for word in words)
    ]


def page(rows: list[Row], query: dict[str, str]) -> Row:
    start, size = int(query.get("after") or 0), min(int(query.get("limit") or PAGE), PAGE)
    more = start + size if start + size < len(rows) else None
    return {"data": rows[start : start + size], "meta": {"next": more and str(more)}}


def bill(order: Row) -> Row:
    if order["status"] not in ("sent", "arrived", "back"):
        raise Refusal("NOTHING_HERE", 404)
    return {**order, "bill": f"B-{order['no']}", "issued": order["ships"]}


def told(content: Any) -> Any:
    """As the API tells it: money in cents, and each order with its sum and what of it is sent back."""
    if isinstance(content, list):
        return [told(part) for part in content]
    if not isinstance(content, dict):
        return content
    return {name: told(part) for name, part in (with_sums(content) if "items" in content else content).items()}


def with_sums(order: Row) -> Row:
    sent = [part for parcel in order["sendbacks"] for part in parcel["options"]]
    items = [
        {**item, "gone": sum(number for option, number in sent if option == item["option"]["id"])}
        for item in order["items"]
    ]
    return {**order, "items": items, "sum": total(order)}


def plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value * 100)
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(value)


def split(path: str) -> tuple[list[str], dict[str, str]]:
    parts = urlsplit(path)
    return [unquote(part) for part in parts.path.removeprefix("/v1/").split("/")], dict(parse_qsl(parts.query))


def breaks(status: int = 500) -> Fault:
    """It answers with that status, and has done nothing."""
    return lambda handler, _: handler.say(status, {"error": {"code": "OOPS"}})


def says(body: bytes) -> Fault:
    """It answers something that isn't JSON, and has done nothing."""
    return lambda handler, _: handler.send(200, body)


def does_it_and_says(status: int, content: Any = None) -> Fault:
    """It does it, and answers with that status."""

    def fault(handler: Handler, go_on: Callable[[], None]) -> None:
        send = handler.send
        body = b"" if content is None else json.dumps(content).encode()
        handler.send = lambda *_: send(status, body)  # type: ignore[method-assign]
        go_on()

    return fault


def hangs(seconds: float) -> Fault:
    """It thinks for too long, then does it."""

    def fault(handler: Handler, go_on: Callable[[], None]) -> None:
        time.sleep(seconds)
        with suppress(ConnectionError):  # whoever asked has gone
            go_on()

    return fault


def loses_the_answer(handler: Handler, go_on: Callable[[], None]) -> None:
    """It does it, and the connection breaks before it can say so."""
    handler.send = lambda status, body: None  # type: ignore[method-assign]
    go_on()
    handler.close_connection = True


def loses_the_request(handler: Handler, go_on: Callable[[], None]) -> None:
    """The connection breaks before anything is done."""
    handler.close_connection = True

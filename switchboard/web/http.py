"""Reading requests and writing answers."""

import hmac
from ipaddress import IPv4Address, IPv6Network, ip_address, ip_network
from typing import Any, TypeVar

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from switchboard.errors import BadRequest, MessageTooLong, SwitchboardError, TooManyMessages

T = TypeVar("T")

MAX_BODY_BYTES = 64 * 1024

HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
"""Answers are customers' words: no cache keeps them, no browser takes them for anything else."""

LOOPBACK = {"127.0.0.1", "::1"}

INSIDE = tuple(
    map(
        ip_network,
        (
            "127.0.0.0/8",
            "10.0.0.0/8",
            "172.16.0.0/12",
            "192.168.0.0/16",
            "169.254.0.0/16",
            "::1",
            "fc00::/7",
            "fe80::/10",
        ),
    )
)
"""Loopback and what RFC 1918, 3927, 4193 and 4291 keep for private networks and links."""


async def read(request: Request, kind: type[T]) -> T:
    """The body as `kind`.

    Raises:
        MessageTooLong: the body is over `MAX_BODY_BYTES`.
        BadRequest: it is not JSON in UTF-8, or not of that kind.
    """
    body = await read_body(request)
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise BadRequest(f"The body is not as expected: {error}.") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRequest(f"The body must be JSON in UTF-8: {error}.") from error
    except RecursionError:
        raise BadRequest("The body is nested too deeply.") from None


async def read_body(request: Request) -> bytes:
    """The body as it came.

    Raises:
        MessageTooLong: it is over `MAX_BODY_BYTES`.
    """
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                raise MessageTooLong(f"The body is too large; at most {MAX_BODY_BYTES} bytes are taken.")
    except ClientDisconnect as error:
        raise BadRequest("The connection was closed before the body was complete.") from error
    return body


def answer(content: Any, status: int = 200) -> Response:
    """The content as JSON."""
    return Response(msgspec.json.encode(content), status, HEADERS, media_type="application/json")


def refuse(error: SwitchboardError) -> Response:
    """The error in the shape all errors have."""
    response = answer({"error": {"code": error.code, "message": error.message}}, error.status)
    if error.status == 503 or isinstance(error, TooManyMessages):
        response.headers["Retry-After"] = "2"
    if error.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def bearer(request: Request) -> str:
    """The token of the `Authorization` header; empty if there is none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def origin(address: str | None, secret: str) -> str | None:
    """Where a network address comes from, as a keyed hash: guesses are counted by it, and nobody can read it back."""
    return hmac.new(secret.encode(), network(address).encode(), "sha256").hexdigest()[:32] if address else None


def counted(address: str | None, secret: str) -> str | None:
    """The origin, unless the address is a private one: there a proxy or a container's gateway may ask for everybody.

    >>> counted("203.0.113.7", "secret") == origin("203.0.113.7", "secret"), counted("172.18.0.1", "secret")
    (True, None)
    """
    return origin(address, secret) if address and not is_inside(address) else None


def is_inside(address: str) -> bool:
    """Whether it is an address of this machine or of a private network, or none."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return True
    plain = getattr(parsed, "ipv4_mapped", None) or parsed
    return any(plain in each for each in INSIDE)


def network(address: str) -> str:
    """What one customer has of the network: an IPv4 address, but a whole /64 of IPv6, to take any address from.

    >>> network("203.0.113.7"), network("::ffff:203.0.113.7"), network("2001:db8:1:2:3:4:5:6")
    ('203.0.113.7', '203.0.113.7', '2001:db8:1:2::/64')
    """
    try:
        parsed = ip_address(address)
    except ValueError:  # a UNIX socket's
        return address
    if isinstance(parsed, IPv4Address):
        return str(parsed)
    return str(parsed.ipv4_mapped or IPv6Network((int(parsed) >> 64 << 64, 64)))

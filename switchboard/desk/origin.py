"""Where a request comes from: one of our own pages, and for the demo this machine."""

from urllib.parse import urlsplit

from starlette.requests import Request

from switchboard.errors import Forbidden
from switchboard.settings import Settings
from switchboard.web.http import LOOPBACK

NAMES = {*LOOPBACK, "localhost"}

FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via")
"""What proxies add: with one of these, somebody elsewhere may have asked."""


def check_origin(request: Request, settings: Settings) -> None:
    """Let only our own pages change anything. Browsers send `Origin` with every POST.

    Raises:
        Forbidden: another site's page, or no page at all.
    """
    asked_by = urlsplit(request.headers.get("origin", "")).netloc
    ours = {request.headers.get("host", ""), urlsplit(settings.public_url).netloc} - {""}
    if asked_by not in ours:
        raise Forbidden("This can only be done from the desk's own pages.")


def from_this_machine(request: Request) -> bool:
    """Whether a program on this machine asks, under a name that can only mean this machine, and no proxy in between."""
    here = request.client is not None and request.client.host in LOOPBACK and request.url.hostname in NAMES
    return here and not any(name in request.headers for name in FORWARDED)


def over_https(request: Request, settings: Settings) -> bool:
    """Whether browsers reach us by https."""
    return request.url.scheme == "https" or settings.public_url.startswith("https://")

"""Who may use the calls that other programs make: those with an API key, and programs on this machine."""

from hmac import compare_digest

from starlette.requests import Request

from switchboard.errors import Unauthorized
from switchboard.settings import Settings
from switchboard.web.http import LOOPBACK, bearer

LOCAL = "local"

NAMES = {*LOOPBACK, "localhost"}

FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via")
"""What proxies add: with one of these, somebody elsewhere may have asked."""


def caller(request: Request, settings: Settings) -> str:
    """The caller's name: its API key's, or `local` for a program on this machine while there are no keys.

    Behind a proxy on this machine everybody may look local, so once there are keys everybody needs one.

    A web page opened in a browser on this machine is not a program on this machine, also not one whose
    name was made to lead here.

    Raises:
        Unauthorized: neither.
    """
    given = bearer(request)
    for key, name in settings.api_key_names.items():
        if compare_digest(key.encode(), given.encode()):
            return name
    if given or settings.api_keys or not _from_here(request):
        raise Unauthorized
    return LOCAL


def from_this_machine(request: Request) -> bool:
    """Whether a program on this machine asks, under a name that can only mean this machine, and no proxy in between."""
    here = request.client is not None and request.client.host in LOOPBACK and request.url.hostname in NAMES
    return here and not any(name in request.headers for name in FORWARDED)


def _from_here(request: Request) -> bool:
    host = request.headers.get("host", "")
    own_page = request.headers.get("origin") in (None, f"http://{host}", f"https://{host}")
    return from_this_machine(request) and own_page

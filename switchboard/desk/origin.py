"""Where a request comes from: one of our own pages, and how."""

from urllib.parse import urlsplit

from starlette.requests import Request

from switchboard.errors import Forbidden
from switchboard.settings import Settings


def check_origin(request: Request, settings: Settings) -> None:
    """Let only our own pages change anything. Browsers send `Origin` with every POST.

    Raises:
        Forbidden: another site's page, or no page at all.
    """
    asked_by = urlsplit(request.headers.get("origin", "")).netloc
    ours = {request.headers.get("host", ""), urlsplit(settings.public_url).netloc} - {""}
    if asked_by not in ours:
        raise Forbidden("This can only be done from the desk's own pages.")


def over_https(request: Request, settings: Settings) -> bool:
    """Whether browsers reach us by https."""
    return request.url.scheme == "https" or settings.public_url.startswith("https://")

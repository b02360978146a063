"""Pages and the widget: files as they are."""

from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

STATIC = Path(__file__).parent / "static"

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""What pages may load: our own files and nothing else."""


class Files(StaticFiles):
    """Our own files; the pages among them load only from here, whatever their address."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["Content-Security-Policy"] = POLICY
        return response


async def shop(_: Request) -> Response:
    """Larkspur's page, with the chat in its corner."""
    return page("index.html")


async def docs(_: Request) -> Response:
    """The API's documentation, for people."""
    return page("docs.html")


async def widget(_: Request) -> Response:
    """The chat, for any site."""
    headers = {"Cache-Control": "public, max-age=300", "Cross-Origin-Resource-Policy": "cross-origin"}
    return FileResponse(STATIC / "widget.js", media_type="text/javascript", headers=headers)


def page(name: str) -> Response:
    """A page that loads only from here."""
    return FileResponse(STATIC / name, headers={"Content-Security-Policy": POLICY, "Cache-Control": "no-cache"})


routes = [
    Route("/", shop, methods=["GET"]),
    Route("/docs", docs, methods=["GET"]),
    Route("/widget.js", widget, methods=["GET"]),
    Mount("/static", Files(directory=STATIC)),
]

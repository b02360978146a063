"""What callers are told when something goes wrong; every error has the same shape."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from switchboard.database.engine import DATABASE_AWAY
from switchboard.errors import NotFound, SwitchboardError, Unavailable, first_line
from switchboard.web.http import answer, refuse

log = logging.getLogger(__name__)


async def refused(request: Request, error: Exception) -> Response:
    return refuse(as_refusal(error, f"{request.method} {request.url.path}"))


def as_refusal(error: Exception, doing: str) -> SwitchboardError:
    """What may be told of any error; one that nobody raised on purpose is logged, with what was being done."""
    if isinstance(error, SwitchboardError):
        return error
    if isinstance(error, DATABASE_AWAY):
        log.error("The database did not answer: %s", first_line(error))
        return Unavailable()
    log.error("%s failed", doing, exc_info=error)
    return SwitchboardError("Something went wrong on our side. Please try again.")


async def http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return refuse(NotFound(f"There is nothing at {request.url.path}."))
    body = {"error": {"code": "http_error", "message": f"{error.detail}."}}
    response = answer(body, error.status_code)
    response.headers.update(error.headers or {})
    return response


HANDLERS: Mapping[Any, Callable[[Request, Exception], Awaitable[Response]]] = {
    SwitchboardError: refused,
    **dict.fromkeys(DATABASE_AWAY, refused),
    HTTPException: http_error,
    Exception: refused,
}

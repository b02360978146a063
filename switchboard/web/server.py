"""The web process."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response

from switchboard.conversations.changes import CHANNEL
from switchboard.database.engine import DATABASE_AWAY, make_engine
from switchboard.database.listen import Listener
from switchboard.errors import NotFound, SwitchboardError, Unavailable
from switchboard.settings import Settings, split
from switchboard.turns.rasa import RasaClient
from switchboard.web import conversations, events, health, metrics, openapi, pages, rest, socketio, webhooks
from switchboard.web.changes import Changes
from switchboard.web.context import Context
from switchboard.web.http import MAX_BODY_BYTES, answer, refuse

log = logging.getLogger(__name__)

PROBE_SECONDS = 2.0

SHUTDOWN_SECONDS = 3
"""How long open streams may delay the end; clients come back and resume."""

MODULES = (conversations, events, rest, webhooks, health, metrics, openapi, pages)


def create_app(settings: Settings) -> Starlette:
    """The web process's application."""
    parts = Context(
        settings=settings,
        engine=make_engine(settings),
        rasa=RasaClient(settings),
        changes=Changes(),
        probe=httpx.AsyncClient(timeout=PROBE_SECONDS),
    )
    channel, socket_mount = socketio.mount(parts)
    app = Starlette(
        routes=[*(route for module in MODULES for route in module.routes), socket_mount],
        middleware=_middleware(settings),
        exception_handlers={
            SwitchboardError: _refused,
            **dict.fromkeys(DATABASE_AWAY, _database_away),
            HTTPException: _http_error,
            Exception: _unexpected,
        },
        lifespan=_lifespan,
    )
    app.state.context = parts
    app.state.socketio = channel
    return app


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT."""
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        log_level=settings.log_level.lower(),
        access_log=False,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        ws_max_size=MAX_BODY_BYTES,
    )


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    parts: Context = app.state.context
    parts.changes.use_loop(asyncio.get_running_loop())
    listener = Listener(parts.settings, CHANNEL, parts.changes.heard)
    listener.start()
    yield
    await app.state.socketio.close()
    listener.stop()
    await parts.probe.aclose()
    parts.engine.dispose()


def _middleware(settings: Settings) -> list[Middleware]:
    origins = split(settings.allowed_origins)
    if not origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=["GET", "POST"],
            allow_headers=["authorization", "content-type", "last-event-id"],
            expose_headers=["retry-after"],
        )
    ]


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, SwitchboardError)
    return refuse(error)


async def _database_away(_: Request, error: Exception) -> Response:
    log.error("The database did not answer: %s", str(error).splitlines()[0])
    return refuse(Unavailable())


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return refuse(NotFound(f"There is nothing at {request.url.path}."))
    body = {"error": {"code": "http_error", "message": f"{error.detail}."}}
    response = answer(body, error.status_code)
    response.headers.update(error.headers or {})
    return response


async def _unexpected(request: Request, error: Exception) -> Response:
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return refuse(SwitchboardError("Something went wrong on our side. Please try again."))

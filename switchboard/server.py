"""The web process: the customers' API, the chat, the desk, health."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import uvicorn
from anyio import CapacityLimiter
from sqlalchemy.engine import Engine
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from switchboard.conversations.changes import CHANNEL, DESK, TYPING
from switchboard.crm.connect import make_crm
from switchboard.crm.contract import Crm
from switchboard.database.engine import make_engine
from switchboard.database.listen import Listener
from switchboard.desk import routes as desk
from switchboard.desk.intents import read_intents
from switchboard.desk.live import Live
from switchboard.desk.names import Names
from switchboard.desk.parts import Desk
from switchboard.identity.checking import Identity
from switchboard.identity.levels import load_levels
from switchboard.routing.teams import load_teams
from switchboard.routing.waits import Flows
from switchboard.settings import Settings, split
from switchboard.turns.escalating import load_rules
from switchboard.turns.rasa import RasaClient
from switchboard.web import (
    conversations,
    events,
    health,
    identity,
    metrics,
    openapi,
    pages,
    people,
    rest,
    socketio,
    webhooks,
)
from switchboard.web.changes import Changes
from switchboard.web.context import Context
from switchboard.web.failures import HANDLERS
from switchboard.web.http import MAX_BODY_BYTES
from switchboard.web.typists import Typists

PROBE_SECONDS = 2.0

SHUTDOWN_SECONDS = 3
"""How long open streams may delay the end; clients come back and resume."""


PASSWORDS_AT_ONCE = 2

MODULES = (conversations, identity, people, events, rest, webhooks, health, metrics, openapi, pages, desk)


def create_app(settings: Settings) -> Starlette:
    """The web process's application.

    Raises:
        StartError: the teams' file, the rules of escalation or the list of intents can't be used.
    """
    engine = make_engine(settings)
    crm = make_crm(settings, engine)
    parts = make_context(settings, engine, crm)
    channel, socket_mount = socketio.mount(parts)
    app = Starlette(
        routes=[*(route for module in MODULES for route in module.routes), socket_mount],
        middleware=_middleware(settings),
        exception_handlers=HANDLERS,
        lifespan=_lifespan,
    )
    app.state.context = parts
    app.state.desk = make_desk(parts, crm)
    app.state.socketio = channel
    return app


def make_context(settings: Settings, engine: Engine, crm: Crm) -> Context:
    """What all calls share."""
    changes, teams = Changes(), load_teams(settings.teams_file)
    return Context(
        settings=settings,
        engine=engine,
        identity=Identity(settings, engine, crm, load_levels(settings)),
        rasa=RasaClient(settings),
        rules=load_rules(settings, teams),
        changes=changes,
        typists=Typists(changes),
        teams=teams,
        flows=Flows(),
        probe=httpx.AsyncClient(timeout=PROBE_SECONDS),
    )


def make_desk(parts: Context, crm: Crm) -> Desk:
    """What the desk needs besides."""
    names = Names(crm)
    hashing = CapacityLimiter(PASSWORDS_AT_ONCE)
    return Desk(crm, parts.settings.currency, names, Live(parts, names), read_intents(), hashing)


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT."""
    log_level = settings.log_level.lower()
    uvicorn.run(create_app(settings), host=settings.host, port=settings.port, log_level=log_level, **options(settings))


def options(settings: Settings) -> dict[str, Any]:
    """What uvicorn is told, wherever it listens. A compressed frame could be a thousand times as large as it came."""
    return {
        "access_log": False,
        "forwarded_allow_ips": settings.forwarded_allow_ips,
        "timeout_graceful_shutdown": SHUTDOWN_SECONDS,
        "ws_max_size": MAX_BODY_BYTES,
        "ws_per_message_deflate": False,
    }


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    parts: Context = app.state.context
    live: Live = app.state.desk.live
    parts.changes.use_loop(asyncio.get_running_loop())
    live.start(asyncio.get_running_loop())
    listener = _listener(parts, live)
    listener.start()
    yield
    await app.state.socketio.close()
    listener.stop()
    await live.stop()
    await parts.probe.aclose()
    parts.engine.dispose()


def _listener(parts: Context, live: Live) -> Listener:
    """One connection that hears everything this process wants to know."""
    listener = Listener(parts.settings, CHANNEL, parts.changes.heard)
    listener.also(CHANNEL, live.conversation_changed)
    listener.also(DESK, live.lists_changed)
    listener.also(TYPING, parts.typists.heard)
    return listener.also(TYPING, live.somebody_types)


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

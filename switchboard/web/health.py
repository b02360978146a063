"""Whether this process lives, and whether the whole system is ready."""

import asyncio

import httpx
import msgspec
from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from switchboard.web.context import Context, context
from switchboard.web.http import answer

WORKER_SEEN = text("select exists (select from switchboard.workers where seen_at > now() - interval '10 seconds')")


class Readiness(msgspec.Struct):
    """What answers: `ok`, or what is the matter."""

    ready: bool
    parts: dict[str, str]


async def healthz(_: Request) -> Response:
    """The process is alive."""
    return answer({"status": "ok"})


async def readyz(request: Request) -> Response:
    """Whether database, worker, Rasa with a model, and action server answer; with `?self` only the database."""
    parts = context(request)
    checks = {"database": database(parts)}
    if "self" not in request.query_params:
        checks |= {"worker": worker(parts), "rasa": rasa(parts), "actions": actions(parts)}
    states = dict(zip(checks, await asyncio.gather(*checks.values()), strict=True))
    ready = all(state == "ok" for state in states.values())
    return answer(Readiness(ready, states), 200 if ready else 503)


async def database(parts: Context) -> str:
    try:
        await parts.transaction(_select_one)
    except SQLAlchemyError:
        return "does not answer"
    return "ok"


async def worker(parts: Context) -> str:
    try:
        return "ok" if await parts.transaction(_worker_seen) else "not seen in the last 10 seconds"
    except SQLAlchemyError:
        return "unknown, the database does not answer"


async def rasa(parts: Context) -> str:
    """`ok` if one replica at least serves a model."""
    settings = parts.settings
    states = [await _get(parts, f"{url}/status", {"token": settings.rasa_token}) for url in settings.rasa_addresses]
    return "ok" if 200 in states else "has no model" if 409 in states else "does not answer"


async def actions(parts: Context) -> str:
    return "ok" if await _get(parts, f"{parts.settings.actions_address}/health", {}) == 200 else "does not answer"


async def _get(parts: Context, url: str, params: dict[str, str]) -> int | None:
    try:
        return (await parts.probe.get(url, params=params)).status_code
    except httpx.HTTPError:
        return None


def _select_one(connection: Connection) -> None:
    connection.execute(text("select 1"))


def _worker_seen(connection: Connection) -> bool:
    return bool(connection.execute(WORKER_SEEN).scalar_one())


routes = [Route("/healthz", healthz, methods=["GET"]), Route("/readyz", readyz, methods=["GET"])]

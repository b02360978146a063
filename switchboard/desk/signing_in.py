"""Signing in: a form, a password, a session."""

from dataclasses import dataclass
from functools import partial
from urllib.parse import parse_qsl

import anyio
from sqlalchemy import func, select
from sqlalchemy.engine import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from switchboard.conversations import contacts
from switchboard.database.tables import agents
from switchboard.desk import sessions
from switchboard.desk.guards import COOKIE, signed_in
from switchboard.desk.limits import forgive, try_once_more
from switchboard.desk.origin import check_origin, over_https
from switchboard.desk.parts import desk
from switchboard.desk.passwords import matches
from switchboard.desk.render import render
from switchboard.desk.views import SignInPage
from switchboard.errors import BadRequest, Forbidden, TooManyAttempts, Unauthorized
from switchboard.web.callers import from_this_machine
from switchboard.web.context import context
from switchboard.web.http import read_body

WRONG = "The e-mail address or the password is not right."


@dataclass(frozen=True)
class Known:
    """An account that may sign in from here."""

    agent_id: int
    password_hash: str


async def form(request: Request) -> Response:
    """The page; who is signed in already goes on."""
    following = _ours(request.query_params.get("next", ""))
    try:
        await signed_in(request)
    except Unauthorized:
        return render("sign_in.html", SignInPage(following))
    return RedirectResponse(following, 303)


async def sign_in(request: Request) -> Response:
    """Check what was typed, and begin a session."""
    given: dict[str, str] = {}
    try:
        check_origin(request, context(request).settings)
        given = await _fields(request)
        token = await _session(request, given.get("email", "").strip(), given.get("password", ""))
    except (BadRequest, Forbidden, Unauthorized, TooManyAttempts) as error:
        page = SignInPage(_ours(given.get("next", "")), given.get("email", ""), error.message)
        return render("sign_in.html", page, error.status)
    return _welcome(request, token, _ours(given.get("next", "")))


async def _session(request: Request, email: str, password: str) -> str:
    """A new session's token.

    It takes as long for an address that nobody has, and says the same; what is too long for an address is not looked up.

    Raises:
        Unauthorized: no such account, or not its password.
        TooManyAttempts: of this account, or from this address.
    """
    if len(email) > contacts.MOST_CHARACTERS:
        raise Unauthorized(WRONG)
    parts, address = context(request), request.client.host if request.client else ""
    known = await parts.transaction(_known, email, address, from_this_machine(request))
    check = partial(matches, known.password_hash if known else None, password)
    right = await anyio.to_thread.run_sync(check, limiter=desk(request).hashing)
    if known is None or not right:
        raise Unauthorized(WRONG)
    return await parts.transaction(_begin, known.agent_id, email, address, parts.settings.desk_session_hours)


def _known(connection: Connection, email: str, address: str, here: bool) -> Known | None:
    try_once_more(connection, email, address)
    query = select(agents.c.agent_id, agents.c.password_hash, agents.c.demo).where(
        func.lower(agents.c.email) == email.lower(), agents.c.active
    )
    row = connection.execute(query).one_or_none()
    return Known(row.agent_id, row.password_hash) if row and (here or not row.demo) else None


def _begin(connection: Connection, agent_id: int, email: str, address: str, hours: float) -> str:
    forgive(connection, email, address)
    return sessions.start(connection, agent_id, hours)


def _welcome(request: Request, token: str, following: str) -> Response:
    settings = context(request).settings
    response = RedirectResponse(following, 303)
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(settings.desk_session_hours * 3600),
        path="/desk",
        secure=over_https(request, settings),
        httponly=True,
        samesite="strict",
    )
    return response


async def _fields(request: Request) -> dict[str, str]:
    body = await read_body(request)
    try:
        return {name: value.replace("\0", "") for name, value in parse_qsl(body.decode("utf-8"), max_num_fields=10)}
    except ValueError as error:
        raise BadRequest("The form could not be read.") from error


def _ours(address: str) -> str:
    """Where to go on: a page of the desk, never another site."""
    plain = address.isascii() and address.isprintable() and "\\" not in address
    return address if plain and address.startswith("/desk/") and "//" not in address else "/desk"

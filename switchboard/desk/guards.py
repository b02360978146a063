"""Who may call what: every address of the desk but signing in goes through one of these."""

from collections.abc import Awaitable, Callable, Collection
from functools import wraps
from hmac import compare_digest
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from switchboard.desk import sessions
from switchboard.desk.origin import check_origin
from switchboard.desk.render import render
from switchboard.desk.views import ROLES, Agent, ErrorPage
from switchboard.errors import Forbidden, SwitchboardError, Unauthorized
from switchboard.web.callers import from_this_machine
from switchboard.web.context import context

COOKIE = "switchboard_desk"
CSRF_HEADER = "x-csrf-token"

Handler = Callable[[Request, Agent], Awaitable[Response]]
Endpoint = Callable[[Request], Awaitable[Response]]


def page(handler: Handler, roles: Collection[str] = ROLES) -> Endpoint:
    """A page for people: who isn't signed in is led there, what goes wrong is said on a page."""

    @wraps(handler)
    async def endpoint(request: Request) -> Response:
        try:
            return await handler(request, await signed_in(request, roles))
        except Unauthorized:
            return RedirectResponse(f"/desk/sign-in?next={quote(request.url.path)}", 303)
        except SwitchboardError as error:
            return render("error.html", ErrorPage(error.status, error.message), error.status)

    return endpoint


def reading(handler: Handler, roles: Collection[str] = ROLES) -> Endpoint:
    """What a page's scripts read."""

    @wraps(handler)
    async def endpoint(request: Request) -> Response:
        return await handler(request, await signed_in(request, roles))

    return endpoint


def change(handler: Handler, roles: Collection[str] = ROLES) -> Endpoint:
    """What a page's scripts change: only from a page of ours, in the session that it was made for."""

    @wraps(handler)
    async def endpoint(request: Request) -> Response:
        check_origin(request, context(request).settings)
        agent = await signed_in(request, roles)
        expected, given = csrf_of(request), request.headers.get(CSRF_HEADER, "")
        if not compare_digest(expected.encode(), given.encode()):
            raise Forbidden("This page is out of date. Please load it again.")
        return await handler(request, agent)

    return endpoint


async def signed_in(request: Request, roles: Collection[str] = ROLES) -> Agent:
    """Who asks.

    Raises:
        Unauthorized: nobody is signed in here.
        Forbidden: their role may not do this.
    """
    agent = await context(request).transaction(sessions.find, token_of(request))
    if agent is None or (agent.demo and not from_this_machine(request)):
        raise Unauthorized("Please sign in.")
    if agent.role not in roles:
        raise Forbidden
    return agent


def token_of(request: Request) -> str:
    return request.cookies.get(COOKIE, "")


def csrf_of(request: Request) -> str:
    return sessions.csrf(token_of(request))

"""The site's word for who its customer is."""

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from switchboard.conversations.accept import check_token
from switchboard.errors import NotByLink
from switchboard.web.context import context
from switchboard.web.conversations import conversation
from switchboard.web.http import answer, bearer, read


class IdentityToken(msgspec.Struct):
    """A token of the site on which the customer is signed in; docs/identity.md says what is in it."""

    token: str


class Shown(msgspec.Struct):
    """How surely it is known who the customer is: 1 knows, 2 proved."""

    level: int


async def identity(request: Request) -> Response:
    """Say who the customer is, on the word of the site that they are signed in to."""
    given = await read(request, IdentityToken)
    parts, conversation_id = context(request), conversation(request)
    if await parts.transaction(check_token, parts.settings, conversation_id, bearer(request)):
        raise NotByLink
    shown = await run_in_threadpool(parts.identity.trust, conversation_id, given.token)
    return answer(Shown(shown.level))


routes = [Route("/api/conversations/{conversation_id}/identity", identity, methods=["POST"])]

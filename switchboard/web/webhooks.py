"""For other systems that are told by us what happens: they post messages here and get the replies at their address."""

import msgspec
from sqlalchemy.engine import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from switchboard.errors import NoReceiver
from switchboard.settings import Settings
from switchboard.web.callers import caller
from switchboard.web.context import context
from switchboard.web.http import answer, read
from switchboard.web.rest import WebhookMessage, accept_message

CHANNEL = "webhook"


class Taken(msgspec.Struct):
    """The message's conversation, and its number there."""

    conversation_id: str
    seq: int


async def post_message(request: Request) -> Response:
    """Send a message; what becomes of it is delivered to the caller's address."""
    parts = context(request)
    name = caller(request, parts.settings)
    if name not in parts.settings.webhook_urls:
        raise NoReceiver
    message = await read(request, WebhookMessage)
    return answer(await parts.transaction(take, parts.settings, name, message), 202)


def take(connection: Connection, settings: Settings, name: str, message: WebhookMessage) -> Taken:
    """Accept a message of the caller `name`."""
    return Taken(*accept_message(connection, settings, CHANNEL, name, message))


routes = [Route("/webhooks/messages", post_message, methods=["POST"])]

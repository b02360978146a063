"""The API's description, made from the types that the API reads and writes."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from switchboard import __version__
from switchboard.conversations.transcript import Message, State
from switchboard.web.conversations import Accepted, NewMessage, Started, Transcript
from switchboard.web.health import Readiness
from switchboard.web.http import answer
from switchboard.web.rest import Answer, Question, WebhookMessage
from switchboard.web.webhooks import Taken
from switchboard.webhooks.events import Event


class ErrorDetail(msgspec.Struct):
    """A short name for programs and a sentence for people."""

    code: str
    message: str


class Error(msgspec.Struct):
    """The shape of every error."""

    error: ErrorDetail


class WebhookReply(msgspec.Struct):
    """A reply in the shape of Rasa's REST channel."""

    recipient_id: str
    text: str
    buttons: list[dict[str, str]] = []


class Nothing(msgspec.Struct):
    """An empty object."""


TYPES = (
    Accepted, Answer, Error, Event, Message, NewMessage, Nothing, Question, Readiness, Started, State, Taken, Transcript,
    WebhookMessage, WebhookReply,
)  # fmt: skip

CONVERSATION = {
    "name": "conversation_id",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "format": "uuid"},
}
AFTER = {
    "name": "after",
    "in": "query",
    "schema": {"type": "integer", "minimum": 0},
    "description": "Only messages above this number.",
}
LAST_EVENT = {
    "name": "Last-Event-ID",
    "in": "header",
    "schema": {"type": "integer"},
    "description": "Resume after this message.",
}
SELF = {
    "name": "self",
    "in": "query",
    "schema": {"type": "string"},
    "description": "Only this process and its database.",
}

REFUSALS = {
    400: "The body can't be understood.",
    401: "The token or API key is missing or wrong.",
    404: "No such conversation.",
    409: "The conversation has ended.",
    413: "The message is too long.",
    429: "Too many messages wait; `Retry-After` says when to come back.",
    503: "A part of the system is away.",
    504: "The answer takes longer; the message is kept and will be answered.",
}


def operation(
    summary: str,
    answers: dict[int, tuple[str, str]],
    body: str | None = None,
    parameters: tuple[dict[str, Any], ...] = (),
    token: str | None = None,
    refusals: tuple[int, ...] = (),
    media: str = "application/json",
) -> dict[str, Any]:
    """One call. `answers` maps a status to a description and the name of the type that comes back."""
    described: dict[str, Any] = {"summary": summary, "responses": {}}
    if body:
        described["requestBody"] = {"required": True, "content": {"application/json": {"schema": reference(body)}}}
    if parameters:
        described["parameters"] = list(parameters)
    if token:
        described["security"] = [{token: []}]
    for status, (text, name) in answers.items():
        described["responses"][str(status)] = {"description": text, "content": {media: {"schema": reference(name)}}}
    for status in refusals:
        content = {"application/json": {"schema": reference("Error")}}
        described["responses"][str(status)] = {"description": REFUSALS[status], "content": content}
    return described


def reference(name: str) -> dict[str, Any]:
    if " | " in name:
        return {"anyOf": [reference(each) for each in name.split(" | ")]}
    if name.endswith("[]"):
        return {"type": "array", "items": reference(name[:-2])}
    return {"$ref": f"#/components/schemas/{name}"}


DELIVERY: dict[str, Any] = {
    "summary": "What happened, signed with `WEBHOOK_SECRET`; tried again until it is answered with 2xx.",
    "parameters": [
        {"name": f"webhook-{part}", "in": "header", "required": True, "schema": {"type": "string"}}
        for part in ("id", "timestamp", "signature")
    ],
    "requestBody": {"required": True, "content": {"application/json": {"schema": reference("Event")}}},
    "responses": {"2XX": {"description": "Taken; anything else is a failure."}},
}

PATHS: dict[str, dict[str, Any]] = {
    "/api/conversations": {
        "post": operation("Start a conversation.", {201: ("The conversation and its token.", "Started")}, "Nothing", refusals=(503,)),
    },
    "/api/conversations/{conversation_id}/messages": {
        "post": operation(
            "Send a message. The same `client_message_id` twice is one message; a button is named by the id it was offered with.",
            {202: ("Accepted: the message is stored and will be dealt with, whatever happens.", "Accepted")},
            "NewMessage", (CONVERSATION,), "conversation", (400, 401, 404, 409, 413, 429, 503),
        ),
        "get": operation(
            "Read messages, at most 500 at once.",
            {200: ("Messages in order, and who holds the conversation.", "Transcript")},
            None, (CONVERSATION, AFTER), "conversation", (400, 401, 404, 503),
        ),
    },
    "/api/conversations/{conversation_id}/events": {
        "get": operation(
            "The same as server-sent events: `message` with its number as id, and `state` whenever holder or pending messages change.",
            {200: ("A stream of `Message` and `State`.", "Message | State")},
            None, (CONVERSATION, LAST_EVENT, AFTER), "conversation", (400, 401, 404, 503), "text/event-stream",
        ),
    },
    "/api/conversations/{conversation_id}/close": {
        "post": operation(
            "End the conversation.", {200: ("The whole conversation.", "Transcript")},
            None, (CONVERSATION,), "conversation", (401, 404, 503),
        ),
    },
    "/api/answer": {
        "post": operation(
            "Answer a single question; nothing is remembered.", {200: ("The answer.", "Answer")},
            "Question", (), "api_key", (400, 401, 413, 503),
        ),
    },
    "/webhooks/rest/webhook": {
        "post": operation(
            "As Rasa's REST channel: waits for the replies. `metadata.message_id` makes a repeated call harmless.",
            {200: ("The replies.", "WebhookReply[]")},
            "WebhookMessage", (), "api_key", (400, 401, 413, 429, 503, 504),
        ),
    },
    "/webhooks/messages": {
        "post": operation(
            "Send a message; replies, outcomes and changes of the holder are delivered to the caller's address in `WEBHOOKS`.",
            {202: ("Accepted: the message is stored and will be dealt with, whatever happens.", "Taken"),
             409: ("No address is registered for the caller in `WEBHOOKS`.", "Error")},
            "WebhookMessage", (), "api_key", (400, 401, 413, 429, 503),
        ) | {"callbacks": {"event": {"{WEBHOOKS}": {"post": DELIVERY}}}},
    },
    "/metrics": {
        "get": operation(
            "What waits and what was done, for Prometheus.", {200: ("Prometheus' text format.", "Metrics")},
            None, (), "api_key", (401, 503), "text/plain",
        ),
    },
    "/healthz": {"get": operation("The process is alive.", {200: ("It is.", "Nothing")})},
    "/readyz": {
        "get": operation(
            "Database, worker, Rasa with a model, and action server answer.",
            {200: ("All do.", "Readiness"), 503: ("One doesn't; `parts` says which.", "Readiness")}, None, (SELF,),
        ),
    },
}  # fmt: skip


def description() -> dict[str, Any]:
    """The API as an OpenAPI 3.1 document."""
    _, schemas = msgspec.json.schema_components(TYPES, ref_template="#/components/schemas/{name}")
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Switchboard",
            "version": __version__,
            "description": "Customers' conversations and questions.",
        },
        "paths": PATHS,
        "components": {
            "schemas": schemas | {"Metrics": {"type": "string"}},
            "securitySchemes": {
                "conversation": {"type": "http", "scheme": "bearer", "description": "The conversation's token."},
                "api_key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A key of `API_KEYS`; none is needed on this machine.",
                },
            },
        },
    }


async def openapi(_: Request) -> Response:
    """The API's description."""
    return answer(description())


routes = [Route("/openapi.json", openapi, methods=["GET"])]

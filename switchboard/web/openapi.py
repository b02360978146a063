"""The API's description, made from the types that the API reads and writes."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from switchboard import __version__
from switchboard.conversations.transcript import Message
from switchboard.web.conversations import Accepted, NewMessage, Started, Transcript
from switchboard.web.health import Readiness
from switchboard.web.http import answer
from switchboard.web.identity import IdentityToken, Shown
from switchboard.web.people import Contact, Rating, Reference, Typing
from switchboard.web.rest import Answer, Question, WebhookMessage
from switchboard.web.state import CustomerState
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
    Accepted, Answer, Contact, CustomerState, Error, Event, IdentityToken, Message, NewMessage, Nothing, Question, Rating,
    Readiness, Reference, Shown, Started, Taken, Transcript, Typing, WebhookMessage, WebhookReply,
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
    403: "It is not shown who you are.",
    404: "No such conversation.",
    409: "The conversation is not in a state for this: it has ended, say.",
    413: "The message is too long.",
    429: "Too many messages wait, and `Retry-After` says when to come back; or this was done too often within the hour.",
    503: "A part of the system is away, or busy with another message of the conversation.",
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
        "post": operation("Start a conversation.", {201: ("The conversation and its token.", "Started")}, "Nothing", refusals=(429, 503)),
    },
    "/api/conversations/{conversation_id}/messages": {
        "post": operation(
            "Send a message. The same `client_message_id` twice is one message; a button is named by the id it was offered with.",
            {202: ("Accepted: the message is stored and will be dealt with, whatever happens.", "Accepted")},
            "NewMessage", (CONVERSATION,), "conversation", (400, 401, 404, 409, 413, 429, 503),
        ),
        "get": operation(
            "Read messages, at most 500 at once.",
            {200: ("Messages in order, and the conversation's state.", "Transcript")},
            None, (CONVERSATION, AFTER), "conversation", (400, 401, 404, 503),
        ),
    },
    "/api/conversations/{conversation_id}/events": {
        "get": operation(
            "The same as server-sent events: `message` with its number as id, and `state` whenever anything of it changes.",
            {200: ("A stream of `Message` and `CustomerState`.", "Message | CustomerState")},
            None, (CONVERSATION, LAST_EVENT, AFTER), "conversation", (400, 401, 404, 503), "text/event-stream",
        ),
    },
    "/api/conversations/{conversation_id}/close": {
        "post": operation(
            "End the conversation.", {200: ("The whole conversation.", "Transcript")},
            None, (CONVERSATION,), "conversation", (401, 404, 503),
        ),
    },
    "/api/conversations/{conversation_id}/identity": {
        "post": operation(
            "Say who the customer is, by a token of the site that they are signed in to; docs/identity.md says what is in it.",
            {200: ("How surely it is known who they are.", "Shown")},
            "IdentityToken", (CONVERSATION,), "conversation", (400, 401, 403, 404, 409, 503),
        ),
    },
    "/api/conversations/{conversation_id}/typing": {
        "post": operation(
            "The customer types, or has stopped; say it again every few seconds while they do. Nothing is stored.",
            {200: ("The people who have the conversation are told.", "Nothing")},
            "Typing", (CONVERSATION,), "conversation", (400, 401, 404, 503),
        ),
    },
    "/api/conversations/{conversation_id}/back-to-bot": {
        "post": operation(
            "Stop waiting for a person and talk with the assistant again; only while the conversation waits.",
            {200: ("The assistant has it.", "Nothing")}, None, (CONVERSATION,), "conversation", (401, 404, 409, 503),
        ),
    },
    "/api/conversations/{conversation_id}/contact": {
        "post": operation(
            "Leave an e-mail address, and a message, for when a person answers and the customer has left.",
            {200: ("What the request is called; a mail says so too.", "Reference")},
            "Contact", (CONVERSATION,), "conversation", (400, 401, 403, 404, 409, 413, 429, 503),
        ),
    },
    "/api/conversations/{conversation_id}/rating": {
        "post": operation(
            "Rate the conversation, at any time after the first reply; a second rating replaces the first.",
            {200: ("The rating is kept.", "Nothing")},
            "Rating", (CONVERSATION,), "conversation", (400, 401, 404, 409, 413, 503),
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
                "conversation": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The conversation's token, or that of a link in a mail.",
                },
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

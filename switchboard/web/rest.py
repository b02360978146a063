"""Calls for other programs: Rasa's REST webhook through the queue, and the single question."""

import time
from typing import Annotated, Any
from uuid import uuid4

import msgspec
from sqlalchemy.engine import Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from switchboard.conversations import accept
from switchboard.conversations.text import clean
from switchboard.conversations.transcript import Message, read_replies
from switchboard.errors import OutcomeTimeout, TurnFailed, Unavailable
from switchboard.escalation.facts import read_text
from switchboard.escalation.rules import Decision
from switchboard.identity.questions import question_by
from switchboard.settings import Settings
from switchboard.turns.escalating import judged
from switchboard.turns.facts import NOT_UNDERSTOOD
from switchboard.turns.rasa import Source, Turn
from switchboard.web.callers import caller
from switchboard.web.changes import wait_for
from switchboard.web.context import Context, context
from switchboard.web.conversations import ClientId
from switchboard.web.http import answer, read

CHANNEL = "rest"

LOOK_SECONDS = 1.0


class Metadata(msgspec.Struct):
    """What comes with a message; the same `message_id` twice is one message."""

    message_id: ClientId | int | None = None


class WebhookMessage(msgspec.Struct):
    """A message in the shape of Rasa's REST channel."""

    sender: Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern="^[^\\u0000]*$")]
    message: str
    metadata: Metadata | None = None


class Question(msgspec.Struct):
    """A single question."""

    message: str


class Answer(msgspec.Struct):
    """The answer to a single question; `escalate` says that a person should take over."""

    answer: str
    intent: str | None
    confidence: float
    escalate: bool
    sources: list[Source]


async def webhook(request: Request) -> Response:
    """Send a message and wait for its replies."""
    parts = context(request)
    name = caller(request, parts.settings)
    message = await read(request, WebhookMessage)
    conversation_id, seq = await parts.transaction(accept_message, parts.settings, CHANNEL, name, message)
    replies = await wait_for_replies(parts, conversation_id, seq)
    return answer([_as_rasa(message.sender, reply) for reply in replies])


async def ask(request: Request) -> Response:
    """Answer a single question; nothing is remembered."""
    parts = context(request)
    name = caller(request, parts.settings)
    text = clean((await read(request, Question)).message, parts.settings.max_message_chars)
    try:
        turn, decision = await run_in_threadpool(_judged, parts, name, text)
    except TurnFailed as error:
        raise Unavailable("The assistant could not answer right now. Please try again in a moment.") from error
    return answer(_as_answer(turn, decision, parts.settings))


async def wait_for_replies(parts: Context, conversation_id: str, seq: int) -> list[Message]:
    """The replies to the customer's message `seq`, once it has an outcome.

    Raises:
        OutcomeTimeout: it has none after `ANSWER_TIMEOUT`.
    """
    deadline = time.monotonic() + parts.settings.answer_timeout
    with parts.changes.of(conversation_id) as changed:
        while time.monotonic() < deadline:
            changed.clear()
            outcome, replies = await parts.transaction(read_replies, conversation_id, seq)
            if outcome:
                return replies
            await wait_for(changed, LOOK_SECONDS)
    raise OutcomeTimeout


def accept_message(
    connection: Connection, settings: Settings, channel: str, name: str, message: WebhookMessage
) -> tuple[str, int]:
    """Accept a message of the caller `name`; returns its conversation and its number there."""
    conversation_id = accept.conversation_of(connection, channel, f"{name}:{message.sender}")
    given = message.metadata.message_id if message.metadata else None
    client_id = str(uuid4() if given is None else given)
    return conversation_id, accept.accept_text(connection, settings, conversation_id, message.message, client_id)


def _as_rasa(sender: str, reply: Message) -> dict[str, Any]:
    shape: dict[str, Any] = {"recipient_id": sender, "text": reply.text}
    if reply.buttons:
        shape["buttons"] = [{"title": button.title, "payload": button.title} for button in reply.buttons]
    return shape


def _judged(parts: Context, name: str, text: str) -> tuple[Turn | None, Decision | None]:
    """The turn on the caller's question, and whether a person should take over."""
    facts = read_text(text, parts.rules.vocabulary)
    return judged(parts.rules, facts, lambda: parts.rasa.turn(question_by(name), str(uuid4()), text, keep=False))


def _as_answer(turn: Turn | None, decision: Decision | None, settings: Settings) -> Answer:
    said = [reply.text for reply in turn.replies] if turn and not (decision and not decision.keep_reply) else []
    text = "\n\n".join([*said, *([decision.say] if decision else [])])
    if turn is None:
        return Answer(text, None, 0.0, True, [])
    doubtful = turn.confidence < settings.handoff_threshold or NOT_UNDERSTOOD in turn.actions
    not_understood = doubtful and not turn.sources  # the search may know an answer all the same
    return Answer(text, turn.intent, turn.confidence, not_understood or decision is not None, turn.sources)


routes = [
    Route("/webhooks/rest/webhook", webhook, methods=["POST"]),
    Route("/api/answer", ask, methods=["POST"]),
]

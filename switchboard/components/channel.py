"""Rasa's side of a turn: runs a message once, and says what was understood, said and decided.

Unlike Rasa's REST channel it answers with an error when a turn failed, and it never runs a message twice.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from hmac import compare_digest
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel, InputChannel, UserMessage
from rasa.core.lock_store import LockError
from rasa.core.processor import MessageProcessor
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from switchboard.components.quick_schemas import remember_checked_schemas
from switchboard.components.recorded_turn import latest_turn, recorded_turn
from switchboard.components.resuming import resume
from switchboard.components.running_turn import RunningTurn, note_failed_actions, running_turn
from switchboard.understanding.answers import CONFIRM_ADDRESS

log = logging.getLogger(__name__)


class SwitchboardChannel(InputChannel):
    """`POST /webhooks/switchboard/turn`, for the worker only.

    Args:
        token: what callers must send as `X-Switchboard-Token`.
    """

    def __init__(self, token: str) -> None:
        self.token = token

    @classmethod
    def name(cls) -> str:
        return "switchboard"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> "SwitchboardChannel":
        token = (credentials or {}).get("token")
        if not token:
            cls.raise_missing_credentials_exception()
        return cls(str(token))

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        note_failed_actions()
        remember_checked_schemas()
        routes = Blueprint("switchboard_channel")

        @routes.get("/")
        async def health(_: Request) -> HTTPResponse:
            return response.json({"status": "ok"})

        @routes.post("/turn")
        async def turn(request: Request) -> HTTPResponse:
            if not compare_digest(request.headers.get("X-Switchboard-Token", "").encode(), self.token.encode()):
                return refuse(401, "The token is missing or wrong.")
            agent = request.app.ctx.agent
            if agent is None or not agent.is_ready():
                return refuse(503, "Rasa has no model.")
            # A caller that hangs up must not cut a turn off half way: its effects would be repeated.
            return await asyncio.shield(answer(agent, request.json or {}))

        return routes


async def answer(agent: Agent, body: dict[str, Any]) -> HTTPResponse:
    """Run the turn, or find it among what was recorded, and tell how it went."""
    turn = RunningTurn(keep=body["keep"])
    running_turn.set(turn)
    message = user_message(body)
    try:
        # A question that is not kept has an id of its own: nobody else can be at it.
        async with agent.lock_store.lock(message.sender_id) if turn.keep else nullcontext():
            await run_once(agent, message, turn, body.get("resume"))
    except LockError as error:
        return refuse(503, f"The conversation could not be locked: {error}")
    if turn.outages:
        return refuse(503, turn.outages[0])
    if turn.failures or turn.tracker is None:
        return refuse(502, turn.failures[0] if turn.failures else "The turn was not recorded.")
    return response.json(recorded_turn(turn.tracker))


async def run_once(
    agent: Agent, message: UserMessage, turn: RunningTurn, resumed: dict[str, Any] | None = None
) -> None:
    processor: MessageProcessor = agent.processor
    turn.tracker = await processor.tracker_store.retrieve(message.sender_id) if turn.keep else None
    if turn.failed or already_run(turn.tracker, message.message_id):
        return
    if overtaken(turn.tracker, message.metadata["attempt"]):
        turn.failures.append("A later attempt has been here already.")
        return
    if resumed is not None:
        turn.tracker = turn.tracker or await processor.tracker_store.create_tracker(message.sender_id, False)
        resume(turn.tracker, processor.domain, resumed.get("slots", {}))
    message.metadata["expects"] = expected(turn.tracker, processor.domain) if turn.tracker else None
    try:
        await processor.handle_message(message)
    except Exception as error:  # whatever the turn dies of is the caller's to know
        log.exception("The turn of message %s failed", message.message_id)
        turn.failures.append(f"{type(error).__name__} in the turn")


def expected(tracker: DialogueStateTracker, domain: Domain) -> str | None:
    """What the task form has asked for in this session, None if nothing is asked: the understanding has to know."""
    heard = latest_turn(tracker)
    if heard is None or tracker.active_loop_name != "task_form":
        return None
    session_seconds = domain.session_config.session_expiration_time * 60
    draft = tracker.get_slot("draft") if time.time() - heard[0].timestamp < session_seconds else None
    if draft and draft["asking"] == "confirm" and "address" in draft.get("details", {}):
        return CONFIRM_ADDRESS
    return draft["asking"] if draft else None


def already_run(tracker: DialogueStateTracker | None, message_id: str) -> bool:
    """Messages are run in order, so one that has run before is the latest in the tracker."""
    heard = latest_turn(tracker) if tracker else None
    return heard is not None and heard[0].message_id == message_id


def overtaken(tracker: DialogueStateTracker | None, attempt: int) -> bool:
    """Whether a worker with a later claim has run a message: this one was stopped past its lease and came back."""
    heard = latest_turn(tracker) if tracker else None
    return heard is not None and (heard[0].metadata or {}).get("attempt", 0) > attempt


def user_message(body: dict[str, Any]) -> UserMessage:
    message_id = body["message_id"]
    return UserMessage(
        body["text"],
        CollectingOutputChannel(),
        body["conversation_id"],
        input_channel=SwitchboardChannel.name(),
        message_id=message_id,
        metadata={"message_id": message_id, "attempt": body.get("attempt", 0), "early": body.get("early", False)},
    )


def refuse(status: int, reason: str) -> HTTPResponse:
    return response.json({"error": {"code": "turn_failed", "message": reason}}, status)

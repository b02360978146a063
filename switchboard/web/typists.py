"""Which agents are typing right now, as this process has heard; nothing of it is stored."""

import json
import logging
import time

from switchboard.web.changes import Changes

log = logging.getLogger(__name__)

LAPSE_SECONDS = 6.0
"""Who has said nothing more for that long has stopped; desks say it again every few seconds."""


class Typists:
    """The name of the agent who types in a conversation."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._typing: dict[str, tuple[str, float]] = {}

    def heard(self, payload: str) -> None:
        """Called from the listening thread for each notification on `switchboard_typing`."""
        told = json.loads(payload) if payload else {}
        if told.get("who") != "agent":
            return
        if told.get("typing", True):
            self._forget_old()
            self._typing[told["conversation_id"]] = (told.get("name") or "", time.monotonic() + LAPSE_SECONDS)
        else:
            self._typing.pop(told["conversation_id"], None)
        self._changes.heard(told["conversation_id"])

    def stopped(self, conversation_id: str) -> None:
        """What was being typed has been sent."""
        self._typing.pop(conversation_id, None)

    def name(self, conversation_id: str) -> str | None:
        """Who types, if somebody does."""
        name, until = self._typing.get(conversation_id, ("", 0.0))
        return name if time.monotonic() < until else None

    def lapses_in(self, conversation_id: str) -> float | None:
        """Seconds until the sign goes out by itself; None if there is none."""
        _, until = self._typing.get(conversation_id, ("", 0.0))
        left = until - time.monotonic()
        return left if left > 0 else None

    def _forget_old(self) -> None:
        """A copy is looked through: readers take signs out from threads of their own."""
        now = time.monotonic()
        self._typing = {each: typed for each, typed in self._typing.copy().items() if typed[1] > now}

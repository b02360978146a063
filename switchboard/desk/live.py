"""What reaches open desks without being asked for: that something changed. The database says what.

Each process listens once and tells its own desks. The lists are read once for all of them, at most every
`PAUSE_SECONDS`, however many desks are open and however much happens.
"""

import asyncio
import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from starlette.concurrency import run_in_threadpool

from switchboard.desk.counts import Tally
from switchboard.desk.inbox import visitor
from switchboard.desk.names import Names
from switchboard.desk.picture import Held, Picture, alert_text, look
from switchboard.desk.views import Agent
from switchboard.errors import first_line
from switchboard.routing.sla import Alert
from switchboard.web.changes import wait_for
from switchboard.web.context import Context

log = logging.getLogger(__name__)

PAUSE_SECONDS = 0.5
LOOK_SECONDS = 15.0
"""How often the lists are read without a hint: waiting times and promises change by themselves."""


class Stream:
    """What an open desk is told next. News of one kind about one conversation is told once, the latest."""

    def __init__(self, agent: Agent, conversation_id: str | None) -> None:
        self.agent, self.conversation_id = agent, conversation_id
        self.news = asyncio.Event()
        self._waiting: dict[tuple[str, str], Any] = {}

    def post(self, name: str, data: Any = None, about: str = "") -> None:
        self._waiting[name, about] = data
        self.news.set()

    def take(self) -> list[tuple[str, Any]]:
        """All news since the last time, by name."""
        waiting, self._waiting = self._waiting, {}
        self.news.clear()
        return [(name, data) for (name, _), data in waiting.items()]


class Live:
    """The open desks of this process."""

    def __init__(self, parts: Context, names: Names) -> None:
        self._parts, self._names = parts, names
        self._streams: set[Stream] = set()
        self._changed = asyncio.Event()
        self._picture: Picture | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._task = loop.create_task(self._watch())

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    @contextmanager
    def open(self, agent: Agent, conversation_id: str | None) -> Iterator[Stream]:
        """A desk that is told, until the block ends."""
        stream = Stream(agent, conversation_id)
        if conversation_id:
            stream.post("conversation")  # it may have changed since the page was made
        self._streams.add(stream)
        self._changed.set()
        try:
            yield stream
        finally:
            self._streams.discard(stream)

    def lists_changed(self, _: str) -> None:
        """Called from the listening thread."""
        self._call(self._changed.set)

    def conversation_changed(self, conversation_id: str) -> None:
        """Called from the listening thread; an empty id means that anything may have changed."""
        self._call(self._tell_of_conversation, conversation_id)

    def somebody_types(self, payload: str) -> None:
        """Called from the listening thread."""
        if payload:
            self._call(self._tell_of_typing, json.loads(payload))

    def _call(self, tell: Any, *args: Any) -> None:
        if self._loop and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(tell, *args)

    def _tell_of_conversation(self, conversation_id: str) -> None:
        for stream in self._streams:
            if stream.conversation_id and conversation_id in ("", stream.conversation_id):
                stream.post("conversation")
            if self._picture and _has(self._picture, conversation_id, stream.agent):
                stream.post("inbox", {"counts": self._picture.tally.of(stream.agent)})

    def _tell_of_typing(self, told: dict[str, Any]) -> None:
        for stream in self._streams:
            own = told["who"] == "agent" and told.get("name") == stream.agent.name
            if stream.conversation_id == told["conversation_id"] and not own:
                stream.post("typing", told, told["who"])

    async def _watch(self) -> None:
        while True:
            await wait_for(self._changed, LOOK_SECONDS)
            self._changed.clear()
            if self._streams:
                try:
                    await self._look_and_tell()
                except Exception as error:  # mostly the database is away; without this task no desk hears anything
                    log.warning("The desk's lists could not be read: %s", first_line(error))
            await asyncio.sleep(PAUSE_SECONDS)

    async def _look_and_tell(self) -> None:
        before = self._picture
        shown = {stream.conversation_id for stream in self._streams if stream.conversation_id}
        self._picture = now = await self._parts.transaction(look, before, shown)
        promised = now.promised(before)
        if before is None:
            before = now  # what was so before this process looked is in the lists, and no news
        gained, alerts = now.gained(before), now.news(before)
        titles = await run_in_threadpool(self._titles, gained)
        for stream in self._streams:
            given = {its: titles[its] for its, held in gained.items() if held.agent_id == stream.agent.agent_id}
            if stream.conversation_id in promised:
                stream.post("conversation")
            tell(stream, now.tally, given, alerts)

    def _titles(self, gained: Mapping[str, Held]) -> dict[str, str]:
        return {its: self._names.of(held.crm, held.external_id) or visitor(its) for its, held in gained.items()}


def _has(picture: Picture, conversation_id: str, agent: Agent) -> bool:
    held = picture.held.get(conversation_id)
    return held is not None and held.agent_id == agent.agent_id


def tell(stream: Stream, tally: Tally, given: Mapping[str, str], alerts: Sequence[Alert]) -> None:
    """How things stand now, and what is new for this desk.

    Args:
        given: the conversations that its agent has been given, with their titles.
        alerts: for supervisors.
    """
    stream.post("inbox", {"counts": tally.of(stream.agent)})
    for conversation_id, title in given.items():
        stream.post("assigned", {"conversation_id": conversation_id, "title": title}, conversation_id)
    for alert in alerts if stream.agent.sees_all else []:
        told = {"text": alert_text(alert), "conversation_id": alert.conversation_id}
        stream.post("alert", told, alert.conversation_id)

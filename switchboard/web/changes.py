"""Who in this process waits for news of which conversation."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager


class Changes:
    """Wakes those who wait for a conversation; a wake-up is a hint to read the database, nothing more."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Event]] = defaultdict(set)
        self._loop: asyncio.AbstractEventLoop | None = None

    def use_loop(self, loop: asyncio.AbstractEventLoop) -> None:
        """The event loop that those who wait run in."""
        self._loop = loop

    @contextmanager
    def of(self, conversation_id: str) -> Iterator[asyncio.Event]:
        """An event that is set whenever the conversation may have changed."""
        event = asyncio.Event()
        self._waiting[conversation_id].add(event)
        try:
            yield event
        finally:
            self._waiting[conversation_id].discard(event)
            if not self._waiting[conversation_id]:
                del self._waiting[conversation_id]

    def heard(self, conversation_id: str) -> None:
        """Called from the listening thread; an empty id means that anything may have changed."""
        if self._loop and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake, conversation_id)

    def _wake(self, conversation_id: str) -> None:
        waiting = self._waiting if not conversation_id else {conversation_id} & self._waiting.keys()
        for each in waiting:
            for event in self._waiting[each]:
                event.set()


async def wait_for(event: asyncio.Event, seconds: float) -> None:
    """Wait until it is set, but no longer than that.

    `asyncio.wait_for` loses a cancellation that comes in the moment in which the event is set (Python before 3.12), and
    whoever has cancelled then waits for ever.
    """
    waiting = asyncio.ensure_future(event.wait())
    try:
        await asyncio.wait({waiting}, timeout=seconds)
    finally:
        waiting.cancel()

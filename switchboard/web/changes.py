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

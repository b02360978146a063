"""Actions wait for databases and other systems; each waits in a thread, so that one customer's wait is not everybody's."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

AT_ONCE = 32

threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="action")


T = TypeVar("T")


async def in_thread(work: Callable[..., T], *args: Any) -> T:
    """What `work(*args)` returns, without the others having to wait for it."""
    return await asyncio.get_running_loop().run_in_executor(threads, work, *args)


class Waiting(Action, ABC):
    """An action whose `act` may wait."""

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        return await in_thread(self.act, dispatcher, tracker, domain)

    @abstractmethod
    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[dict[str, Any]]:
        """What the action does, as rasa_sdk's `run`."""

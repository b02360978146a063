"""A circuit breaker: a system that keeps failing is left alone for a while, and customers don't wait for it."""

import threading
import time
from collections.abc import Callable

from switchboard.errors import CrmUnavailable


class Breaker:
    """Opens after `failures` in a row; then one call every `seconds` is let through to see whether it works again."""

    def __init__(self, failures: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.limit, self.seconds, self.clock = failures, seconds, clock
        self._lock = threading.Lock()
        self._failures = 0
        self._next_trial = 0.0

    def admit(self) -> None:
        """Let a call through.

        Raises:
            CrmUnavailable: it is open, and this is not the one that tries.
        """
        with self._lock:
            if self._failures < self.limit:
                return
            if self.clock() < self._next_trial:
                raise CrmUnavailable
            self._next_trial = self.clock() + self.seconds

    def succeeded(self) -> None:
        with self._lock:
            self._failures = 0

    def failed(self, times: int = 1) -> None:
        with self._lock:
            before, self._failures = self._failures, self._failures + times
            if before < self.limit <= self._failures:
                self._next_trial = self.clock() + self.seconds

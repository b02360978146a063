"""What a worker has done since its start, for /metrics. Numbers only."""

import threading
from bisect import bisect_left
from typing import Any

SECONDS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 15.0)
"""Upper bounds of the turns' durations that are told apart; what is longer is counted after the last."""


class Tally:
    """Counts of outcomes and failed tries, and the durations of turns; safe to share between threads."""

    def __init__(self) -> None:
        self._outcomes = dict.fromkeys(("answered", "forwarded", "failed"), 0)
        self._retries = dict.fromkeys(("away", "failed"), 0)
        self._turns = [0] * (len(SECONDS) + 1)
        self._seconds = 0.0
        self._lock = threading.Lock()

    def outcome(self, outcome: str, messages: int) -> None:
        """So many messages came to this outcome."""
        with self._lock:
            self._outcomes[outcome] += messages

    def retry(self, why: str) -> None:
        """A try failed and another follows: Rasa was `away`, or the turn `failed`."""
        with self._lock:
            self._retries[why] += 1

    def turn(self, seconds: float) -> None:
        """A turn was run by Rasa, or was found to have run."""
        with self._lock:
            self._turns[bisect_left(SECONDS, seconds)] += 1
            self._seconds += seconds

    def as_json(self) -> dict[str, Any]:
        """All of it; `turns` are counts by duration, one for each of `SECONDS` and one for longer."""
        with self._lock:
            return {
                "outcomes": dict(self._outcomes),
                "retries": dict(self._retries),
                "turns": list(self._turns),
                "seconds": self._seconds,
            }

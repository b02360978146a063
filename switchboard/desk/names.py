"""Customers' names for the desk's lists, remembered for a while: fifty look-ups a list would be too many."""

import threading
import time

from switchboard.crm.contract import Crm
from switchboard.errors import CrmUnavailable

REMEMBERED_SECONDS = 600.0
MOST = 10_000
PAUSE_SECONDS = 30.0
"""How long a business system that did not answer is left alone."""

SLOW_SECONDS = 0.05
"""When one look-up takes longer, the rest of that moment's are left for the next: the list does not wait for them."""


class Names:
    """Asks the CRM, and remembers."""

    def __init__(self, crm: Crm) -> None:
        self.crm = crm
        self._known: dict[str, tuple[float, str | None]] = {}
        self._not_before = 0.0
        self._lock = threading.Lock()

    def of(self, crm: str | None, external_id: str | None) -> str | None:
        """The name of a customer of this CRM; None if they are unknown, or it can't be found out right now."""
        if crm != self.crm.name or external_id is None:
            return None
        asked_at, name = self._known.get(external_id, (float("-inf"), None))
        now = time.monotonic()
        if now - asked_at < REMEMBERED_SECONDS or now < self._not_before:
            return name
        return self._ask(external_id, now)

    def learn(self, external_id: str, name: str | None) -> None:
        """Remember what was found out elsewhere."""
        with self._lock:
            if len(self._known) >= MOST:
                self._known.clear()
            self._known[external_id] = time.monotonic(), name

    def _ask(self, external_id: str, began: float) -> str | None:
        try:
            customer = self.crm.customer(external_id)
        except CrmUnavailable:
            self._not_before = began + PAUSE_SECONDS
            return None
        took = time.monotonic() - began
        if took > SLOW_SECONDS:
            self._not_before = began + took + 1.0
        self.learn(external_id, customer.name if customer else None)
        return customer.name if customer else None

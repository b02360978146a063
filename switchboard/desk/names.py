"""Customers' names for the desk's lists, remembered for a while: fifty look-ups a list would be too many."""

import threading
import time

from switchboard.crm.contract import Crm
from switchboard.errors import CrmUnavailable

REMEMBERED_SECONDS = 600.0
MOST = 10_000
PAUSE_SECONDS = 30.0
"""How long a business system that did not answer is left alone."""

PATIENCE_SECONDS = 0.5
"""How long anybody waits for a name; what is found out later is remembered for the next who asks."""

SLOW_SECONDS = 0.05
"""When one look-up takes longer, the rest of that moment's are left for the next: the list does not wait for them."""


class Names:
    """Asks the CRM for one name at a time, so that one that hangs holds up one thread, and remembers."""

    def __init__(self, crm: Crm) -> None:
        self.crm = crm
        self._known: dict[str, tuple[float, str | None]] = {}
        self._not_before = 0.0
        self._turn = threading.Lock()

    def of(self, crm: str | None, external_id: str | None) -> str | None:
        """The name of a customer of this CRM; None if they are unknown, or it can't be found out right now."""
        if crm != self.crm.name or external_id is None:
            return None
        if not self._is_known(external_id):
            with self._turn:  # somebody else may be finding it out
                if not self._is_known(external_id) and time.monotonic() >= self._not_before:
                    self._ask(external_id)
        return self._known.get(external_id, (0.0, None))[1]

    def _is_known(self, external_id: str) -> bool:
        asked_at, _ = self._known.get(external_id, (float("-inf"), None))
        return time.monotonic() - asked_at < REMEMBERED_SECONDS

    def _ask(self, external_id: str) -> None:
        """Nobody else asks before there is an answer, or the pause after none is over."""
        self._not_before = time.monotonic() + PAUSE_SECONDS
        asking = threading.Thread(target=self._find, args=(external_id,), daemon=True)
        asking.start()
        asking.join(PATIENCE_SECONDS)

    def _find(self, external_id: str) -> None:
        began = time.monotonic()
        try:
            customer = self.crm.customer(external_id)
        except CrmUnavailable:
            self._not_before = time.monotonic() + PAUSE_SECONDS
            return
        if len(self._known) >= MOST:
            self._known.clear()
        answered = time.monotonic()
        self._known[external_id] = answered, customer.name if customer else None
        self._not_before = answered + 1.0 if answered - began > SLOW_SECONDS else 0.0

"""A thread that does something every few seconds, whatever becomes of a single round."""

import logging
import threading

from switchboard.errors import first_line

log = logging.getLogger(__name__)


class Rounds(threading.Thread):
    """Calls `round` until stopped, the first time after a pause.

    Args:
        name: the thread's.
        seconds: between two rounds.
        complaint: what the log says of a round that fails.
    """

    def __init__(self, name: str, seconds: float, complaint: str) -> None:
        super().__init__(name=name, daemon=True)
        self.seconds, self.complaint = seconds, complaint
        self.stopped = threading.Event()

    def round(self) -> None:
        """What is to be done."""
        raise NotImplementedError

    def run(self) -> None:
        while not self.stopped.wait(self.seconds):
            try:
                self.round()
            except Exception as error:  # mostly the database is away; a thread that ends here would be missed by nobody
                log.error("%s: %s", self.complaint, first_line(error))

    def stop(self) -> None:
        """Finish the round under way, and begin no more."""
        self.stopped.set()
        if self.is_alive():
            self.join()

"""The postman: a thread that writes to customers who are away, and sends what is due. A slow mail server delays only it."""

import logging
import threading
from itertools import count

from sqlalchemy.engine import Engine

from switchboard.conversations.forgetting import forget
from switchboard.errors import first_line
from switchboard.mail.outbox import make_mailer, send_due
from switchboard.mail.replies import queue_replies
from switchboard.settings import Settings

log = logging.getLogger(__name__)

ROUND_SECONDS = 5.0

FORGET_EVERY = 720
"""Rounds, an hour, after which what is old is deleted."""


class Postman(threading.Thread):
    """Runs beside the workers; any number of them may.

    Raises:
        SettingsError: `SMTP_URL` can't be used.
    """

    def __init__(self, settings: Settings, engine: Engine) -> None:
        super().__init__(name="postman", daemon=True)
        self.settings, self.engine, self.mailer = settings, engine, make_mailer(settings)
        self.stopped = threading.Event()

    def run(self) -> None:
        for number in count():
            if self.stopped.wait(ROUND_SECONDS):
                return
            try:
                self._round(number)
            except Exception as error:  # mostly the database is away; a thread that ends here would be missed by nobody
                log.error("Mails have to wait: %s", first_line(error))

    def stop(self) -> None:
        """Send what is being sent, and begin nothing more."""
        self.stopped.set()
        if self.is_alive():
            self.join()

    def _round(self, number: int) -> None:
        with self.engine.begin() as connection:
            if number % FORGET_EVERY == 0:
                forget(connection)
            queue_replies(connection, self.settings)
        send_due(self.engine, self.settings, self.mailer)

"""The postman: a thread that writes to customers who are away, and sends what is due. A slow mail server delays only it."""

from itertools import count

from sqlalchemy.engine import Engine

from switchboard.conversations.forgetting import forget
from switchboard.mail.outbox import make_mailer, send_due
from switchboard.mail.replies import queue_replies
from switchboard.rounds import Rounds
from switchboard.settings import Settings

ROUND_SECONDS = 5.0

FORGET_EVERY = 720
"""Rounds, an hour, after which what is old is deleted."""


class Postman(Rounds):
    """Runs beside the workers; any number of them may.

    Raises:
        SettingsError: `SMTP_URL` can't be used.
    """

    def __init__(self, settings: Settings, engine: Engine) -> None:
        super().__init__("postman", ROUND_SECONDS, "Mails have to wait")
        self.settings, self.engine, self.mailer = settings, engine, make_mailer(settings)
        self._numbers = count()

    def round(self) -> None:
        with self.engine.begin() as connection:
            if next(self._numbers) % FORGET_EVERY == 0:
                forget(connection)
            queue_replies(connection, self.settings)
        send_due(self.engine, self.settings, self.mailer)

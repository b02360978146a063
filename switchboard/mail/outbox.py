"""The outbox: mails are rows until they are sent, so none is lost and nobody waits for a mail server."""

import logging
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import insert, text
from sqlalchemy.engine import Connection, Engine

from switchboard.database.tables import mails
from switchboard.errors import MailFailed
from switchboard.mail.console import ConsoleMailer
from switchboard.mail.contract import Letter, Mailer
from switchboard.mail.file import FileMailer
from switchboard.mail.smtp import Server, SmtpMailer
from switchboard.settings import Settings

log = logging.getLogger(__name__)

FIRST_PAUSE = 30.0
LONGEST_PAUSE = 3600.0
GIVE_UP_AFTER = 3 * 24 * 3600.0

CLAIM_SECONDS = 120.0
"""For how long a mail is left to who tries to send it; longer than a mailer may take."""

AT_ONCE = 10
"""Mails sent in one go."""

CLAIM = text("""
    update switchboard.mails set tries = tries + 1, due_at = now() + make_interval(secs => :claim)
     where mail_id = (
        select mail_id from switchboard.mails where due_at <= now()
         order by due_at limit 1 for update skip locked)
    returning mail_id, recipient, subject, body, tries, extract(epoch from now() - created_at) as age
""")
SENT = text("""
    update switchboard.mails set sent_at = now(), due_at = null, error = null, body = '' where mail_id = :mail_id
""")
FAILED = text("""
    update switchboard.mails set error = :error, due_at = now() + make_interval(secs => :pause) where mail_id = :mail_id
""")
GIVEN_UP = text("update switchboard.mails set error = :error, due_at = null where mail_id = :mail_id")


@dataclass(frozen=True)
class Due:
    """A mail that is to be sent now."""

    mail_id: int
    recipient: str
    subject: str
    body: str
    tries: int
    age: float

    @property
    def pause(self) -> float:
        """Seconds until the next try."""
        return min(FIRST_PAUSE * 2.0 ** min(self.tries - 1, 30), LONGEST_PAUSE)


def queue_mail(
    connection: Connection, recipient: str, subject: str, body: str, conversation_id: str | None = None
) -> int:
    """Have a mail sent once the transaction is committed; returns its number."""
    values = {"recipient": recipient, "subject": subject, "body": body, "conversation_id": conversation_id}
    return int(connection.execute(insert(mails).values(values).returning(mails.c.mail_id)).scalar_one())


def send_due(engine: Engine, settings: Settings, mailer: Mailer | None = None) -> int:
    """Send what is due, at most `AT_ONCE`; returns how many mails went out.

    A mail may go out twice if this process ends between sending it and noting that, never not at all. Its text is
    forgotten once it is sent: the link in it opens a conversation. After a failure the rest waits for the next call.
    """
    sent = 0
    while sent < AT_ONCE and (due := _claim(engine)):
        mailer = mailer or make_mailer(settings)
        letter = Letter(due.mail_id, settings.mail_from, due.recipient, due.subject, due.body)
        try:
            mailer.send(letter)
        except MailFailed as error:
            _failed(engine, due, error)
            break
        _execute(engine, SENT, mail_id=due.mail_id)
        sent += 1
    return sent


def make_mailer(settings: Settings) -> Mailer:
    """What `MAIL` names.

    Raises:
        SettingsError: `SMTP_URL` can't be used.
    """
    if settings.mail == "smtp":
        return SmtpMailer(Server.parse(settings.smtp_url))
    return FileMailer(Path(settings.mail_folder)) if settings.mail == "file" else ConsoleMailer()


def _claim(engine: Engine) -> Due | None:
    with engine.begin() as connection:
        row = connection.execute(CLAIM, {"claim": CLAIM_SECONDS}).one_or_none()
        return Due(row.mail_id, row.recipient, row.subject, row.body, row.tries, float(row.age)) if row else None


def _failed(engine: Engine, due: Due, error: MailFailed) -> None:
    if error.for_good or due.age >= GIVE_UP_AFTER:
        log.error("Mail %d was given up after %d tries: %s", due.mail_id, due.tries, error)
        _execute(engine, GIVEN_UP, mail_id=due.mail_id, error=error.message)
    else:
        log.warning("Try %d to send mail %d failed: %s", due.tries, due.mail_id, error)
        _execute(engine, FAILED, mail_id=due.mail_id, error=error.message, pause=due.pause)


def _execute(engine: Engine, statement: object, **values: object) -> None:
    with engine.begin() as connection:
        connection.execute(statement, values)  # type: ignore[arg-type]

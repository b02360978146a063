"""The outbox: mails are rows until they are sent, so none is lost and nobody waits for a mail server."""

import logging
from pathlib import Path

from sqlalchemy import func, insert
from sqlalchemy.engine import Connection, Engine, Row

from switchboard.database import due
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

CLAIM_SECONDS = 120.0
"""For how long a mail is left to who tries to send it; longer than a mailer may take."""


def queue_mail(
    connection: Connection, recipient: str, subject: str, body: str, conversation_id: str | None = None
) -> int:
    """Have a mail sent once the transaction is committed; returns its number."""
    values = {"recipient": recipient, "subject": subject, "body": body, "conversation_id": conversation_id}
    return int(connection.execute(insert(mails).values(values).returning(mails.c.mail_id)).scalar_one())


def send_due(engine: Engine, settings: Settings, mailer: Mailer | None = None) -> int:
    """Send what is due, at most `due.AT_ONCE`; returns how many mails went out.

    A mail may go out twice if this process ends between sending it and noting that, never not at all. Its text is
    forgotten once it is sent: the link in it opens a conversation. After a failure the rest waits for the next call.
    """
    sent = 0
    while sent < due.AT_ONCE and (mail := _claim(engine)):
        mailer = mailer or make_mailer(settings)
        letter = Letter(mail.mail_id, settings.mail_from, mail.recipient, mail.subject, mail.body)
        try:
            mailer.send(letter)
        except MailFailed as error:
            _failed(engine, mail, error)
            break
        due.note(engine, mails, mail.mail_id, sent_at=func.now(), due_at=None, error=None, body="")
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


def _claim(engine: Engine) -> Row | None:
    with engine.begin() as connection:
        return due.claim(connection, mails, CLAIM_SECONDS)


def _failed(engine: Engine, mail: Row, error: MailFailed) -> None:
    if error.for_good or mail.age >= due.GIVE_UP_AFTER:
        log.error("Mail %d was given up after %d tries: %s", mail.mail_id, mail.tries, error)
        due.give_up(engine, mails, mail.mail_id, error.message)
    else:
        log.warning("Try %d to send mail %d failed: %s", mail.tries, mail.mail_id, error)
        due.try_again(engine, mails, mail.mail_id, error.message, _pause(mail.tries))


def _pause(tries: int) -> float:
    """Seconds until the next try."""
    return min(FIRST_PAUSE * 2.0 ** min(tries - 1, 30), LONGEST_PAUSE)

"""What a way of sending mails must do, and the letter it sends."""

from dataclasses import dataclass
from datetime import datetime, timezone
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Protocol

from switchboard.errors import MailFailed


@dataclass(frozen=True)
class Letter:
    """A mail in plain text.

    Attributes:
        mail_id: its number in the outbox; the same letter sent twice has the same.
        sender: our name and address, as in `MAIL_FROM`.
    """

    mail_id: int
    sender: str
    recipient: str
    subject: str
    body: str


class Mailer(Protocol):
    """A way of sending."""

    def send(self, letter: Letter) -> None:
        """Send it, in a limited time.

        Raises:
            MailFailed: it didn't go out.
        """


def compose(letter: Letter) -> EmailMessage:
    """The letter as RFC 5322 has it.

    Its `Message-ID` is the same at every try, so that a mail server can know one that comes twice, and answering
    machines are asked to keep silent (RFC 3834).

    Raises:
        MailFailed: an address or the subject can't stand in a mail.
    """
    try:
        return _compose(letter)
    except (ValueError, MessageError) as error:
        raise MailFailed(f"No mail can be made of it: {error}", for_good=True) from error


def _compose(letter: Letter) -> EmailMessage:
    name, address = parseaddr(letter.sender)
    sender = Address(name, addr_spec=address)
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = letter.recipient
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(datetime.now(timezone.utc))
    message["Message-ID"] = f"<switchboard-{letter.mail_id}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.body)
    return message

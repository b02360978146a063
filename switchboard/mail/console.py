"""Mails into the log: for trying things out on one machine."""

import logging

from switchboard.mail.contract import Letter

log = logging.getLogger(__name__)


class ConsoleMailer:
    """Writes letters into the log, the links in them too."""

    def send(self, letter: Letter) -> None:
        log.info("Mail to %s: %s\n%s", letter.recipient, letter.subject, letter.body)

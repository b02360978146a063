"""Mails into a folder, each a file that mail programs open: for tests and demonstrations."""

import os
from pathlib import Path

from switchboard.errors import MailFailed
from switchboard.mail.contract import Letter, compose


class FileMailer:
    """Writes each letter into a file of its own, readable by nobody else; the same letter twice is one file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, letter: Letter) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            unfinished = self.folder / f".{letter.mail_id}.{os.getpid()}"
            with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(compose(letter).as_bytes())
            unfinished.replace(self.folder / f"{letter.mail_id}.eml")
        except OSError as error:
            raise MailFailed(f"{error.strerror}: {self.folder}") from error

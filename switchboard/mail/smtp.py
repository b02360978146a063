"""Mails through a mail server (RFC 5321)."""

import smtplib
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from switchboard.errors import MailFailed, SettingsError
from switchboard.mail.contract import Letter, compose

TIMEOUT_SECONDS = 10.0
"""For each answer of the server."""

LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class Server:
    """A mail server.

    Attributes:
        tls: `start` for TLS from the first byte, `upgrade` for STARTTLS, `none`.
    """

    host: str
    port: int
    tls: str
    user: str = ""
    password: str = ""

    @classmethod
    def parse(cls, url: str) -> "Server":
        """From `SMTP_URL`. With `smtp://` TLS is insisted on, but for this machine or with `?tls=no`.

        Raises:
            SettingsError: it is no such address.
        """
        parts = urlsplit(url)
        try:
            host, port = parts.hostname, parts.port
        except ValueError:
            host = port = None
        if parts.scheme not in ("smtp", "smtps") or not host:
            raise SettingsError("SMTP_URL must be like smtp://user:password@host:587 or smtps://host.")
        start = parts.scheme == "smtps"
        open_line = host in LOOPBACK or parse_qs(parts.query).get("tls") == ["no"]
        tls = "start" if start else "none" if open_line else "upgrade"
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        if not (user + password).isascii():
            raise SettingsError("User and password in SMTP_URL must be ASCII: signing in knows nothing else.")
        return cls(host, port or (465 if start else 587), tls, user, password)


class SmtpMailer:
    """Sends each letter over a connection of its own.

    Args:
        server: where to.
        trust: which certificates are believed; None: those of the system.
        timeout: seconds for each answer of the server.
    """

    def __init__(self, server: Server, trust: ssl.SSLContext | None = None, timeout: float = TIMEOUT_SECONDS) -> None:
        self.server, self.timeout = server, timeout
        self.trust = trust or ssl.create_default_context()

    def send(self, letter: Letter) -> None:
        message = compose(letter)
        try:
            line = self._connect()
            try:
                line.send_message(message)
            finally:
                _part(line)
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            raise MailFailed(f"The recipient was refused: {codes}", for_good=min(codes) >= 500) from error
        except smtplib.SMTPResponseException as error:
            raise MailFailed(f"The mail server answered {error.smtp_code}: {_words(error)}") from error
        except (smtplib.SMTPException, OSError) as error:
            raise MailFailed(f"{type(error).__name__}: {error}") from error

    def _connect(self) -> smtplib.SMTP:
        server = self.server
        name = socket.gethostname()
        line: smtplib.SMTP
        if server.tls == "start":
            line = smtplib.SMTP_SSL(server.host, server.port, name, timeout=self.timeout, context=self.trust)
        else:
            line = smtplib.SMTP(server.host, server.port, name, timeout=self.timeout)
        try:
            if server.tls == "upgrade":
                line.starttls(context=self.trust)
            if server.user:
                line.login(server.user, server.password)
        except BaseException:
            line.close()
            raise
        return line


def _part(line: smtplib.SMTP) -> None:
    """Say goodbye; what was accepted before stays accepted, however that goes."""
    with suppress(smtplib.SMTPException, OSError):
        line.quit()
    line.close()


def _words(error: smtplib.SMTPResponseException) -> str:
    said = error.smtp_error
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)

"""A mail server on a free port that keeps what it is given (RFC 5321, as much as a client of ours needs)."""

import socket
import ssl
import subprocess
import threading
from base64 import b64decode
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

PAUSE_SECONDS = 30
"""How long a silent server keeps a client; longer than any test waits."""


class MailServer:
    """Takes mails.

    Attributes:
        answers: by command (`RCPT` say), what is answered instead of 250.
        silent: whether it says nothing at all.
        mails: what it has taken.
        logins: user and password of those who signed in.
        encrypted: for each mail whether it came over TLS.
    """

    def __init__(self, certificate: Path | None = None, tls: str = "none", **answers: str) -> None:
        self.tls, self.answers, self.silent = tls, answers, False
        self.mails: list[EmailMessage] = []
        self.logins: list[tuple[str, str]] = []
        self.encrypted: list[bool] = []
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if certificate:
            self._context.load_cert_chain(certificate)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._gone = threading.Event()

    def __enter__(self) -> "MailServer":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._gone.set()
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        if self.silent:
            self._gone.wait(PAUSE_SECONDS)
            return line.close()
        try:
            _Dialogue(self, line).run()
        except (OSError, ValueError):
            line.close()


class _Dialogue:
    """One client's connection."""

    def __init__(self, server: MailServer, line: socket.socket) -> None:
        self.server, self.encrypted = server, server.tls == "start"
        self._use(server._context.wrap_socket(line, server_side=True) if self.encrypted else line)

    def _use(self, line: socket.socket) -> None:
        self.line, self.file = line, line.makefile("rb")

    def run(self) -> None:
        self._say("220 here")
        while words := self.file.readline().decode().split():
            command = words[0].upper()
            if command in self.server.answers:
                self._say(self.server.answers[command])
            else:
                getattr(self, command.lower(), self._fine)(*words[1:])

    def _say(self, text: str) -> None:
        self.line.sendall(text.encode() + b"\r\n")

    def _fine(self, *_: Any) -> None:
        self._say("250 fine")

    def ehlo(self, *_: str) -> None:
        offers = ["AUTH PLAIN"] + ["STARTTLS"] * (self.server.tls == "upgrade" and not self.encrypted)
        lines = ["here", *offers]
        for offer in lines[:-1]:
            self._say(f"250-{offer}")
        self._say(f"250 {lines[-1]}")

    def starttls(self, *_: str) -> None:
        self._say("220 go on")
        self._use(self.server._context.wrap_socket(self.line, server_side=True))
        self.encrypted = True

    def auth(self, _: str, secret: str) -> None:
        _, user, password = b64decode(secret).decode().split("\0")
        self.server.logins.append((user, password))
        self._say("235 welcome")

    def data(self, *_: str) -> None:
        self._say("354 go on")
        lines = list(iter(self.file.readline, b".\r\n"))
        content = b"".join(line[1:] if line.startswith(b"..") else line for line in lines)
        self.server.mails.append(message_from_bytes(content, policy=policy.default))  # type: ignore[arg-type]
        self.server.encrypted.append(self.encrypted)
        self._say("250 taken")

    def quit(self, *_: str) -> None:
        self._say("221 goodbye")


def make_certificate(folder: Path) -> Path:
    """A certificate for 127.0.0.1 with its key, in one file, believed by nobody else."""
    path = folder / "server.pem"
    key, own = folder / "key.pem", folder / "own.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-days", "1"]
    subprocess.run([*command, *names, "-keyout", key, "-out", own], check=True, capture_output=True)
    path.write_bytes(key.read_bytes() + own.read_bytes())
    return path

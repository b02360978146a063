"""Whatever sends mails: a letter arrives as it was written, and nothing can be slipped into it."""

import logging
import ssl
from collections.abc import Callable, Iterator
from contextlib import suppress
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from switchboard.errors import MailFailed
from switchboard.mail.console import ConsoleMailer
from switchboard.mail.contract import Letter, Mailer
from switchboard.mail.file import FileMailer
from switchboard.mail.smtp import Server, SmtpMailer
from tests.mail_server import MailServer, make_certificate

LETTER = Letter(
    7, "Larkspur <help@larkspur.example>", "olivia@example.com", "Grüße: H7", "Hello,\n\n.a line\nfrom Sam – ✓\n"
)

Arrived = Callable[[], list[EmailMessage]]


@pytest.fixture(params=["file", "smtp"])
def way(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Mailer, Arrived]]:
    """A mailer, and what has come out at its other end."""
    if request.param == "file":
        yield FileMailer(tmp_path / "mails"), lambda: [_parsed(p) for p in sorted((tmp_path / "mails").glob("*.eml"))]
    else:
        with MailServer() as server:
            yield SmtpMailer(Server("127.0.0.1", server.port, "none")), lambda: server.mails


def _parsed(path: Path) -> EmailMessage:
    return message_from_bytes(path.read_bytes(), policy=policy.default)  # type: ignore[return-value]


class TestEveryMailer:
    def test_a_letter_arrives_as_it_was_written(self, way: tuple[Mailer, Arrived]) -> None:
        mailer, arrived = way

        mailer.send(LETTER)

        (mail,) = arrived()
        assert mail["From"] == "Larkspur <help@larkspur.example>"
        assert mail["To"] == "olivia@example.com"
        assert mail["Subject"] == "Grüße: H7"
        assert mail.get_content().replace("\r\n", "\n") == LETTER.body

    def test_the_same_letter_has_the_same_identity_at_every_try(self, way: tuple[Mailer, Arrived]) -> None:
        mailer, arrived = way

        mailer.send(LETTER)
        mailer.send(LETTER)

        assert {mail["Message-ID"] for mail in arrived()} == {"<switchboard-7@larkspur.example>"}

    def test_answering_machines_are_asked_to_keep_silent(self, way: tuple[Mailer, Arrived]) -> None:
        mailer, arrived = way

        mailer.send(LETTER)

        assert arrived()[0]["Auto-Submitted"] == "auto-generated"

    @pytest.mark.parametrize("field", ["recipient", "subject", "sender"])
    def test_no_header_can_be_slipped_in(self, way: tuple[Mailer, Arrived], field: str) -> None:
        mailer, arrived = way
        values = {**LETTER.__dict__, field: f"{getattr(LETTER, field)}\r\nBcc: everybody@example.com"}

        with suppress(MailFailed):
            mailer.send(Letter(**values))

        assert all(mail["Bcc"] is None for mail in arrived())


def test_the_console_shows_the_whole_letter(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        ConsoleMailer().send(LETTER)

    assert LETTER.body in caplog.text
    assert "olivia@example.com" in caplog.text


def test_mails_in_a_folder_are_nobody_elses_to_read(tmp_path: Path) -> None:
    FileMailer(tmp_path / "mails").send(LETTER)

    assert (tmp_path / "mails" / "7.eml").stat().st_mode & 0o077 == 0
    assert (tmp_path / "mails").stat().st_mode & 0o077 == 0


def test_a_folder_that_cannot_be_written_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "mails").write_text("a file is in the way")

    with pytest.raises(MailFailed):
        FileMailer(tmp_path / "mails").send(LETTER)


# Mail servers


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def trust(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate))


@pytest.mark.parametrize("tls", ["start", "upgrade"])
def test_a_line_is_encrypted_before_the_password_goes_over_it(
    certificate: Path, trust: ssl.SSLContext, tls: str
) -> None:
    with MailServer(certificate, tls) as server:
        SmtpMailer(Server("127.0.0.1", server.port, tls, "us er", "p:s/s"), trust).send(LETTER)

        assert (server.encrypted, server.logins) == ([True], [("us er", "p:s/s")])


@pytest.mark.parametrize("tls", ["start", "upgrade"])
def test_a_certificate_that_nobody_vouches_for_ends_it(certificate: Path, tls: str) -> None:
    with MailServer(certificate, tls) as server:
        with pytest.raises(MailFailed, match="CERTIFICATE_VERIFY_FAILED"):
            SmtpMailer(Server("127.0.0.1", server.port, tls, "user", "secret")).send(LETTER)

        assert (server.mails, server.logins) == ([], [])


def test_a_server_without_encryption_gets_nothing_where_it_is_asked_for() -> None:
    with MailServer() as server:
        with pytest.raises(MailFailed, match="STARTTLS"):
            SmtpMailer(Server("127.0.0.1", server.port, "upgrade", "user", "secret")).send(LETTER)

        assert (server.mails, server.logins) == ([], [])


@pytest.mark.parametrize(
    ("answers", "for_good"),
    [
        ({"RCPT": "550 no such mailbox"}, True),
        ({"RCPT": "450 mailbox busy"}, False),
        ({"MAIL": "451 not now"}, False),
        ({"AUTH": "535 wrong password"}, False),
        ({"DATA": "554 no"}, False),
    ],
)
def test_only_a_recipient_who_does_not_exist_is_hopeless(answers: dict[str, str], for_good: bool) -> None:
    with MailServer(**answers) as server, pytest.raises(MailFailed) as failed:
        SmtpMailer(Server("127.0.0.1", server.port, "none", "user", "secret")).send(LETTER)

    assert failed.value.for_good is for_good


def test_a_goodbye_that_goes_wrong_does_not_undo_a_mail_that_was_taken() -> None:
    with MailServer(QUIT="500 what?") as server:
        SmtpMailer(Server("127.0.0.1", server.port, "none")).send(LETTER)

        assert len(server.mails) == 1


def test_a_server_that_says_nothing_is_left() -> None:
    with MailServer() as server:
        server.silent = True
        with pytest.raises(MailFailed, match="timed out"):
            SmtpMailer(Server("127.0.0.1", server.port, "none"), timeout=0.2).send(LETTER)


def test_a_server_that_is_away_is_a_failure() -> None:
    with MailServer() as server:
        gone = server.port

    with pytest.raises(MailFailed, match="refused"):
        SmtpMailer(Server("127.0.0.1", gone, "none")).send(LETTER)

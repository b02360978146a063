"""`SMTP_URL`, and what it means for encryption."""

import pytest

from switchboard.errors import SettingsError
from switchboard.mail.smtp import Server


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example.com", Server("mail.example.com", 587, "upgrade")),
        ("smtp://mail.example.com:25", Server("mail.example.com", 25, "upgrade")),
        ("smtp://relay:1025?tls=no", Server("relay", 1025, "none")),
        ("smtp://localhost:1025", Server("localhost", 1025, "none")),
        ("smtps://mail.example.com", Server("mail.example.com", 465, "start")),
        ("smtps://me%40example.com:p%3Aw@mail.example.com:466", Server("mail.example.com", 466, "start", "me@example.com", "p:w")),
    ],
)  # fmt: skip
def test_an_address_says_where_and_how(url: str, server: Server) -> None:
    assert Server.parse(url) == server


@pytest.mark.parametrize(
    "url", ["", "mail.example.com", "https://mail.example.com", "smtp://", "smtp://host:port", "smtp://user:pä@host"]
)
def test_what_is_no_mail_server_is_refused(url: str) -> None:
    with pytest.raises(SettingsError):
        Server.parse(url)

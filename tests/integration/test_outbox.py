"""The outbox: no mail is lost, and each goes out once unless this process dies in between."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy.engine import Engine

from switchboard.database.due import AT_ONCE, claim
from switchboard.database.tables import mails
from switchboard.errors import MailFailed
from switchboard.mail.contract import Letter
from switchboard.mail.outbox import queue_mail, send_due
from switchboard.mail.postman import Postman
from switchboard.settings import Settings
from tests.mail_server import MailServer
from tests.talking import expect_pause, rows, wait_until


def write(engine: Engine, recipient: str = "olivia@example.com", body: str = "Hello!") -> int:
    with engine.begin() as connection:
        return queue_mail(connection, recipient, "Subject", body)


def by_smtp(settings: Settings, server: MailServer) -> Settings:
    return replace(settings, mail="smtp", smtp_url=f"smtp://127.0.0.1:{server.port}")


def due_now(engine: Engine) -> None:
    rows(engine, "update switchboard.mails set due_at = now() where due_at is not null")


class Failing:
    """A way of sending that never gets anything out."""

    def __init__(self, for_good: bool = False) -> None:
        self.for_good, self.tried = for_good, 0

    def send(self, letter: Letter) -> None:
        self.tried += 1
        raise MailFailed("away", self.for_good)


def test_what_is_queued_goes_out_once(settings: Settings, engine: Engine) -> None:
    with MailServer() as server:
        write(engine)

        assert [send_due(engine, by_smtp(settings, server)) for _ in range(2)] == [1, 0]

        (mail,) = server.mails
    assert (mail["To"], mail["From"], mail["Subject"]) == ("olivia@example.com", settings.mail_from, "Subject")
    assert rows(engine, "select sent_at is not null, due_at is null from switchboard.mails") == [(True, True)]


def test_nothing_goes_out_of_a_transaction_that_was_rolled_back(settings: Settings, engine: Engine) -> None:
    with pytest.raises(ZeroDivisionError), engine.begin() as connection:
        queue_mail(connection, "olivia@example.com", "Subject", "Hello!")
        raise ZeroDivisionError

    assert send_due(engine, settings) == 0


def test_the_text_is_forgotten_once_it_is_sent(settings: Settings, engine: Engine) -> None:
    write(engine, body="the link opens a conversation")

    send_due(engine, settings)

    assert rows(engine, "select body from switchboard.mails") == [("",)]


def test_a_failed_mail_waits_longer_and_longer(settings: Settings, engine: Engine) -> None:
    write(engine)

    for seconds in (30, 60, 120, 240, 480, 960, 1920, 3600, 3600):
        due_now(engine)
        expect_pause(
            engine, seconds, lambda: send_due(engine, settings, Failing()), "select due_at from switchboard.mails"
        )

    assert rows(engine, "select tries, error from switchboard.mails") == [(9, "away")]


def test_a_failure_lets_the_others_wait_for_the_next_round(settings: Settings, engine: Engine) -> None:
    write(engine), write(engine)
    failing = Failing()

    assert send_due(engine, settings, failing) == 0
    assert failing.tried == 1


def test_after_days_a_mail_is_given_up(settings: Settings, engine: Engine) -> None:
    write(engine)
    rows(engine, "update switchboard.mails set created_at = now() - interval '73 hours'")

    send_due(engine, settings, Failing())

    assert rows(engine, "select due_at, sent_at, error from switchboard.mails") == [(None, None, "away")]


def test_a_recipient_who_does_not_exist_is_given_up_at_once(settings: Settings, engine: Engine) -> None:
    with MailServer(RCPT="550 no such mailbox") as server:
        write(engine)
        send_due(engine, by_smtp(settings, server))

    assert rows(engine, "select due_at, tries from switchboard.mails") == [(None, 1)]


def test_a_mail_whose_sender_died_is_sent_by_another(settings: Settings, engine: Engine) -> None:
    class Dying:
        def send(self, letter: Letter) -> None:
            raise KeyboardInterrupt

    write(engine)
    with pytest.raises(KeyboardInterrupt):
        send_due(engine, settings, Dying())

    assert send_due(engine, settings) == 0, "it is left to who has it for a while"
    due_now(engine)
    assert send_due(engine, settings) == 1


def test_a_mail_that_is_being_taken_is_left_alone(settings: Settings, engine: Engine) -> None:
    write(engine, "first@example.com"), write(engine, "second@example.com")
    with MailServer() as server, ThreadPoolExecutor() as pool, engine.begin() as taking:
        claim(taking, mails, 60)

        assert pool.submit(send_due, engine, by_smtp(settings, server)).result(timeout=10) == 1
        assert [mail["To"] for mail in server.mails] == ["second@example.com"]


def test_two_who_send_at_once_send_each_mail_once(settings: Settings, engine: Engine) -> None:
    for number in range(2 * AT_ONCE):
        write(engine, f"customer{number}@example.com")
    with MailServer() as server, ThreadPoolExecutor() as pool:
        together = Barrier(2)

        def send() -> int:
            together.wait()
            return send_due(engine, by_smtp(settings, server))

        sent = sum(each.result() for each in [pool.submit(send) for _ in range(2)])
        recipients = [mail["To"] for mail in server.mails]

    assert sent == len(recipients) == len(set(recipients)) == 2 * AT_ONCE


def test_the_postman_goes_his_rounds(settings: Settings, engine: Engine, tmp_path: Path) -> None:
    postman = Postman(replace(settings, mail="file", mail_folder=str(tmp_path)), engine)
    postman.start()
    number = write(engine, body="Hello!")
    wait_until((tmp_path / f"{number}.eml").exists)
    postman.stop()

    mail = message_from_bytes((tmp_path / f"{number}.eml").read_bytes(), policy=policy.default)
    assert mail.get_content().strip() == "Hello!"  # type: ignore[attr-defined]

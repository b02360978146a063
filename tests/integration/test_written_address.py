"""An e-mail address that a customer writes in the chat while they wait for people, on whatever channel."""

from dataclasses import replace

import pytest
from sqlalchemy.engine import Engine

from switchboard.conversations.saying import say as reply
from switchboard.mail.replies import queue_replies
from switchboard.routing.words import answered_by_mail
from switchboard.settings import Settings
from switchboard.turns.addresses import keep_written_address
from switchboard.turns.commit import PASSED_ON
from tests.talking import give, hire, messages, rows, say, start, turn, worker

ATTEMPTS = """
    insert into switchboard.attempts (kind, subject, detail)
    select :kind, :subject, n::text from generate_series(1, 5) n
"""
TOLD = answered_by_mail("a…@example.com")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, link_secret="a secret for links")


@pytest.fixture
def waiting(engine: Engine) -> str:
    """Who has written one message, to the assistant, and waits in a queue."""
    conversation = start(engine)
    say(engine, conversation, "a person please, I am kim@example.com")
    worker(engine, turn("One moment.", handoff={"reason": "asked_for_a_person"})).work_once()
    return conversation


def write(engine: Engine, settings: Settings, conversation: str, words: str) -> None:
    """A message that people are to answer."""
    say(engine, conversation, words)
    assert worker(engine, turn("unasked"), link_secret=settings.link_secret).work_once()


def left(engine: Engine) -> list[tuple[str, str]]:
    return rows(engine, "select conversation_id::text, email from switchboard.contacts")


def mails(engine: Engine) -> list[tuple[str]]:
    return rows(engine, "select recipient from switchboard.mails order by mail_id")


def told(engine: Engine, conversation: str) -> list[str]:
    return [each.text for each in messages(engine, conversation) if each.sender == "system"]


@pytest.mark.parametrize(
    "words", ["my address is Ana@example.com.", "ana@example.com", "mail: <ana@example.com>, thanks"]
)
def test_it_is_kept_and_confirmed_and_the_customer_is_told(
    engine: Engine, settings: Settings, waiting: str, words: str
) -> None:
    write(engine, settings, waiting, words)

    assert left(engine) == [(waiting, "ana@example.com")]
    assert mails(engine) == [("ana@example.com",)]
    assert told(engine, waiting) == [PASSED_ON, TOLD]


def test_it_is_told_once_and_what_was_left_before_stays(engine: Engine, settings: Settings, waiting: str) -> None:
    for words in ("ana@example.com", "ana@example.com", "my boss is kim@example.com"):
        write(engine, settings, waiting, words)

    assert left(engine) == [(waiting, "ana@example.com")]
    assert mails(engine) == [("ana@example.com",)]
    assert told(engine, waiting) == [PASSED_ON, TOLD]


@pytest.mark.parametrize(
    "words", ["hello", "ana@example", "ana@example..com", "@ana on the web", f"{'a' * 65}@example.com", ""]
)
def test_what_is_no_address_is_not_kept(engine: Engine, settings: Settings, waiting: str, words: str) -> None:
    with engine.begin() as connection:
        keep_written_address(connection, settings, waiting, words)

    assert (left(engine), mails(engine), told(engine, waiting)) == ([], [], [])


def test_the_first_that_is_an_address_is_kept(engine: Engine, settings: Settings, waiting: str) -> None:
    write(engine, settings, waiting, f"{'a' * 65}@example.com or ana@example.com or kim@example.com")

    assert left(engine) == [(waiting, "ana@example.com")]


def test_to_an_agent_it_is_only_said(engine: Engine, settings: Settings, waiting: str) -> None:
    give(engine, waiting, hire(engine, "Sam", "support"))

    write(engine, settings, waiting, "ana@example.com")

    assert (left(engine), mails(engine), told(engine, waiting)) == ([], [], [])


def test_an_agents_reply_goes_there(engine: Engine, settings: Settings, waiting: str) -> None:
    write(engine, settings, waiting, "ana@example.com")
    sam = hire(engine, "Sam", "support")
    give(engine, waiting, sam)
    with engine.begin() as connection:
        reply(connection, waiting, sam, "It is on its way.", "one")
    rows(engine, "update switchboard.messages set created_at = now() - interval '1 minute'")

    with engine.begin() as connection:
        assert queue_replies(connection, settings) == 1

    assert mails(engine) == [("ana@example.com",)] * 2


def test_a_stranger_is_not_flooded_with_confirmations(engine: Engine, settings: Settings, waiting: str) -> None:
    rows(engine, ATTEMPTS, kind="confirmation", subject="ana@example.com")

    write(engine, settings, waiting, "ana@example.com")

    assert (left(engine), mails(engine)) == ([(waiting, "ana@example.com")], [])


def test_a_limit_fails_no_turn(engine: Engine, settings: Settings, waiting: str) -> None:
    rows(engine, ATTEMPTS, kind="contact", subject=waiting)

    write(engine, settings, waiting, "ana@example.com")

    assert (left(engine), told(engine, waiting)) == ([], [PASSED_ON])
    assert messages(engine, waiting)[-2].outcome == "forwarded"

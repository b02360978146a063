"""An agent's answer reaches a customer who has left: by mail, once, and only if they haven't read it."""

import re
from dataclasses import replace

import pytest
from sqlalchemy.engine import Engine

from switchboard.conversations import accept, contacts, saying, visits
from switchboard.conversations.forgetting import forget
from switchboard.errors import Unauthorized
from switchboard.mail.replies import queue_replies
from switchboard.settings import Settings
from tests.talking import call, give, hire, rows, say, start

SECRET = "a secret for links"


@pytest.fixture
def held(engine: Engine) -> str:
    """A conversation that Sam has, whose customer left an address."""
    conversation = start(engine)
    say(engine, conversation, "a person, please")
    call(engine, conversation)
    give(engine, conversation, hire(engine, "Sam"))
    with engine.begin() as connection:
        contacts.leave(connection, conversation, "olivia@example.com")
    return conversation


def answers(engine: Engine, conversation: str, words: str, seconds_ago: int = 60) -> int:
    (agent,) = rows(engine, "select max(agent_id) from switchboard.agents")[0]
    with engine.begin() as connection:
        seq = saying.say(connection, conversation, agent, words, words)
    earlier = "created_at = now() - make_interval(secs => :seconds)"
    rows(engine, f"update switchboard.messages set {earlier} where seq = :seq", seconds=seconds_ago, seq=seq)
    return seq


def looked(engine: Engine, conversation: str, seconds_ago: int) -> None:
    with engine.begin() as connection:
        visits.looked(connection, conversation)
    rows(engine, "update switchboard.visits set seen_at = now() - make_interval(secs => :ago)", ago=seconds_ago)


def sweep(engine: Engine, **settings: str) -> list[tuple[str, str]]:
    """Subject and text of the mails that are written now."""
    with engine.begin() as connection:
        queue_replies(connection, Settings(**settings))  # type: ignore[arg-type]
    return rows(engine, "select subject, body from switchboard.mails order by mail_id")


def test_all_that_was_said_is_one_mail_with_the_agents_name(engine: Engine, held: str) -> None:
    answers(engine, held, "Your order is on its way.")
    answers(engine, held, "Anything else?")

    ((subject, body),) = sweep(engine)

    assert re.fullmatch(r"Larkspur: Sam has answered your request H\d+", subject)
    assert body.index("Your order is on its way.") < body.index("Anything else?")
    assert rows(engine, "select recipient, conversation_id::text from switchboard.mails") == [
        ("olivia@example.com", held)
    ]


def test_a_message_is_mailed_once(engine: Engine, held: str) -> None:
    answers(engine, held, "first")
    sweep(engine)
    answers(engine, held, "second")

    _, (_, body) = sweep(engine)

    assert "second" in body
    assert "first" not in body
    assert len(sweep(engine)) == 2


def test_nothing_is_mailed_while_the_customer_looks(engine: Engine, held: str) -> None:
    answers(engine, held, "hello")
    looked(engine, held, seconds_ago=30)
    assert sweep(engine) == []

    looked(engine, held, seconds_ago=90)
    assert len(sweep(engine)) == 1


def test_nothing_is_mailed_that_the_customer_has_read(engine: Engine, held: str) -> None:
    seq = answers(engine, held, "hello")
    with engine.begin() as connection:
        visits.has_read(connection, held, seq)

    assert sweep(engine) == []


def test_who_claims_to_have_read_the_future_still_gets_it_by_mail(engine: Engine, held: str) -> None:
    answers(engine, held, "hello")
    with engine.begin() as connection:
        visits.has_read(connection, held, 999_999_999)
    answers(engine, held, "and another thing")

    ((_, body),) = sweep(engine)
    assert "and another thing" in body


def test_an_agent_who_is_still_writing_is_waited_for(engine: Engine, held: str) -> None:
    answers(engine, held, "first")
    answers(engine, held, "second", seconds_ago=5)

    assert sweep(engine) == []


def test_what_was_said_before_the_address_was_left_is_not_mailed(engine: Engine) -> None:
    conversation = start(engine)
    say(engine, conversation, "a person, please")
    call(engine, conversation)
    give(engine, conversation, hire(engine, "Sam"))
    answers(engine, conversation, "hello")
    with engine.begin() as connection:
        contacts.leave(connection, conversation, "olivia@example.com")

    assert sweep(engine) == []


def test_the_bots_words_are_not_mailed(engine: Engine, held: str) -> None:
    with engine.begin() as connection:
        saying.tell(connection, held, "Sam has joined the conversation.")

    assert sweep(engine) == []


def test_the_mails_link_opens_this_conversation_and_no_other(engine: Engine, held: str) -> None:
    answers(engine, held, "hello")
    settings = Settings(link_secret=SECRET, public_url="https://shop.example/help/")

    ((_, body),) = sweep(engine, link_secret=SECRET, public_url="https://shop.example/help/")

    token = re.search(r"^https://shop\.example/help/#chat=(\S+)$", body, re.MULTILINE)[1]  # type: ignore[index]
    with engine.begin() as connection:
        assert accept.check_token(connection, settings, held, token)
        with pytest.raises(Unauthorized):
            accept.check_token(connection, settings, start(engine), token)
        with pytest.raises(Unauthorized):
            accept.check_token(connection, replace(settings, link_secret="another"), held, token)


def test_without_a_secret_the_link_leads_to_the_page_alone(engine: Engine, held: str) -> None:
    answers(engine, held, "hello")

    ((_, body),) = sweep(engine, public_url="https://shop.example")

    assert "\nhttps://shop.example\n" in body


def test_what_has_served_its_purpose_is_forgotten(engine: Engine) -> None:
    for age in ("1 hour", "25 hours"):
        rows(
            engine,
            f"insert into switchboard.attempts (kind, subject, created_at) values ('code', '{age}', now() - interval '{age}')",
        )
    for age, due in (("2 days", "null"), ("40 days", "null"), ("41 days", "now()")):
        rows(
            engine,
            "insert into switchboard.mails (recipient, subject, body, created_at, due_at) "
            f"values ('a@example.com', '{age}', '', now() - interval '{age}', {due})",
        )
    with engine.begin() as connection:
        forget(connection)
    assert rows(engine, "select subject from switchboard.attempts") == [("1 hour",)]
    assert rows(engine, "select subject from switchboard.mails order by mail_id") == [("2 days",), ("41 days",)]

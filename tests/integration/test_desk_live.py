"""What reaches an open desk by itself, also from another web process."""

from collections.abc import Iterator
from datetime import datetime
from itertools import takewhile
from typing import Any

import pytest
from sqlalchemy.engine import Engine

from switchboard.conversations.changes import announce_typing
from tests.database_fixtures import execute
from tests.deskwork import Desk, hire_with_password, signed_in, until
from tests.servers import Web
from tests.talking import call, give, rows, say, start

SOMETHING_CHANGED = "select pg_notify('switchboard_desk', '')"


def waiting(engine: Engine) -> str:
    conversation = start(engine)
    say(engine, conversation, "I want a person")
    call(engine, conversation)
    rows(engine, SOMETHING_CHANGED)
    return conversation


def test_a_desk_is_told_how_many_wait(web, engine, sam):
    with signed_in(web.url).events() as news:
        assert until(news, "inbox")["counts"]["waiting"] == 0
        waiting(engine)
        assert until(news, "inbox", lambda told: told["counts"]["waiting"])["counts"]["all"] == 1


def test_what_happens_through_one_process_is_told_by_another(settings, web, engine, sam):
    conversation = waiting(engine)
    with Web(settings) as other, signed_in(other.url).events(conversation=conversation) as news:
        until(news, "inbox")
        assert signed_in(web.url).do(conversation, "take").status_code == 200
        told = until(news, "conversation", lambda told: told["holder"] == "agent")
        assert (told["agent_id"], told["last_seq"]) == (sam, 2)


def test_a_desk_is_told_how_its_conversation_stands_when_it_begins_to_listen(web, engine, sam):
    conversation = waiting(engine)
    with signed_in(web.url).events(conversation=conversation) as news:
        standing = {"last_seq": 1, "holder": "queue", "agent_id": None, "priority": "normal", "due": ""}
        assert until(news, "conversation") == standing


PROMISE = """
    insert into switchboard.sla_timers (handoff_id, kind, warn_at, due_at)
    select handoff_id, 'next_response', now(), now() + interval '5 min' from switchboard.handoffs
     where conversation_id = :id returning due_at
"""


def test_a_desk_is_told_when_something_else_is_promised_in_the_conversation_it_has_open_and_once(web, engine, sam):
    conversation, other = waiting(engine), waiting(engine)
    with signed_in(web.url).events(conversation=conversation) as news:
        until(news, "conversation"), until(news, "inbox")
        [(due,)] = rows(engine, PROMISE, id=conversation)
        rows(engine, SOMETHING_CHANGED)
        told = until(news, "conversation", lambda told: told["due"])
        assert datetime.fromisoformat(told["due"]) == due
        rows(engine, PROMISE, id=other)
        for _ in range(2):
            rows(engine, SOMETHING_CHANGED)
            assert next(news)[0] == "inbox"


def test_an_agent_who_is_given_a_conversation_is_told(web, engine, sam):
    hire_with_password(engine, "Kim", "support")
    conversation = waiting(engine)
    with signed_in(web.url).events() as sams, signed_in(web.url, "Kim").events() as kims:
        until(sams, "inbox"), until(kims, "inbox")
        give(engine, conversation, sam)
        rows(engine, SOMETHING_CHANGED)
        title = f"Visitor {conversation[:4]}"
        assert until(sams, "assigned") == {"conversation_id": conversation, "title": title}
        rows(engine, SOMETHING_CHANGED)
        assert [next(kims)[0] for _ in range(2)] == ["inbox", "inbox"]


def test_typing_is_seen_both_ways_and_never_ones_own(web, engine, sam):
    hire_with_password(engine, "Dana", role="supervisor")
    conversation = waiting(engine)
    give(engine, conversation, sam)
    desk = signed_in(web.url)
    with (
        desk.events(conversation=conversation) as sams,
        signed_in(web.url, "Dana").events(conversation=conversation) as danas,
    ):
        until(sams, "inbox"), until(danas, "inbox")
        desk.do(conversation, "typing")
        assert until(danas, "typing")["name"] == "Sam"
        with engine.begin() as connection:
            announce_typing(connection, conversation, "customer")
        assert until(sams, "typing")["who"] == "customer"


def test_a_desk_hears_nothing_of_its_conversation_while_that_is_another_teams(web, engine, sam, dana):
    conversation = waiting(engine)
    with signed_in(web.url).events(conversation=conversation) as news:
        until(news, "conversation"), until(news, "inbox")
        assert dana.do(conversation, "transfer", team="billing").status_code == 200
        say(engine, conversation, "Here is my bank account")
        with engine.begin() as connection:
            announce_typing(connection, conversation, "customer")
        give(engine, waiting(engine), sam)
        assert heard_before(news, "assigned") <= {"inbox"}
        assert dana.do(conversation, "transfer", team="support").status_code == 200
        assert until(news, "conversation")["holder"] == "queue"


def heard_before(news: Iterator[tuple[str, Any]], name: str) -> set[str]:
    """What a desk is told until it is told this."""
    return {told for told, _ in takewhile(lambda event: event[0] != name, news)}


def test_supervisors_are_told_of_broken_promises_once(web, engine, sam):
    hire_with_password(engine, "Dana", role="supervisor")
    conversation = waiting(engine)
    with signed_in(web.url, "Dana").events() as danas:
        until(danas, "inbox")
        rows(
            engine,
            "insert into switchboard.sla_timers (handoff_id, kind, warn_at, due_at, warned_at, breached_at)"
            " select handoff_id, 'first_response', now(), now(), now(), now() from switchboard.handoffs",
        )
        rows(engine, SOMETHING_CHANGED)
        told = until(danas, "alert")
        assert told == {"text": "Support: the first response is late.", "conversation_id": conversation}
        for _ in range(2):
            rows(engine, SOMETHING_CHANGED)
            assert next(danas)[0] == "inbox"


DROP = """
    select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
"""


def test_an_open_desk_hears_news_after_the_database_dropped_its_connections(web, engine, sam):
    conversation = waiting(engine)
    with signed_in(web.url).events(conversation=conversation) as news:
        until(news, "inbox")
        rows(engine, DROP)
        say(engine, conversation, "anybody there?")
        assert until(news, "conversation", lambda told: told["last_seq"] == 2)
        waiting(engine)
        assert until(news, "inbox", lambda told: told["counts"]["waiting"] == 2)


def test_a_desk_comes_back_after_the_database_was_away(web, engine, postgres, sam):
    name, desk = engine.url.database, signed_in(web.url)
    with desk.events(conversation=waiting(engine)) as news:
        until(news, "inbox")
        execute(postgres, f"alter database {name} with allow_connections false")
        execute(postgres, f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'")
    assert desk.get("/desk/events").status_code == 503
    execute(postgres, f"alter database {name} with allow_connections true")
    with desk.events() as news:
        assert until(news, "inbox")["counts"]["waiting"] == 1
        waiting(engine)
        assert until(news, "inbox", lambda told: told["counts"]["waiting"] == 2)


@pytest.mark.parametrize("conversation", ["abc", "00000000-0000-0000-0000-000000000000"])
def test_nobody_listens_to_a_conversation_that_is_not_there(web, sam, conversation):
    assert signed_in(web.url).get("/desk/events", params={"conversation": conversation}).status_code == 404


def test_nobody_listens_without_signing_in(web, sam):
    assert Desk(web.url).get("/desk/events").status_code == 401

"""Whoever writes through the link of a mail has shown nothing by having it, and goes on with nothing that was begun."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import httpx
import jwt
import pytest
from sqlalchemy.engine import Engine

from switchboard.conversations.dead_letters import replay
from switchboard.conversations.links import sign
from switchboard.crm.sql import SqlCrm
from switchboard.errors import NotByLink
from switchboard.identity.checking import Identity
from switchboard.identity.levels import load_levels
from switchboard.settings import Settings
from tests.servers import Web
from tests.talking import call, messages, rows, turn, worker

SECRET = "shared with the shop's own site, and long enough"

OLIVIA = ("12345", "olivia.bennett@example.com")


class Chat:
    """A conversation that can be written in with its own token and with a link's."""

    def __init__(self, web: Web, settings: Settings, engine: Engine) -> None:
        started = httpx.post(f"{web.url}/api/conversations").json()
        self.id, self.engine, self.url = started["conversation_id"], engine, web.url
        self.own, self.link = started["token"], sign(settings.link_secret, self.id)
        self.resumes: list[Any] = []
        self.identity = Identity(settings, engine, SqlCrm(engine), load_levels(settings))

    def say(self, words: str, token: str) -> None:
        """Say it, and have it dealt with."""
        self.post(words, token)
        assert worker(self.engine, self._answer).work_once()

    def post(self, words: str, token: str) -> None:
        body = {"client_message_id": str(uuid4()), "text": words}
        headers = {"Authorization": f"Bearer {token}"}
        httpx.post(f"{self.url}/api/conversations/{self.id}/messages", json=body, headers=headers).raise_for_status()

    def shows(self) -> None:
        self.identity.knows_order(self.id, *OLIVIA)

    def vouch(self, token: str, secret: str = SECRET) -> int:
        """Let the site say that it is Olivia; returns the answer's status."""
        now = int(time.time())
        [(customer,)] = rows(self.engine, "select customer_id::text from shop.customers where email = :e", e=OLIVIA[1])
        word = jwt.encode({"sub": customer, "aud": "switchboard", "iat": now, "exp": now + 60}, secret, "HS256")
        headers = {"Authorization": f"Bearer {token}"}
        said = httpx.post(f"{self.url}/api/conversations/{self.id}/identity", json={"token": word}, headers=headers)
        return said.status_code

    @property
    def is_known(self) -> bool:
        return self.identity.customer(self.id) is not None

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.resumes.append(json.loads(request.content)["resume"])
        return httpx.Response(200, json=turn("Hello!"))


@pytest.fixture
def chat(settings: Settings, engine: Engine) -> Iterator[Chat]:
    settings = replace(settings, link_secret="a secret for links", identity_secret=SECRET)
    with Web(settings) as web:
        yield Chat(web, settings, engine)


def test_who_has_only_a_link_is_nobody_and_begins_anew(chat: Chat) -> None:
    chat.say("hello", chat.own)
    chat.shows()

    chat.say("cancel my order", chat.link)

    assert not chat.is_known
    assert chat.resumes == [None, {"slots": {}}]


def test_through_a_link_nobody_can_show_who_they_are_and_the_chat_goes_on_where_it_began(chat: Chat) -> None:
    chat.say("cancel order 12345, I'm olivia.bennett@example.com", chat.link)
    with pytest.raises(NotByLink):
        chat.shows()
    assert chat.vouch(chat.link) == 403
    assert not chat.is_known

    chat.say("hello?", chat.own)

    chat.shows()
    assert chat.is_known
    assert chat.resumes == [{"slots": {}}, {"slots": {}}]


def test_a_turn_that_is_tried_again_begins_anew_once(chat: Chat) -> None:
    chat.say("hello", chat.link)
    down: list[int] = [503]

    def away_first(request: httpx.Request) -> httpx.Response:
        return httpx.Response(down.pop()) if down else chat._answer(request)

    chat.post("hello", chat.own)
    working = worker(chat.engine, away_first)
    working.work_once()
    chat.shows()
    rows(chat.engine, "update switchboard.conversations set claimable_at = now() where claimable_at is not null")
    working.work_once()

    assert chat.is_known
    assert chat.resumes[1:] == [{"slots": {}}]
    assert [each.outcome for each in messages(chat.engine, chat.id) if each.sender == "customer"] == ["answered"] * 2


def test_so_is_who_leaves_an_address_and_a_message_through_it(chat: Chat) -> None:
    chat.say("hello", chat.own)
    chat.shows()
    call(chat.engine, chat.id, "orders")
    left = {"email": "olivia@example.com", "message": "it's me"}
    headers = {"Authorization": f"Bearer {chat.link}"}
    httpx.post(f"{chat.url}/api/conversations/{chat.id}/contact", json=left, headers=headers).raise_for_status()

    assert worker(chat.engine, turn("unasked")).work_once()

    assert not chat.is_known


def test_a_sites_word_goes_on_with_nothing_that_was_begun_by_a_link(chat: Chat) -> None:
    chat.say("cancel my order", chat.link)

    assert chat.vouch(chat.own) == 200
    chat.say("hello?", chat.own)

    assert chat.is_known
    assert chat.resumes == [{"slots": {}}, {"slots": {}}]


def test_a_sites_word_waits_while_a_link_is_being_answered(chat: Chat) -> None:
    refused: list[int] = []

    def meanwhile(request: httpx.Request) -> httpx.Response:
        refused.append(chat.vouch(chat.own))
        return chat._answer(request)

    chat.post("hello", chat.link)
    assert worker(chat.engine, meanwhile).work_once()

    said = [(each.text, each.outcome) for each in messages(chat.engine, chat.id)]
    assert said == [("hello", "answered"), ("Hello!", None)]
    assert refused == [503]
    assert chat.vouch(chat.own) == 200


def test_what_comes_both_ways_is_gathered_into_a_turn_for_each(chat: Chat) -> None:
    for words, token in (("yes", chat.own), ("do it", chat.own), ("hello", chat.link), ("who are you?", chat.link)):
        chat.post(words, token)
    working = worker(chat.engine, chat._answer, gather_seconds=1)

    while working.work_once():
        pass

    assert chat.resumes == [None, {"slots": {}}]
    answered = [each.in_reply_to for each in messages(chat.engine, chat.id) if each.sender == "bot"]
    assert answered == [2, 4]


def test_a_failed_message_that_is_run_again_begins_anew_too(chat: Chat) -> None:
    chat.say("hello", chat.own)
    chat.post("hello", chat.link)
    assert worker(chat.engine, lambda _: httpx.Response(500), max_tries=1).work_once()
    with chat.engine.begin() as connection:
        replay(connection, chat.id, 3)

    assert worker(chat.engine, chat._answer).work_once()

    assert chat.resumes == [None, {"slots": {}}]


def test_a_bad_word_through_a_link_takes_nothing_from_the_customer(chat: Chat) -> None:
    chat.say("hello", chat.own)
    chat.shows()

    assert chat.vouch(chat.link, secret="another secret that is long enough as well") == 403

    assert chat.is_known


def test_it_is_so_too_while_people_have_the_conversation(chat: Chat) -> None:
    chat.say("hello", chat.own)
    chat.shows()
    call(chat.engine, chat.id, "orders")

    chat.say("it's me", chat.link)

    assert not chat.is_known

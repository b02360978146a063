"""The customers' calls around the people they talk with, and what they are told about them."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy.engine import Engine

from switchboard.conversations import holder, saying
from switchboard.conversations.changes import TYPING, announce_typing
from switchboard.conversations.links import sign
from switchboard.database.listen import Listener
from switchboard.settings import Settings
from tests.servers import Web
from tests.talking import call, give, hire, rows, turn, wait_until, worker
from tests.teams import teams_of

SECRET = "a secret for links"

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class Chat:
    """A customer, over HTTP."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http
        started = http.post("/api/conversations", json={}).json()
        self.id, self.token = started["conversation_id"], started["token"]

    def post(self, name: str, body: Any = None, token: str | None = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token or self.token}"}
        return self.http.post(f"/api/conversations/{self.id}/{name}", json=body, headers=headers)

    def say(self, words: str) -> int:
        return int(self.post("messages", {"client_message_id": str(uuid4()), "text": words}).json()["seq"])

    def read(self, after: int = 0) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = self.http.get(f"/api/conversations/{self.id}/messages?after={after}", headers=headers)
        return dict(answer.json())

    def said(self) -> list[tuple[str, str]]:
        return [(each["sender"], each["text"]) for each in self.read()["messages"]]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, link_secret=SECRET)


@pytest.fixture
def chat(settings: Settings) -> Iterator[Chat]:
    with Web(settings) as web, httpx.Client(base_url=web.url) as http:
        yield Chat(http)


@pytest.fixture
def waiting(chat: Chat, engine: Engine) -> Chat:
    """A conversation that waits for the support team."""
    chat.say("a person, please")
    worker(engine, turn("One moment.")).work_once()
    call(engine, chat.id)
    return chat


@pytest.fixture
def held(waiting: Chat, engine: Engine) -> Chat:
    """A conversation that Sam has."""
    give(engine, waiting.id, hire(engine, "Sam", "support"))
    return waiting


def refused(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["code"]


# What customers are told


def test_who_waits_is_told_the_place_and_the_reference(waiting: Chat, engine: Engine) -> None:
    (number,) = rows(engine, "select handoff_id from switchboard.handoffs")[0]

    state = waiting.read()

    assert (state["holder"], state["team"], state["agent"]) == ("queue", "support", None)
    assert state["place"] == {"position": 1, "expected_seconds": None}
    assert (state["open"], state["opens_at"], state["reference"]) == (True, None, f"H{number}")


def test_the_place_gets_better_as_others_are_served(waiting: Chat, engine: Engine) -> None:
    later = Chat(waiting.http)
    later.say("me too")
    call(engine, later.id)
    assert later.read()["place"]["position"] == 2

    give(engine, waiting.id, hire(engine))

    assert later.read()["place"]["position"] == 1


@pytest.mark.parametrize("in_days", [0, 3])
def test_who_waits_is_told_whether_the_team_is_there(
    settings: Settings, engine: Engine, tmp_path: Path, in_days: int
) -> None:
    today = datetime.now(timezone.utc).weekday()
    there = [DAYS[(today + in_days + more) % 7] for more in (0, 1)]
    (tmp_path / "teams.yml").write_text(teams_of(there))
    with Web(replace(settings, teams_file=str(tmp_path / "teams.yml"))) as web, httpx.Client(base_url=web.url) as http:
        chat = Chat(http)
        chat.say("hello")
        call(engine, chat.id)

        state = chat.read()

        hire(engine, "Sam", "support")
        wait_until(lambda: chat.read()["open"])
        with_sam = chat.read()

    assert state["open"] is (in_days == 0)
    assert (state["opens_at"] is None) is (in_days == 0)
    assert with_sam["opens_at"] is None


SERVED = """
    update switchboard.handoffs
       set created_at = now() - interval '1 h', first_assigned_at = now() - interval '1 h' + interval '2 min'
     where ended_at is not null
"""


def test_the_expected_wait_is_told_for_the_place_in_half_minutes(chat: Chat, engine: Engine) -> None:
    hire(engine, "Sam", "support")
    for _ in range(3):
        served = Chat(chat.http)
        served.say("a person, please")
        call(engine, served.id)
        served.post("close")
    rows(engine, SERVED)  # three came at once and were served at once: 40 s for each of three places
    call(engine, chat.id)
    later = Chat(chat.http)
    call(engine, later.id)

    assert chat.read()["place"] == {"position": 1, "expected_seconds": 60}
    assert later.read()["place"] == {"position": 2, "expected_seconds": 90}


def test_who_talks_with_a_person_is_told_their_name_and_nothing_about_queues(held: Chat) -> None:
    state = held.read()

    assert (state["holder"], state["agent"]) == ("agent", "Sam")
    assert (state["place"], state["open"], state["opens_at"]) == (None, None, None)


def test_events_and_transcript_tell_the_same_state(waiting: Chat) -> None:
    headers = {"Authorization": f"Bearer {waiting.token}"}
    with waiting.http.stream("GET", f"/api/conversations/{waiting.id}/events?after=2", headers=headers) as stream:
        lines = stream.iter_lines()
        assert next(lines) == "event: state"
        state = json.loads(next(lines).removeprefix("data: "))

    transcript = waiting.read()
    assert state == {name: transcript[name] for name in state}


def test_a_typing_agent_is_seen_until_they_stop_or_send(held: Chat, engine: Engine) -> None:
    for _ in range(2):
        with engine.begin() as connection:
            announce_typing(connection, held.id, "agent", "Sam")
        wait_until(lambda: held.read()["typing"] == "Sam")
        with engine.begin() as connection:
            announce_typing(connection, held.id, "agent", "Sam", typing=False)
        wait_until(lambda: held.read()["typing"] is None)


# Typing


def test_a_customers_typing_is_told_and_not_stored(held: Chat, settings: Settings) -> None:
    heard: list[str] = []
    listener = Listener(settings, TYPING, heard.append)
    listener.start()
    wait_until(lambda: heard == [""])

    for typing in (True, False):
        assert held.post("typing", {"typing": typing}).json() == {}

    wait_until(lambda: len(heard) == 3)
    listener.stop()
    told = {"conversation_id": held.id, "who": "customer", "name": ""}
    assert [json.loads(each) for each in heard[1:]] == [{**told, "typing": True}, {**told, "typing": False}]


# Going back


def test_who_waits_can_go_back_to_the_bot_which_then_answers(waiting: Chat, engine: Engine) -> None:
    assert waiting.post("back-to-bot").json() == {}
    waiting.say("hello again")
    worker(engine, turn("Hello!")).work_once()

    assert (waiting.read()["holder"], waiting.read()["place"]) == ("bot", None)
    assert [sender for sender, _ in waiting.said()] == ["customer", "bot", "system", "customer", "bot"]
    assert rows(engine, "select outcome from switchboard.handoffs") == [("cancelled",)]


def test_the_bot_goes_on_with_what_was_named(waiting: Chat, engine: Engine) -> None:
    waiting.say("It is about order 11111. Sorry, order #12345")
    waiting.post("back-to-bot")

    told = {"slots": {"order_number": "12345"}}
    assert rows(engine, "select resume from switchboard.conversations") == [(told,)]


def test_only_who_waits_can_go_back(chat: Chat, engine: Engine) -> None:
    assert refused(chat.post("back-to-bot")) == (409, "not_waiting")
    chat.say("a person, please")
    call(engine, chat.id)
    give(engine, chat.id, hire(engine))
    assert refused(chat.post("back-to-bot")) == (409, "not_waiting")
    chat.post("close")
    assert refused(chat.post("back-to-bot")) == (409, "not_waiting")


def test_cancelling_is_closing(waiting: Chat, engine: Engine) -> None:
    state = waiting.post("close").json()

    assert (state["holder"], state["place"]) == ("closed", None)
    assert rows(engine, "select outcome, ended_at is not null from switchboard.handoffs") == [("cancelled", True)]


def test_who_ends_a_conversation_that_an_agent_has_answered_has_had_their_answer(held: Chat, engine: Engine) -> None:
    ((sam,),) = rows(engine, "select agent_id from switchboard.agents")
    with engine.begin() as connection:
        saying.say(connection, held.id, sam, "It is on its way.", "1")

    held.post("close")

    assert rows(engine, "select outcome from switchboard.handoffs") == [("resolved",)]


# Ratings


def test_a_rating_is_kept_with_who_had_the_conversation_last(held: Chat, engine: Engine) -> None:
    held.post("close")

    assert held.post("rating", {"score": 4, "comment": "  Quick, but 4111 1111 1111 1111  "}).status_code == 200

    assert held.read()["rating"] == 4
    kept = rows(engine, "select score, comment, name from switchboard.ratings join switchboard.agents using (agent_id)")
    assert kept == [(4, "Quick, but [card ending in 1111]", "Sam")]


def test_the_bot_alone_is_rated_too_and_a_second_rating_replaces_the_first(chat: Chat, engine: Engine) -> None:
    chat.say("hello")
    worker(engine, turn("Hello!")).work_once()

    chat.post("rating", {"score": 1, "comment": "no"})
    chat.post("rating", {"score": 5, "comment": " "})

    assert rows(engine, "select score, comment, agent_id from switchboard.ratings") == [(5, None, None)]


def test_nothing_is_rated_before_somebody_has_replied(chat: Chat) -> None:
    chat.say("hello")

    assert refused(chat.post("rating", {"score": 5})) == (409, "nothing_to_rate")


@pytest.mark.parametrize("body", [{}, {"score": 0}, {"score": 6}, {"score": 4.5}, {"score": "5"}, {"score": None}])
def test_what_is_no_rating_is_refused(held: Chat, body: Any) -> None:
    assert refused(held.post("rating", body)) == (400, "bad_request")


def test_a_comment_has_an_end(held: Chat) -> None:
    assert refused(held.post("rating", {"score": 5, "comment": "x" * 2001})) == (413, "message_too_long")


# Leaving an address


def test_an_address_and_a_message_are_left_and_confirmed_by_mail(waiting: Chat, engine: Engine) -> None:
    left = waiting.post("contact", {"email": " olivia@example.com ", "message": "Where is my kettle?"})

    reference = left.json()["reference"]
    assert re.fullmatch(r"H\d+", reference)
    assert waiting.said()[-1] == ("customer", "Where is my kettle?")
    assert waiting.read()["contact"] == "o…@example.com"
    ((recipient, subject, body),) = rows(engine, "select recipient, subject, body from switchboard.mails")
    assert (recipient, reference in subject, reference in body) == ("olivia@example.com", True, True)
    assert f"/#chat={waiting.id}." in body
    assert "kettle" not in body


def test_the_same_address_again_is_no_second_mail(waiting: Chat, engine: Engine) -> None:
    body = {"email": "olivia@example.com", "message": "hello", "client_message_id": "one"}

    references = {waiting.post("contact", body).json()["reference"] for _ in range(2)}

    assert len(references) == 1
    assert waiting.said()[-1] == ("customer", "hello")
    assert rows(engine, "select count(*) from switchboard.mails") == [(1,)]
    assert [words for _, words in waiting.said()].count("hello") == 1


def test_an_address_cannot_be_changed_without_end(waiting: Chat) -> None:
    answers = [waiting.post("contact", {"email": f"customer{n}@example.com"}) for n in range(6)]

    assert [each.status_code for each in answers] == [200] * 5 + [429]


def test_a_stranger_is_not_flooded_with_confirmations(chat: Chat, engine: Engine) -> None:
    for _ in range(7):
        other = Chat(chat.http)
        other.say("hello")
        call(engine, other.id)
        assert other.post("contact", {"email": "Stranger@example.com"}).status_code == 200

    assert rows(engine, "select count(*) from switchboard.mails") == [(5,)]


@pytest.mark.parametrize(
    "email",
    ["", "olivia", "olivia@example", "a@b@example.com", "olivia@example.com\nBcc: all@example.com", "o livia@example.com",
     "<olivia@example.com>", "olivia@example..com", "olivia@-example.com", f"{'o' * 65}@example.com", "olivia@exämple.com"],
)  # fmt: skip
def test_what_is_no_address_is_refused(waiting: Chat, engine: Engine, email: str) -> None:
    assert refused(waiting.post("contact", {"email": email, "message": "hello"})) == (400, "bad_address")
    assert "hello" not in str(waiting.said())


def test_an_address_is_taken_only_where_a_person_is_to_answer(chat: Chat, engine: Engine) -> None:
    assert refused(chat.post("contact", {"email": "olivia@example.com"})) == (409, "not_waiting")
    chat.post("close")
    assert refused(chat.post("contact", {"email": "olivia@example.com"})) == (409, "conversation_closed")


# Who may


@pytest.mark.parametrize(
    ("name", "body"),
    [("typing", {"typing": True}), ("rating", {"score": 5}), ("contact", {"email": "o@example.com"}), ("back-to-bot", None)],
)  # fmt: skip
def test_only_the_conversations_own_customer_may(waiting: Chat, name: str, body: Any) -> None:
    other = Chat(waiting.http)

    assert refused(waiting.post(name, body, token=other.token)) == (401, "unauthorized")
    assert waiting.post(name, body, token=sign(SECRET, waiting.id)).status_code == 200
    assert refused(waiting.post(name, body, token=sign(SECRET, other.id))) == (401, "unauthorized")


def test_through_a_link_answers_are_not_sent_elsewhere(held: Chat, engine: Engine) -> None:
    own = held.token
    held.post("contact", {"email": "olivia@example.com"})
    held.token = sign(SECRET, held.id)

    refused = held.post("contact", {"email": "another@example.com"})

    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "not_by_link")
    assert held.post("contact", {"email": "olivia@example.com"}).status_code == 200
    held.token = own
    assert held.post("contact", {"email": "another@example.com"}).status_code == 200
    assert rows(engine, "select email from switchboard.contacts") == [("another@example.com",)]


def test_a_link_opens_the_conversation_also_when_it_has_ended(held: Chat, engine: Engine) -> None:
    with engine.begin() as connection:
        saying.say(connection, held.id, 1, "Your kettle is here.", "one")
        holder.close(connection, held.id, "resolved")

    held.token = sign(SECRET, held.id)

    assert held.said()[-1] == ("agent", "Your kettle is here.")
    assert held.post("rating", {"score": 5}).status_code == 200


# Visits


def test_reading_and_listening_are_noted(chat: Chat, engine: Engine) -> None:
    chat.read()
    assert rows(engine, "select count(*) from switchboard.visits where seen_at > now() - interval '5 seconds'") == [
        (1,)
    ]

    rows(engine, "update switchboard.visits set seen_at = now() - interval '1 hour'")
    headers = {"Authorization": f"Bearer {chat.token}"}
    with chat.http.stream("GET", f"/api/conversations/{chat.id}/events", headers=headers) as stream:
        assert next(stream.iter_lines()) == "event: state"
    assert rows(engine, "select seen_at > now() - interval '5 seconds' from switchboard.visits") == [(True,)]


def test_what_a_client_says_to_know_counts_as_read(held: Chat, engine: Engine) -> None:
    held.post("contact", {"email": "olivia@example.com"})
    (agent,) = rows(engine, "select max(agent_id) from switchboard.agents")[0]
    with engine.begin() as connection:
        seq = saying.say(connection, held.id, agent, "hello", "one")

    held.read(after=seq - 1)
    assert rows(engine, "select mailed_seq < :seq from switchboard.contacts", seq=seq) == [(True,)]
    held.read(after=seq)
    assert rows(engine, "select mailed_seq from switchboard.contacts") == [(seq,)]

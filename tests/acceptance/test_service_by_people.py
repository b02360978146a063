"""People and the assistant in one conversation, with the real model, over HTTP."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from switchboard.desk.guards import COOKIE
from switchboard.desk.sessions import csrf
from tests.acceptance.visitor import Visitor
from tests.deskwork import Desk, until
from tests.staff import ORDER_TO_CANCEL, OVERDUE, Staff
from tests.system import System
from tests.talking import wait_until

pytestmark = pytest.mark.slow

OpenDesk = Callable[..., Desk]

REQUEST = "I want to talk to a person about my order"
SECONDS = 30


@pytest.fixture
def visitor(system: System) -> Visitor:
    return Visitor(system.url)


@pytest.fixture
def staff(system: System) -> Iterator[Staff]:
    with Staff(system.settings, system.url) as staff:
        yield staff


@pytest.fixture
def open_desk(staff: Staff) -> OpenDesk:
    """Hires somebody, who is signed in."""

    def open_one(name: str, *teams: str, **values: str) -> Desk:
        token = staff.session(staff.hire(name, *teams, **values))
        desk = Desk(staff.url, cookies={COOKIE: token})
        desk.headers["X-CSRF-Token"] = csrf(token)
        return desk

    return open_one


def listed(desk: Desk, view: str, conversation: str) -> dict[str, Any]:
    """The conversation's row in a list."""
    rows = desk.get(f"/desk/api/inbox/{view}").json()["items"]
    return next(row for row in rows if row["conversation_id"] == conversation)


def test_a_person_takes_over_answers_and_gives_back_and_the_bot_goes_on_with_what_was_said(
    visitor: Visitor, open_desk: OpenDesk
) -> None:
    ada = open_desk("Ada", "orders")
    assert "connect you with a specialist for orders" in visitor.say(REQUEST)
    assert (visitor.read()["holder"], visitor.read()["place"]["position"]) == ("queue", 1)
    assert ada.inbox("waiting") == [visitor.id]

    ada.do(visitor.id, "take").raise_for_status()
    ada.say(visitor.id, "Hello! Which one is it?").raise_for_status()
    visitor.say("It's 23456")
    ada.do(visitor.id, "give-back").raise_for_status()

    assert visitor.said("agent") == ["Hello! Which one is it?"]
    assert visitor.said("system")[-2:] == [
        "Ada from Orders has joined the conversation.",
        "Ada has left the conversation. You are talking with our assistant again.",
    ]
    assert "order #23456 is on its way" in visitor.say("Where is my order?")


def test_the_desk_says_why_a_person_was_called_and_what_the_bot_understood(
    visitor: Visitor, open_desk: OpenDesk
) -> None:
    visitor.say("Where is my order 23456?")
    visitor.say(REQUEST)

    ada = open_desk("Ada", "orders")
    row = listed(ada, "waiting", visitor.id)
    assert (row["reason"], row["priority"], row["team"]) == ("asked_for_a_person", "normal", "orders")
    understood = [each["understood"] for each in ada.look(visitor.id)["entries"] if each["sender"] == "customer"]
    assert [each["intent"] for each in understood] == ["track_order", "contact_human_agent"]


def test_while_a_person_has_the_conversation_the_bot_says_nothing(visitor: Visitor, open_desk: OpenDesk) -> None:
    visitor.say(REQUEST)
    open_desk("Ada", "orders").do(visitor.id, "take").raise_for_status()
    before = visitor.said("bot")

    assert visitor.say("How much is the membership?") == ""
    assert visitor.say("I want to talk to a person") == ""
    assert visitor.said("bot") == before


def test_of_many_who_take_a_conversation_at_once_exactly_one_gets_it(visitor: Visitor, open_desk: OpenDesk) -> None:
    visitor.say(REQUEST)
    desks = [open_desk(f"Agent{number}", "orders") for number in range(8)]

    with ThreadPoolExecutor(len(desks)) as together:
        answers = list(together.map(lambda desk: desk.do(visitor.id, "take"), desks))

    assert sorted(each.status_code for each in answers) == [200] + [409] * 7
    assert {each.json()["error"]["code"] for each in answers if each.status_code == 409} == {"not_yours"}
    assert len([each for each in visitor.said("system") if "has joined" in each]) == 1


def test_a_turn_under_way_when_a_person_takes_over_is_not_told_and_what_it_did_is_noted(
    visitor: Visitor, open_desk: OpenDesk, staff: Staff
) -> None:
    ((number, email),) = staff.rows(ORDER_TO_CANCEL)
    assert "Why" in visitor.say(f"Please cancel order {number}, my mail is {email}")
    assert "Shall I do that?" in visitor.say("I changed my mind")
    ada = open_desk("Ada", "orders")
    with staff.held_order(number):
        seq = visitor.begin("yes")
        wait_until(staff.waits_for_order, SECONDS)
        ada.do(visitor.id, "take").raise_for_status()
    wait_until(lambda: seq not in visitor.read()["pending"], SECONDS)

    entries = ada.look(visitor.id)["entries"]
    assert [each["text"] for each in entries if each["suppressed"]] != []
    assert any("has not been told" in each["text"] and number in each["text"] for each in entries)
    assert not any("is cancelled" in each["text"] or "been told" in each["text"] for each in visitor.read()["messages"])
    assert staff.rows("select state from shop.orders where number = :number", number=number) == [("cancelled",)]


def test_what_must_not_wait_is_first_in_line_at_once(system: System, open_desk: OpenDesk) -> None:
    earlier, urgent = Visitor(system.url), Visitor(system.url)
    earlier.say("I want to talk to a person")

    assert "unplug it" in urgent.say("My kettle caught fire")

    sue = open_desk("Sue", "support", role="supervisor")
    assert sue.inbox("waiting")[:2] == [urgent.id, earlier.id]
    row = listed(sue, "waiting", urgent.id)
    assert (row["priority"], row["reason"]) == ("urgent", "safety")
    understood = [each["understood"] for each in sue.look(urgent.id)["entries"] if each["sender"] == "customer"]
    assert understood == [None]


def test_a_broken_promise_is_told_to_supervisors_live_and_raises_the_priority(
    visitor: Visitor, open_desk: OpenDesk, staff: Staff
) -> None:
    sue = open_desk("Sue", "support", role="supervisor")
    visitor.say(REQUEST)
    wait_until(lambda: staff.rows("select 1 from switchboard.sla_timers where met_at is null"), SECONDS)
    with sue.events() as events:
        until(events, "inbox")
        staff.rows(OVERDUE, id=visitor.id)
        alert = until(events, "alert")

    assert alert["conversation_id"] == visitor.id
    row = listed(sue, "waiting", visitor.id)
    assert (row["priority"], row["breached"]) == ("high", True)


def test_who_waits_goes_back_to_the_bot(visitor: Visitor, open_desk: OpenDesk) -> None:
    visitor.say(REQUEST)

    visitor.do("back-to-bot")

    assert "Larkspur Plus costs" in visitor.say("How much is the membership?")
    assert open_desk("Ada", "orders").inbox("waiting") == []


def test_private_notes_are_nowhere_in_what_the_customer_can_read(visitor: Visitor, open_desk: OpenDesk) -> None:
    visitor.say(REQUEST)
    ada = open_desk("Ada", "orders")
    ada.do(visitor.id, "take").raise_for_status()

    ada.do(visitor.id, "notes", text="A difficult one").raise_for_status()

    assert "A difficult one" in str(ada.look(visitor.id)["entries"])
    assert "A difficult one" not in str(visitor.read())


@pytest.mark.parametrize("helper", ["bot", "agent"])
def test_every_conversation_can_be_rated_in_the_end(
    visitor: Visitor, open_desk: OpenDesk, staff: Staff, helper: str
) -> None:
    visitor.say("How much is the membership?")
    sue = open_desk("Sue", "orders", role="supervisor")
    if helper == "agent":
        sue.do(visitor.id, "take").raise_for_status()
        sue.say(visitor.id, "Hello!").raise_for_status()
        sue.do(visitor.id, "resolve", outcome="resolved").raise_for_status()
    else:
        visitor.do("close")

    visitor.do("rating", score=5, comment="Quick")

    kept = "select score, comment, agent_id is not null from switchboard.ratings where conversation_id = :id"
    assert staff.rows(kept, id=visitor.id) == [(5, "Quick", helper == "agent")]

"""The chat when a person is called: waiting, going back, leaving an address, talking with an agent, rating.

Browser, web process and database are real; agents act as the desk does, and Rasa answers one sentence to everything.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import APIResponse, Locator, Route, expect
from sqlalchemy.engine import Engine

from switchboard.conversations import holder, saying
from switchboard.conversations.changes import announce_typing
from switchboard.conversations.links import sign
from switchboard.settings import Settings
from tests.browser.axe import serious_violations
from tests.browser.chat_page import ChatPage
from tests.browser.conftest import DESKTOP, PHONE
from tests.servers import Web
from tests.talking import call, give, hire, rows, running, turn, wait_until, worker
from tests.teams import teams_of

SECRET = "a secret for links"
ANSWER = "I can help with that."

OpenChat = Callable[..., ChatPage]


@dataclass
class System:
    """What the browser talks to, and the hands of the agents."""

    url: str
    engine: Engine

    def conversation(self) -> str:
        return str(
            rows(self.engine, "select conversation_id from switchboard.conversations order by created_at desc")[0][0]
        )

    def call(self, team: str = "support") -> str:
        conversation = self.conversation()
        call(self.engine, conversation, team)
        return conversation

    def answer(self, agent: int, words: str) -> None:
        conversation = self.conversation()
        with self.engine.begin() as connection:
            holder.lock(connection, conversation)
            saying.say(connection, conversation, agent, words, words)

    def types(self, name: str, typing: bool = True) -> None:
        with self.engine.begin() as connection:
            announce_typing(connection, self.conversation(), "agent", name, typing)

    def resolve(self) -> None:
        with self.engine.begin() as connection:
            holder.close(connection, self.conversation(), "resolved")


@pytest.fixture
def opening() -> list[str]:
    """The days on which the teams are there; empty for always."""
    return []


@pytest.fixture
def pause() -> float:
    """Seconds until a message is taken up."""
    return 0.0


@pytest.fixture
def system(settings: Settings, engine: Engine, tmp_path: Path, opening: list[str], pause: float) -> Iterator[System]:
    settings = replace(settings, link_secret=SECRET, gather_seconds=pause)
    if opening:
        (tmp_path / "teams.yml").write_text(teams_of(opening))
        settings = replace(settings, teams_file=str(tmp_path / "teams.yml"))
    with Web(settings) as web, running(worker(engine, turn(ANSWER), worker_threads=1), settings):
        yield System(web.url, engine)


@pytest.fixture
def waiting(open_chat: OpenChat, system: System) -> ChatPage:
    return waits(open_chat(), system)


def waits(chat: ChatPage, system: System, team: str = "support") -> ChatPage:
    """The customer has asked for a person and waits."""
    chat.say("a person, please")
    chat.expect_answer(ANSWER)
    system.call(team)
    expect(chat.dialog.get_by_text(re.compile("^Waiting for a person from|^Nobody is here"))).to_be_visible()
    return chat


def button(chat: ChatPage, name: str) -> Locator:
    return chat.dialog.get_by_role("button", name=name)


# Waiting


def test_who_waits_sees_their_place_and_how_it_gets_better(open_chat: OpenChat, system: System) -> None:
    first = waits(open_chat(), system)
    before = system.conversation()
    second = waits(open_chat(), system)
    expect(first.dialog.get_by_text("You’re next in line.")).to_be_visible()
    expect(second.dialog.get_by_text("You’re number 2 in line.")).to_be_visible()

    give(system.engine, before, hire(system.engine, "Sam", "support"))

    expect(first.dialog.get_by_text("You’re now talking with Sam.")).to_be_visible()
    expect(second.dialog.get_by_text("You’re next in line.")).to_be_visible(timeout=10_000)


def test_back_to_the_assistant_which_then_answers(waiting: ChatPage) -> None:
    button(waiting, "Back to the assistant").click()

    expect(button(waiting, "Talk to a person")).to_be_visible()
    assert waiting.focused() == "input"
    waiting.say("hello again")
    expect(waiting.answers.filter(has_text=ANSWER)).to_have_count(2)


def test_cancelling_asks_once_and_ends_the_conversation(waiting: ChatPage) -> None:
    button(waiting, "Cancel").click()
    button(waiting, "End it").click()

    expect(waiting.dialog.get_by_text("This conversation has ended.")).to_be_visible()
    expect(button(waiting, "Back to the assistant")).to_be_hidden()


def test_an_address_is_left_with_the_keyboard_alone(waiting: ChatPage, system: System) -> None:
    button(waiting, "Leave my e-mail").focus()
    waiting.page.keyboard.press("Enter")
    assert waiting.focused() == "email"
    waiting.page.keyboard.type("olivia@example")
    waiting.page.keyboard.press("Enter")
    expect(waiting.dialog.get_by_role("alert")).to_have_text(re.compile("whole e-mail address|no e-mail address"))
    waiting.page.keyboard.type(".com")
    waiting.page.keyboard.press("Enter")

    expect(
        waiting.dialog.get_by_text(
            re.compile(r"Your reference is H\d+\. If you leave, the answer goes to o…@example\.com")
        )
    ).to_be_visible()
    expect(button(waiting, "Change my e-mail")).to_be_visible()
    assert rows(system.engine, "select email from switchboard.contacts") == [("olivia@example.com",)]


def test_what_is_being_typed_survives_news(waiting: ChatPage, system: System) -> None:
    button(waiting, "Leave my e-mail").click()
    waiting.dialog.get_by_label("Your e-mail address").fill("olivia@")
    with system.engine.begin() as connection:
        saying.tell(connection, system.conversation(), "Still looking for somebody.")

    expect(waiting.log.get_by_text("Still looking for somebody.")).to_be_visible()
    expect(waiting.dialog.get_by_label("Your e-mail address")).to_have_value("olivia@")
    assert waiting.focused() == "email"


class TestOutsideHours:
    @pytest.fixture
    def opening(self) -> list[str]:
        later = datetime.now(timezone.utc) + timedelta(days=3)
        return [f"{later + timedelta(days=more):%A}".lower() for more in (0, 1)]

    def test_who_comes_outside_hours_leaves_a_message_and_an_address(self, waiting: ChatPage, system: System) -> None:
        expect(waiting.dialog.get_by_text(re.compile(r"Nobody is here right now\. We’re back \w+day"))).to_be_visible()
        expect(waiting.dialog.get_by_text("in line")).to_have_count(0)

        assert waiting.small_targets() == []
        waiting.dialog.get_by_label("Your e-mail address").fill("olivia@example.com")
        waiting.dialog.get_by_label("What is it about?").fill("Where is my kettle?")
        button(waiting, "Save").click()

        expect(waiting.dialog.get_by_text(re.compile(r"Your reference is H\d+\."))).to_be_visible()
        expect(waiting.sent("Where is my kettle?")).to_have_count(1)
        assert rows(system.engine, "select recipient from switchboard.mails") == [("olivia@example.com",)]

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    @pytest.mark.parametrize(("device", "size"), [("desktop", DESKTOP), ("phone", PHONE)])
    def test_it_is_readable_outside_hours(
        self, open_chat: OpenChat, system: System, device: str, size: tuple[int, int], scheme: str
    ) -> None:
        chat = waits(open_chat(size, scheme), system)
        expect(button(chat, "Save")).to_be_visible()
        chat.screenshot(f"{device}-{scheme}-8-closed")
        looks_right(chat)


# What became of a message


@pytest.mark.parametrize("pause", [0.5])
def test_what_became_of_a_message_is_asked_again_where_asking_failed(waiting: ChatPage) -> None:
    waiting.page.route("**/messages?after=*", lambda route: route.abort(), times=1)

    waiting.say("Is anybody there?")

    waiting.expect_handled("Is anybody there?")


@pytest.mark.parametrize("pause", [0.5])
def test_what_became_of_two_messages_is_known_though_the_first_answer_is_late(
    waiting: ChatPage, system: System
) -> None:
    late: list[tuple[Route, APIResponse]] = []
    waiting.page.route("**/messages?after=*", lambda route: late.append((route, route.fetch())), times=1)
    with waiting.page.expect_request("**/messages?after=*"):
        waiting.say("Is anybody there?")
    waiting.say("I can wait.")
    system.answer(hire(system.engine, "Sam", "support"), "I’m here.")
    expect(waiting.log.get_by_text("I’m here.")).to_be_visible()

    route, response = late[0]
    route.fulfill(response=response)

    waiting.expect_handled("Is anybody there?")
    waiting.expect_handled("I can wait.")


# With an agent


@pytest.fixture
def talking(waiting: ChatPage, system: System) -> tuple[ChatPage, int]:
    sam = hire(system.engine, "Sam", "support")
    give(system.engine, system.conversation(), sam)
    expect(waiting.dialog.get_by_text("You’re now talking with Sam.")).to_be_visible()
    return waiting, sam


@pytest.mark.parametrize("pause", [0.5])
def test_a_late_answer_does_not_take_back_what_became_of_a_message(
    talking: tuple[ChatPage, int], system: System
) -> None:
    chat, sam = talking
    held: list[Route] = []
    chat.page.route("**/messages?after=*", lambda route: held.append(route), times=1)
    with chat.page.expect_request("**/messages?after=*"):
        chat.say("Is anybody there?")
    chat.say("I can wait.")
    dealt_with = "select 1 from switchboard.messages where text = 'I can wait.' and outcome is not null"
    wait_until(lambda: rows(system.engine, dealt_with))
    system.answer(sam, "I’m here.")
    expect(chat.log.get_by_text("I’m here.")).to_be_visible()
    told = held[0].fetch().json()
    (second,) = [each for each in told["messages"] if each["text"] == "I can wait."]
    second["outcome"] = None

    held[0].fulfill(json=told)

    chat.expect_handled("Is anybody there?")
    chat.expect_handled("I can wait.")


def test_an_agents_messages_bear_their_name(talking: tuple[ChatPage, int], system: System) -> None:
    chat, sam = talking

    system.answer(sam, "Hello, I’m looking into it.")

    said = chat.log.locator(".message.agent")
    expect(said.get_by_text("Sam")).to_be_visible()
    expect(said.get_by_text("Hello, I’m looking into it.")).to_be_visible()


def test_a_typing_agent_is_seen(talking: tuple[ChatPage, int], system: System) -> None:
    chat, sam = talking

    system.types("Sam")
    expect(chat.log.get_by_text("Sam is writing…")).to_be_visible()
    system.types("Sam", typing=False)
    expect(chat.log.get_by_text("Sam is writing…")).to_be_hidden()
    system.types("Sam")
    expect(chat.log.get_by_text("Sam is writing…")).to_be_visible()
    system.answer(sam, "Here it is.")
    expect(chat.log.get_by_text("Sam is writing…")).to_be_hidden()


def test_a_typing_customer_is_told_but_not_with_every_key(talking: tuple[ChatPage, int]) -> None:
    chat, _ = talking
    told: list[Any] = []
    chat.page.on("request", lambda request: told.append(request.post_data_json) if "/typing" in request.url else None)

    chat.input.press_sequentially("I would like to know more")

    assert told == [{"typing": True}]


READ = "select mailed_seq = last_seq from switchboard.contacts join switchboard.conversations using (conversation_id)"


def leave_address(chat: ChatPage) -> None:
    chat.dialog.get_by_role("button", name="More").click()
    chat.dialog.get_by_role("button", name="Leave my e-mail").click()
    chat.dialog.get_by_label("Your e-mail address").fill("olivia@example.com")
    button(chat, "Save").click()
    expect(chat.dialog.get_by_label("Your e-mail address")).to_be_hidden()


def test_what_was_in_sight_is_not_mailed(talking: tuple[ChatPage, int], system: System) -> None:
    chat, sam = talking
    leave_address(chat)

    system.answer(sam, "Your kettle is on its way.")

    wait_until(lambda: rows(system.engine, READ) == [(True,)])


def test_what_came_while_the_chat_was_closed_is_mailed_though_its_customer_goes_on_to_other_pages(
    talking: tuple[ChatPage, int], system: System
) -> None:
    chat, sam = talking
    leave_address(chat)
    chat.page.keyboard.press("Escape")
    expect(chat.dialog).to_be_hidden()
    system.answer(sam, "Your kettle is on its way.")
    unread = chat.page.get_by_role("button", name="1 new message")
    expect(unread).to_be_visible()

    with chat.page.expect_response("**/events"):
        chat.page.reload()
    expect(unread).to_be_visible()

    assert rows(system.engine, READ) == [(False,)]
    unread.click()
    wait_until(lambda: rows(system.engine, READ) == [(True,)])


# Rating


def test_a_resolved_conversation_is_rated_with_the_keyboard_alone(
    talking: tuple[ChatPage, int], system: System
) -> None:
    chat, sam = talking
    system.answer(sam, "Goodbye!")
    system.resolve()
    group = chat.dialog.get_by_role("group", name="How was this conversation?")
    expect(group).to_be_visible()

    group.get_by_role("radio", name="1, Very bad").focus()
    for _ in range(3):
        chat.page.keyboard.press("ArrowRight")
    expect(group.get_by_role("radio", name="4, Good")).to_be_checked()
    chat.page.keyboard.press("Tab")
    chat.page.keyboard.type("Sam was quick")
    chat.page.keyboard.press("Tab")
    chat.page.keyboard.press("Enter")

    expect(chat.dialog.get_by_text("Thank you for your rating.")).to_be_visible()
    expect(group).to_be_hidden()
    assert chat.focused() == "Start a new conversation"
    assert rows(system.engine, "select score, comment, agent_id from switchboard.ratings") == [
        (4, "Sam was quick", sam)
    ]


def test_the_bot_alone_is_rated_too_when_the_customer_ends_it(open_chat: OpenChat, system: System) -> None:
    chat = open_chat()
    chat.say("hello")
    chat.expect_answer(ANSWER)
    chat.dialog.get_by_role("button", name="More").click()
    button(chat, "End conversation").click()
    button(chat, "End it").click()

    button(chat, "Send rating").click()
    expect(chat.dialog.get_by_role("alert")).to_have_text("Please choose a rating from 1 to 5.")
    chat.dialog.get_by_role("radio", name="5, Very good").check()
    button(chat, "Send rating").click()

    expect(chat.dialog.get_by_text("Thank you for your rating.")).to_be_visible()
    chat.page.reload()
    expect(chat.dialog.get_by_text("Thank you for your rating.")).to_be_visible()
    expect(chat.dialog.get_by_role("radio")).to_have_count(0)


# Links


def test_a_link_in_a_mail_leads_back_into_the_chat_from_another_browser(
    talking: tuple[ChatPage, int], open_context: Any, system: System
) -> None:
    _, sam = talking
    system.answer(sam, "Your kettle is on its way.")
    token = sign(SECRET, system.conversation())

    elsewhere = ChatPage(open_context().new_page(), f"{system.url}/#chat={token}").visit()

    expect(elsewhere.dialog).to_be_visible()
    expect(elsewhere.log.get_by_text("Your kettle is on its way.")).to_be_visible()
    assert token not in elsewhere.page.url
    elsewhere.say("Thank you!")
    elsewhere.page.reload()
    expect(elsewhere.sent("Thank you!")).to_have_count(1)


def test_a_link_works_also_where_the_page_is_open_already(
    talking: tuple[ChatPage, int], open_chat: OpenChat, system: System
) -> None:
    token = sign(SECRET, system.conversation())
    other = open_chat()

    other.page.evaluate("(token) => { window.location.hash = `chat=${token}`; }", token)

    expect(other.dialog.get_by_text("You’re now talking with Sam.")).to_be_visible()
    assert token not in other.page.url


def test_a_link_that_opens_nothing_any_more_says_so(open_context: Any, system: System, waiting: ChatPage) -> None:
    expired = sign(SECRET, system.conversation(), now=0)

    elsewhere = ChatPage(open_context().new_page(), f"{system.url}/#chat={expired}").visit()

    expect(elsewhere.log.get_by_text("Your earlier conversation is no longer kept")).to_be_visible()


# Looks


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("device", "size"), [("desktop", DESKTOP), ("phone", PHONE)])
def test_it_is_readable_with_people_too(
    open_chat: OpenChat, system: System, device: str, size: tuple[int, int], scheme: str
) -> None:
    """Also keeps the pictures in results/screenshots/."""
    chat = waits(open_chat(size, scheme), system)
    chat.screenshot(f"{device}-{scheme}-4-waiting")
    looks_right(chat)
    button(chat, "Leave my e-mail").click()
    chat.screenshot(f"{device}-{scheme}-5-mail")
    looks_right(chat)
    sam = hire(system.engine, "Sam", "support")
    give(system.engine, system.conversation(), sam)
    system.answer(sam, "Hello, I’m looking into it.")
    expect(chat.log.get_by_text("Hello, I’m looking into it.")).to_be_visible()
    chat.say("Thank you!")
    system.types("Sam")
    expect(chat.log.get_by_text("Sam is writing…")).to_be_visible()
    chat.screenshot(f"{device}-{scheme}-6-agent")
    looks_right(chat)
    system.resolve()
    chat.dialog.get_by_role("radio", name="4, Good").check()
    chat.screenshot(f"{device}-{scheme}-7-rating")
    looks_right(chat)


def looks_right(chat: ChatPage) -> None:
    assert chat.faint_texts() == []
    assert chat.small_targets() == []
    assert serious_violations(chat.page) == []
    assert chat.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

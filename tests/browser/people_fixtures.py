"""Customers in the chat and agents at the desk of one running system, each in a browser of their own."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, expect

from switchboard.desk.guards import COOKIE
from tests.browser.chat_page import ANSWER_MS, ChatPage
from tests.browser.desk_page import SOON_MS, WIDE, DeskPage
from tests.staff import Staff

REQUEST = "I want to talk to a person about my order"
WAITING = re.compile("^Waiting for a person from|^Nobody is here")

OpenDesk = Callable[..., DeskPage]


@dataclass
class Talk:
    """A customer and the agent who has their conversation."""

    chat: ChatPage
    desk: DeskPage
    conversation: str


@pytest.fixture
def staff(system: Any) -> Iterator[Staff]:
    with Staff(system.settings, system.url) as staff:
        yield staff


@pytest.fixture
def open_desk(open_context: Callable[..., BrowserContext], staff: Staff) -> Iterator[OpenDesk]:
    """Hires somebody and opens their desk."""
    opened: list[DeskPage] = []

    def open_one(
        name: str, *teams: str, size: tuple[int, int] = WIDE, scheme: str = "light", **values: Any
    ) -> DeskPage:
        context = open_context(size, scheme)
        token = staff.session(staff.hire(name, *teams, **values))
        context.add_cookies([{"name": COOKIE, "value": token, "url": staff.url}])
        opened.append(DeskPage(context, staff.url).go("waiting"))
        return opened[-1]

    yield open_one
    for desk in opened:  # before their agents are gone: a browser is not to be closed while it is led to the sign-in
        desk.page.close()
    assert [problem for desk in opened for problem in desk.problems] == []


@pytest.fixture
def talk(chat: ChatPage, open_desk: OpenDesk) -> Talk:
    """Ada has taken the conversation of a customer who asked for a person."""
    conversation = asks_for_a_person(chat)
    desk = open_desk("Ada", "orders").open(conversation, "waiting")
    takes(desk)
    expect(with_whom(chat, "Ada")).to_be_visible(timeout=SOON_MS)
    return Talk(chat, desk, conversation)


def asks_for_a_person(chat: ChatPage, words: str = REQUEST) -> str:
    """The customer asks and waits; returns the conversation's id."""
    chat.say(words)
    expect(chat.dialog.get_by_text(WAITING)).to_be_visible(timeout=ANSWER_MS)
    return conversation_of(chat)


def conversation_of(chat: ChatPage) -> str:
    """The conversation that a browser keeps."""
    kept = chat.page.evaluate("Object.entries(localStorage).find(([key]) => key.startsWith('switchboard-chat:'))[1]")
    return str(json.loads(kept)["id"])


def with_whom(chat: ChatPage, name: str) -> Locator:
    return chat.dialog.get_by_text(f"You’re now talking with {name}.")


def said(chat: ChatPage, sender: str, words: str) -> Locator:
    """What the customer sees of a message."""
    return chat.log.locator(f".message.{sender}").filter(has_text=words)


def item(desk: DeskPage, conversation: str) -> Locator:
    """The conversation's row in the list."""
    return desk.page.locator(f'.item[data-id="{conversation}"]')


def takes(desk: DeskPage) -> None:
    desk.page.get_by_role("button", name=re.compile("^Take( over)?$")).click()
    expect(desk.page.get_by_role("button", name="Resolve")).to_be_visible(timeout=SOON_MS)


def does(desk: DeskPage, what: str, **fields: str) -> None:
    """One of the dialogs: opened, filled in by the labels' words, and sent."""
    desk.page.get_by_role("button", name=what, exact=True).click()
    dialog = desk.page.locator("dialog[open]")
    for label, value in fields.items():
        field = dialog.get_by_label(label.replace("_", " "), exact=True)
        tag = field.evaluate("(each) => each.tagName")
        field.select_option(label=value) if tag == "SELECT" else field.fill(value)
    dialog.get_by_role("button", name=what, exact=True).click()
    expect(dialog).to_be_hidden(timeout=SOON_MS)

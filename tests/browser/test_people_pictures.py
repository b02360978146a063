"""Every state of a conversation with people, as customer and agent see it, kept in results/screenshots/ to be looked at."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.acceptance.test_running import eventually
from tests.acceptance.visitor import Visitor
from tests.browser.axe import serious_violations
from tests.browser.chat_page import SCREENSHOTS, ChatPage
from tests.browser.conftest import OpenChat
from tests.browser.desk_page import SOON_MS, WIDE, DeskPage
from tests.browser.people_fixtures import *  # noqa: F403
from tests.browser.people_fixtures import OpenDesk, asks_for_a_person, does, item, said
from tests.staff import OVERDUE, Staff
from tests.system import System
from tests.talking import give

pytestmark = pytest.mark.slow

POCKET = (390, 844)

OTHERS = (
    "My kettle caught fire and the kitchen is full of smoke",
    "I was charged twice for my order and want to talk to a person",
    "I need a human to change my e-mail address, the site won't let me",
)

PROMISED = """
    select 1 from switchboard.sla_timers join switchboard.handoffs using (handoff_id)
     where conversation_id = :id and kind = 'first_response'
"""

Keep = Callable[[ChatPage | DeskPage, str], None]


@pytest.fixture(params=[(size, scheme) for size in (WIDE, POCKET) for scheme in ("light", "dark")], ids=str)
def looks(request: pytest.FixtureRequest) -> dict[str, object]:
    """The window's size and the colours."""
    size, scheme = request.param
    return {"size": size, "scheme": scheme}


@pytest.fixture
def keep(looks: dict[str, object]) -> Keep:
    """Keeps a picture, of a page that fits its window and that everybody can use."""

    def keep_one(side: ChatPage | DeskPage, name: str) -> None:
        width, page = looks["size"][0], side.page
        page.screenshot(path=SCREENSHOTS / f"people-{width}-{looks['scheme']}-{name}.png")
        assert page.evaluate("document.documentElement.scrollWidth") == width, name
        assert serious_violations(page) == [], name

    return keep_one


def test_every_state_can_be_looked_at(
    open_chat: OpenChat, open_desk: OpenDesk, staff: Staff, system: System, looks: dict[str, object], keep: Keep
) -> None:
    others = [Visitor(system.url) for _ in OTHERS]
    for other, words in zip(others, OTHERS, strict=True):
        other.say(words)
    chat = open_chat(**looks)
    chat.say("Where is my order 23456?")
    chat.expect_answer("Your order #23456 is on its way")
    conversation = asks_for_a_person(chat, "It should be here by now. I want to talk to a person about my order")
    keep(chat, "chat-1-waiting")

    desk = open_desk("Ada", "orders", "support", "billing", "accounts", role="supervisor", **looks)
    expect(item(desk, conversation)).to_be_visible(timeout=SOON_MS)
    assert eventually(lambda: bool(staff.rows(PROMISED, id=conversation)))
    staff.rows(OVERDUE, id=conversation)
    expect(desk.page.locator(".toast")).to_be_visible(timeout=SOON_MS)
    expect(item(desk, conversation)).to_contain_text("High", timeout=SOON_MS)
    keep(desk, "desk-1-waiting")
    item(desk, conversation).click()
    desk.page.locator("#why summary").click()
    keep(desk, "desk-2-why")
    for other in others[1:]:
        give(staff.engine, other.id, int(desk.page.locator("body").get_attribute("data-me") or 0))
    desk.page.get_by_role("button", name="Take", exact=True).click()
    desk.page.locator(".toast", has_text="It is yours.").get_by_role("button", name="Dismiss").click()
    expect(desk.page.get_by_role("button", name="Resolve")).to_be_visible(timeout=SOON_MS)
    desk.write("Hello! I have asked Bluebird Parcel where it is, one moment please.")
    expect(said(chat, "agent", "I have asked Bluebird Parcel")).to_be_visible(timeout=SOON_MS)
    chat.say("Thank you. I'm maya.torres@example.com by the way.")
    desk.press("Escape", "n")
    desk.write("Bluebird say that it is in the van today.")
    expect(desk.entry("it is in the van today")).to_contain_text("Private note", timeout=SOON_MS)
    desk.press("Escape", "r")
    looks_up(desk, "maya.torres@example.com")
    chat.input.press_sequentially("And")
    expect(desk.page.get_by_text("The customer is writing…")).to_be_visible()
    keep(desk, "desk-3-talk")
    for button in ("Transfer", "Resolve", "Give back"):
        desk.page.get_by_role("button", name=button, exact=True).click()
        keep(desk, f"desk-4-{button.lower().replace(' ', '-')}")
        desk.press("Escape")
    desk.entry("Where is my order 23456?").get_by_role("button", name="The bot was wrong here").click()
    keep(desk, "desk-5-correction")
    desk.press("Escape", "?")
    keep(desk, "desk-6-keys")
    desk.press("Escape")
    keep(chat, "chat-2-talk")
    does(desk, "Resolve")
    expect(chat.dialog.get_by_role("group", name="How was this conversation?")).to_be_visible(timeout=SOON_MS)
    chat.dialog.get_by_role("radio", name="5, Very good").check()
    keep(chat, "chat-3-rating")
    chat.dialog.get_by_role("button", name="Send rating").click()
    expect(chat.dialog.get_by_text("Thank you for your rating.")).to_be_visible()
    keep(chat, "chat-4-rated")
    desk.open(conversation, "resolved")
    keep(desk, "desk-7-resolved")
    desk.page.goto(f"{desk.url}/desk/people")
    keep(desk, "desk-8-people")


def looks_up(desk: DeskPage, email: str) -> None:
    """Who the customer may be; on a phone the card is opened first and shut again."""
    card = desk.page.get_by_role("button", name=re.compile("^Customer$"))
    covered = card.is_visible()
    if covered:
        card.click()
    desk.page.get_by_label("Look up a customer").fill(email)
    desk.page.get_by_role("button", name="Look up").click()
    expect(desk.page.locator("#side")).to_contain_text("Maya Torres", timeout=SOON_MS)
    if covered:
        desk.page.locator("#card").get_by_role("button", name="Close").click()

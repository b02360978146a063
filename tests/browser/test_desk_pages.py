"""The desk's pages in a real browser: how they read, the keys, the list, presence, people."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy.engine import Engine

from tests.browser.axe import serious_violations
from tests.browser.conftest import PHONE, OpenContext
from tests.browser.desk_page import SOON_MS, WIDE, DeskPage, hire_signed
from tests.servers import Web
from tests.talking import call, rows, say, start

pytestmark = pytest.mark.slow

SCREENSHOTS = Path("results/screenshots")


def waiting(engine: Engine, words: str) -> str:
    """A conversation that waits for a person."""
    its = start(engine)
    say(engine, its, words)
    call(engine, its)
    return its


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["desktop", "phone"])
def test_every_page_is_accessible_and_fits(
    open_context: OpenContext, web: Web, engine: Engine, conversation: str, size: tuple[int, int], scheme: str
) -> None:
    waiting(engine, "hello?")
    context = open_context(size, scheme)
    desk = DeskPage(context, web.url)
    desk.page.goto(f"{web.url}/desk/sign-in")
    assert serious_violations(desk.page) == []
    desk.sign_in("Ada")
    for path in ("inbox/waiting", "inbox/resolved", f"conversations/{conversation}", "people", "inbox/nowhere"):
        desk.page.goto(f"{web.url}/desk/{path}")
        name = f"desk-{path.replace('/', '-').replace(conversation, 'one')}-{size[0]}-{scheme}.png"
        desk.page.screenshot(path=SCREENSHOTS / name)
        assert serious_violations(desk.page) == [], path
        assert desk.page.evaluate("document.documentElement.scrollWidth") == size[0], path
    assert desk.problems == []


@pytest.mark.parametrize(("key", "name"), [("x", "Transfer"), ("e", "Resolve"), ("b", "Give back"), ("?", "Keyboard")])
def test_dialogs_open_by_a_key_and_are_accessible(desk: DeskPage, conversation: str, key: str, name: str) -> None:
    desk.open(conversation).press(key)
    expect(desk.dialog(name)).to_be_visible()
    assert serious_violations(desk.page) == []
    desk.press("Escape")
    expect(desk.dialog(name)).to_be_hidden()


def test_the_list_is_walked_and_opened_with_keys(desk: DeskPage, engine: Engine) -> None:
    first, second = waiting(engine, "first"), waiting(engine, "second")
    desk.go("waiting").press("j")
    assert desk.focused() == first
    desk.press("j")
    assert desk.focused() == second
    desk.press("k", "Enter")
    desk.page.wait_for_url(f"**/desk/conversations/{first}?view=waiting")
    desk.press("g", "m")
    desk.page.wait_for_url("**/desk/inbox/mine")


def test_keys_rest_while_somebody_writes(desk: DeskPage, conversation: str) -> None:
    desk.open(conversation).press("r")
    desk.page.keyboard.type("next? e x")
    expect(desk.composer).to_have_value("next? e x")
    expect(desk.page.get_by_role("dialog")).to_have_count(0)
    desk.press("Escape", "n")
    expect(desk.page.get_by_label("Private note", exact=True).last).to_be_focused()


def test_the_list_is_searched(desk: DeskPage, engine: Engine) -> None:
    waiting(engine, "a parcel that is late"), waiting(engine, "a broken blender")
    desk.go("waiting").press("/")
    desk.page.keyboard.type("blender broken")
    expect(desk.items.filter(visible=True)).to_have_count(1)
    expect(desk.items.filter(visible=True)).to_contain_text("a broken blender")


def test_a_waiting_conversation_appears_by_itself_and_is_taken(desk: DeskPage, engine: Engine) -> None:
    desk.go("waiting")
    expect(desk.page.get_by_text("Nobody is waiting")).to_be_visible()
    waiting(engine, "I am here")
    expect(desk.items).to_contain_text("I am here", timeout=SOON_MS)
    expect(desk.page.locator('[data-count="waiting"]')).to_have_text("1")
    desk.items.click()
    desk.page.get_by_role("button", name="Take", exact=True).click()
    expect(desk.page.get_by_role("button", name="Resolve")).to_be_visible()
    expect(desk.entry("Ada from")).to_be_visible()


def test_presence_is_chosen(desk: DeskPage, engine: Engine, ada: int) -> None:
    desk.page.get_by_role("radio", name="Busy").check()
    expect(desk.page.get_by_text("You are busy")).to_be_visible()
    assert rows(engine, "select presence from switchboard.agents where agent_id = :id", id=ada) == [("busy",)]


def test_who_goes_away_with_conversations_is_asked_first(desk: DeskPage, engine: Engine, conversation: str) -> None:
    holders = "select holder from switchboard.conversations"
    desk.go("mine").page.get_by_role("radio", name="Away").click()
    desk.dialog("Go away?").get_by_role("button", name="Cancel").click()
    expect(desk.page.get_by_role("radio", name="Online")).to_be_checked()
    assert rows(engine, holders) == [("agent",)]
    desk.page.get_by_role("radio", name="Away").click()
    desk.dialog("Go away?").get_by_role("button", name="Go away").click()
    expect(desk.page.get_by_text("You are away.")).to_be_visible()
    assert rows(engine, holders) == [("queue",)]


def test_the_tab_says_how_many_conversations_have_something_new(
    desk: DeskPage, engine: Engine, conversation: str
) -> None:
    desk.go("waiting")
    say(engine, conversation, "hello?")
    expect(desk.page).to_have_title("(1) Waiting · Switchboard", timeout=SOON_MS)
    desk.open(conversation)
    expect(desk.page).not_to_have_title(re.compile(r"\("), timeout=SOON_MS)


def test_the_colours_somebody_chose_stay(desk: DeskPage) -> None:
    desk.page.get_by_role("button", name="Light or dark").click()
    desk.page.reload()
    expect(desk.page.locator("html")).to_have_attribute("data-theme", "dark")


def test_an_admin_adds_a_person_whose_password_is_shown_once(desk: DeskPage, engine: Engine) -> None:
    desk.page.goto(f"{desk.url}/desk/people")
    desk.page.get_by_role("button", name="Add a person").click()
    dialog = desk.dialog("Add a person")
    dialog.get_by_label("Name").fill("Jo")
    dialog.get_by_label("E-mail address").fill("jo@larkspur.example")
    dialog.get_by_label("Skills").fill("crisis, legal")
    dialog.get_by_role("button", name="Save").click()
    expect(desk.dialog("The password").get_by_role("textbox")).to_have_value(re.compile(".{12}"))
    desk.dialog("The password").get_by_role("button", name="Done").click()
    expect(desk.page.get_by_role("row", name="jo@larkspur.example")).to_contain_text("Crisis")


def test_a_supervisor_reads_the_page_about_people_only(open_context: OpenContext, web: Web, engine: Engine) -> None:
    hire_signed(engine, "Priya", "support", role="supervisor")
    desk = DeskPage(open_context(WIDE), web.url).sign_in("Priya")
    desk.page.get_by_role("link", name="People").click()
    expect(desk.page.get_by_role("row", name="ada@larkspur.example")).to_be_visible()
    expect(desk.page.get_by_role("button", name=re.compile("Change|Add"))).to_have_count(0)

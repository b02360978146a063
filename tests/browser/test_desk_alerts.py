"""An agent who looks elsewhere is told: by the browser's own notifications and sounds, which only note what they did."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy.engine import Engine

from switchboard.conversations.changes import announce_desk
from switchboard.routing import sla
from tests.browser.desk_page import SOON_MS, WIDE, DeskPage
from tests.servers import Web
from tests.talking import call, give, rows, say, start, wait_until

pytestmark = pytest.mark.slow

WITNESS = """
    window.notes = [];
    window.notifications = [];
    window.asked = 0;
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (at) {
      notes.push(this.frequency.value);
      return start.call(this, at);
    };
    window.Notification = class extends Notification {
      constructor(title, options) {
        super(title, options);
        notifications.push(this);
      }
      static requestPermission() {
        asked += 1;
        return super.requestPermission();
      }
    };
"""
"""Notes are in hertz, in the order in which they were begun."""

SEEN = "notifications.map(({title, body, tag}) => ({title, body, tag}))"
MESSAGE, GIVEN, ALERT = [660], [523, 784], [440, 440, 440]

OVERDUE = """
    insert into switchboard.sla_timers (handoff_id, kind, warn_at, due_at)
    select handoff_id, 'first_response', now(), now() from switchboard.handoffs where conversation_id = :id
"""

OpenDesk = Callable[..., DeskPage]


@pytest.fixture
def open_desk(open_context: Callable[..., BrowserContext], web: Web, conversation: str) -> Iterator[OpenDesk]:
    """Ada's desk in a browser of her own, once she has the conversation; `permissions` are Playwright's."""
    opened: list[DeskPage] = []

    def open_one(**options: Any) -> DeskPage:
        context = open_context(WIDE, **options)
        context.add_init_script(WITNESS)
        opened.append(DeskPage(context, web.url).sign_in("Ada"))
        return opened[-1]

    yield open_one
    for desk in opened:
        desk.page.close()
    assert [problem for desk in opened for problem in desk.problems] == []


@pytest.fixture
def desk(open_desk: OpenDesk) -> DeskPage:
    """One that may notify."""
    return open_desk(permissions=["notifications"])


def shows(desk: DeskPage, path: str) -> DeskPage:
    """Opens a page, which then knows what was there before; nothing that the page before it asks for counts."""
    desk.page.goto("about:blank")
    with desk.page.expect_response("**/api/inbox/mine") as read:
        desk.page.goto(f"{desk.url}/desk/{path}")
    read.value.finished()
    return desk


def turn_away(desk: DeskPage) -> Page:
    """Ada goes to another tab, which is returned. By itself Playwright lets every page think that it has the focus."""
    desk.page.context.new_cdp_session(desk.page).send("Emulation.setFocusEmulationEnabled", {"enabled": False})
    elsewhere = desk.page.context.new_page()
    elsewhere.bring_to_front()
    wait_until(lambda: not desk.page.evaluate("document.hasFocus()"))
    return elsewhere


def notified(desk: DeskPage) -> list[dict[str, str]]:
    found: list[dict[str, str]] = desk.page.evaluate(SEEN)
    return found


def heard(desk: DeskPage) -> list[int]:
    found: list[int] = desk.page.evaluate("notes")
    return found


def wrote(conversation: str) -> dict[str, str]:
    """What a notification of a message says."""
    return {"title": "Switchboard", "body": f"New message from Visitor {conversation[:4]}.", "tag": conversation}


def look_again(engine: Engine) -> None:
    with engine.begin() as connection:
        announce_desk(connection)


@pytest.mark.parametrize("path", ["conversations/{}", "inbox/waiting", "people"])
def test_a_message_is_notified_and_heard_on_whatever_page_and_its_words_are_not_shown(
    desk: DeskPage, engine: Engine, conversation: str, path: str
) -> None:
    turn_away(shows(desk, path.format(conversation)))

    say(engine, conversation, "I am Kim Lee, kim@mail.example, and my card is 4111 1111 1111 1111")

    wait_until(lambda: heard(desk), SOON_MS / 1000)
    assert heard(desk) == MESSAGE
    assert notified(desk) == [wrote(conversation)]


def test_each_further_message_is_told_also_while_the_one_before_is_unread(
    desk: DeskPage, engine: Engine, conversation: str
) -> None:
    turn_away(shows(desk, f"conversations/{conversation}"))
    for number in (1, 2):
        say(engine, conversation, "hello?")
        wait_until(lambda count=number: len(notified(desk)) == count, SOON_MS / 1000)  # type: ignore[misc]
    assert notified(desk) == [wrote(conversation)] * 2


def test_a_notification_that_is_clicked_opens_its_conversation(
    desk: DeskPage, engine: Engine, conversation: str
) -> None:
    turn_away(shows(desk, "inbox/waiting"))
    say(engine, conversation, "hello?")
    wait_until(lambda: notified(desk), SOON_MS / 1000)

    desk.page.evaluate("setTimeout(() => notifications[0].dispatchEvent(new Event('click')))")

    desk.page.wait_for_url(f"**/desk/conversations/{conversation}?view=mine")
    expect(desk.entry("hello?")).to_have_count(1)


def test_who_has_the_conversation_before_them_is_left_in_peace_until_they_turn_away(
    desk: DeskPage, engine: Engine, conversation: str
) -> None:
    reads_slowly(shows(desk, f"conversations/{conversation}"), engine)
    say(engine, conversation, "hello?")
    expect(desk.page).to_have_title(f"(1) Visitor {conversation[:4]} · Switchboard", timeout=SOON_MS)
    turn_away(desk)

    say(engine, conversation, "are you there?")

    wait_until(lambda: heard(desk), SOON_MS / 1000)
    assert (heard(desk), notified(desk)) == (MESSAGE, [wrote(conversation)])


def reads_slowly(desk: DeskPage, engine: Engine) -> None:
    """From now on what the open page shows is unread for the server, as it is for a moment when a message comes."""
    wait_until(lambda: rows(engine, "select 1 from switchboard.handoffs where read_seq = 1"), SOON_MS / 1000)
    desk.page.route("**/read", lambda route: route.abort())


def test_what_comes_while_one_looks_elsewhere_is_unread_until_one_looks(
    desk: DeskPage, engine: Engine, conversation: str
) -> None:
    elsewhere = turn_away(shows(desk, f"conversations/{conversation}"))
    tried: list[str] = []
    desk.page.on("request", lambda request: tried.append(request.url) if request.url.endswith("/read") else None)
    say(engine, conversation, "hello?")
    expect(desk.entry("hello?")).to_have_count(1, timeout=SOON_MS)
    expect(desk.page).to_have_title(f"(1) Visitor {conversation[:4]} · Switchboard", timeout=SOON_MS)
    assert tried == []

    elsewhere.close()
    desk.page.bring_to_front()

    wait_until(lambda: rows(engine, "select 1 from switchboard.handoffs where read_seq = 2"), SOON_MS / 1000)


def test_who_looks_at_something_else_in_the_desk_hears_it_and_needs_no_notification(
    desk: DeskPage, engine: Engine, conversation: str
) -> None:
    shows(desk, "inbox/waiting")
    say(engine, conversation, "hello?")
    wait_until(lambda: heard(desk), SOON_MS / 1000)
    assert (heard(desk), notified(desk)) == (MESSAGE, [])


@pytest.mark.parametrize(("permissions", "state"), [(None, "default"), ([], "denied")])
def test_without_permission_there_is_no_notification_and_all_else_works(
    open_desk: OpenDesk, engine: Engine, conversation: str, permissions: list[str] | None, state: str
) -> None:
    desk = shows(open_desk(permissions=permissions), f"conversations/{conversation}")
    assert desk.page.evaluate("Notification.permission") == state
    expect(desk.page.get_by_role("button", name="Notify me")).to_be_visible(visible=state == "default")
    turn_away(desk)

    say(engine, conversation, "hello?")
    wait_until(lambda: heard(desk), SOON_MS / 1000)
    give_another(engine, "and you?")

    expect(desk.page.locator(".toast")).to_contain_text("is yours now.", timeout=SOON_MS)
    expect(desk.entry("hello?")).to_have_count(1)
    assert notified(desk) == []
    assert desk.page.evaluate("[Notification.permission, asked]") == [state, 0]


def test_a_browser_without_notifications_misses_nothing_else(
    open_desk: OpenDesk, engine: Engine, conversation: str
) -> None:
    desk = open_desk()
    desk.page.context.add_init_script("delete window.Notification")
    shows(desk, "inbox/waiting")
    expect(desk.page.get_by_role("button", name="Notify me")).to_be_hidden()
    turn_away(desk)
    say(engine, conversation, "hello?")
    wait_until(lambda: heard(desk), SOON_MS / 1000)
    give_another(engine, "and you?")
    expect(desk.page.locator(".toast")).to_contain_text("is yours now.", timeout=SOON_MS)


def test_permission_is_asked_for_by_a_button_that_goes_when_there_is_an_answer(open_desk: OpenDesk) -> None:
    desk = open_desk()
    button = desk.page.get_by_role("button", name="Notify me")
    expect(button).to_be_visible()
    desk.page.context.grant_permissions(["notifications"])
    button.click()
    expect(button).to_be_hidden()
    assert desk.page.evaluate("[Notification.permission, asked]") == ["granted", 1]


def give_another(engine: Engine, words: str) -> str:
    """Ada is given one more conversation; returns its id."""
    its = start(engine)
    say(engine, its, words)
    call(engine, its)
    [(ada,)] = rows(engine, "select agent_id from switchboard.agents where name = 'Ada'")
    give(engine, its, ada)
    look_again(engine)
    return its


def test_a_conversation_that_one_is_given_is_told_once_as_that(desk: DeskPage, engine: Engine) -> None:
    turn_away(shows(desk, "inbox/mine"))

    its = give_another(engine, "My card is 4111 1111 1111 1111")

    expect(desk.page).to_have_title("(2) Mine · Switchboard", timeout=SOON_MS)
    wait_until(lambda: heard(desk), SOON_MS / 1000)
    assert heard(desk) == GIVEN
    assert notified(desk) == [{"title": "Switchboard", "body": f"Visitor {its[:4]} is yours now.", "tag": its}]


def test_a_supervisor_is_told_of_a_broken_promise(desk: DeskPage, engine: Engine, conversation: str) -> None:
    turn_away(shows(desk, "inbox/mine"))

    rows(engine, OVERDUE, id=conversation)
    with engine.begin() as connection:
        sla.sweep(connection)

    wait_until(lambda: len(heard(desk)) == len(ALERT), SOON_MS / 1000)
    assert heard(desk) == ALERT
    words = "Support: the first response is late."
    assert notified(desk) == [{"title": "Switchboard", "body": words, "tag": conversation}]


def test_with_the_sound_off_nothing_is_heard_and_all_else_is_told(
    desk: DeskPage, engine: Engine, conversation: str
) -> None:
    desk.page.get_by_role("button", name="Sound on").click()
    expect(desk.page.get_by_role("button", name="Sound off")).to_have_attribute("aria-pressed", "false")
    turn_away(shows(desk, "inbox/waiting"))
    expect(desk.page.get_by_role("button", name="Sound off")).to_be_visible()

    say(engine, conversation, "hello?")
    wait_until(lambda: notified(desk), SOON_MS / 1000)
    give_another(engine, "and you?")
    wait_until(lambda: len(notified(desk)) == 2, SOON_MS / 1000)

    assert heard(desk) == []


def test_who_switches_the_sound_on_hears_how_it_sounds(desk: DeskPage) -> None:
    desk.page.get_by_role("button", name="Sound on").click()
    assert heard(desk) == []
    desk.page.get_by_role("button", name="Sound off").click()
    wait_until(lambda: heard(desk))
    assert heard(desk) == MESSAGE


UNUSED = """
    window.used = false;
    Object.defineProperty(navigator, "userActivation", { get: () => ({ hasBeenActive: used }) });
"""
"""A page that nobody has used: for the browser, Playwright's own looking at a page is using it."""


def test_a_page_that_nobody_has_used_yet_stays_silent_and_makes_up_for_nothing_later(
    desk: DeskPage, engine: Engine, conversation: str
) -> None:
    desk.page.context.add_init_script(UNUSED)
    turn_away(shows(desk, "inbox/mine"))
    say(engine, conversation, "hello?")
    wait_until(lambda: notified(desk), SOON_MS / 1000)
    assert heard(desk) == []

    desk.page.evaluate("window.used = true")
    say(engine, conversation, "are you there?")

    wait_until(lambda: heard(desk), SOON_MS / 1000)
    assert heard(desk) == MESSAGE


def test_of_several_tabs_one_tells(desk: DeskPage, engine: Engine, conversation: str) -> None:
    other = DeskPage(desk.page.context, desk.url)
    shows(desk, "inbox/waiting"), shows(other, f"conversations/{conversation}")
    turn_away(desk), turn_away(other)

    for number in (1, 2):
        say(engine, conversation, "hello?")
        wait_until(lambda count=number: len(heard(desk) + heard(other)) >= count, SOON_MS / 1000)  # type: ignore[misc]

    assert sorted([heard(desk), heard(other)]) == [[], MESSAGE * 2]
    assert notified(desk) + notified(other) == [wrote(conversation)] * 2


def test_when_the_tab_that_tells_is_closed_another_does(desk: DeskPage, engine: Engine, conversation: str) -> None:
    other = DeskPage(desk.page.context, desk.url)
    shows(desk, "inbox/waiting"), shows(other, "inbox/mine")
    turn_away(other)
    desk.page.close()
    wait_until(lambda: not other.page.evaluate("navigator.locks.query().then(({pending}) => pending.length)"))

    say(engine, conversation, "hello?")

    wait_until(lambda: heard(other), SOON_MS / 1000)
    assert (heard(other), notified(other)) == (MESSAGE, [wrote(conversation)])


def test_a_tab_in_the_background_is_silent_about_what_another_tab_has_before_it(
    desk: DeskPage, engine: Engine, conversation: str
) -> None:
    shows(desk, "inbox/waiting")
    turn_away(desk).close()
    front = DeskPage(desk.page.context, desk.url)
    shows(front, f"conversations/{conversation}").page.bring_to_front()

    reads_slowly(front, engine)
    expect(desk.page).to_have_title("Waiting · Switchboard", timeout=SOON_MS)
    say(engine, conversation, "hello?")
    expect(desk.page).to_have_title("(1) Waiting · Switchboard", timeout=SOON_MS)
    turn_away(front)
    say(engine, conversation, "are you there?")

    wait_until(lambda: heard(desk), SOON_MS / 1000)
    assert (heard(desk), notified(desk)) == (MESSAGE, [wrote(conversation)])
    assert (heard(front), notified(front)) == ([], [])

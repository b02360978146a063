"""The chat in a real browser against the real system."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.chat_page import ANSWER_MS, ChatPage
from tests.browser.conftest import DESKTOP, PHONE, OpenChat, OpenContext
from tests.system import STATUS_ANSWER

pytestmark = pytest.mark.slow

STATUS_QUESTION = "What is the status of order #12345?"
BILLING_REQUEST = "I need to discuss a billing issue with a representative."
BILLING_ANSWER = "I will connect you with a billing specialist. Please hold on."
PRICE_QUESTION = "How much is Larkspur Plus?"
PRICE = "$7.90"
GIBBERISH = "flurb wazzle grob zint quax"
MARKUP = "<img src=x onerror=\"document.title='broken'\"> <b>bold</b>"


def test_it_says_at_once_that_it_is_an_assistant_and_how_to_reach_a_person(chat: ChatPage) -> None:
    expect(chat.dialog.get_by_text("You’re chatting with an automated assistant.")).to_be_visible()
    expect(chat.dialog.get_by_role("button", name="Talk to a person")).to_be_enabled()


def test_a_question_gets_its_answer(chat: ChatPage) -> None:
    chat.say(PRICE_QUESTION)
    chat.expect_answer(PRICE)


def test_a_suggestion_is_asked_with_one_click(chat: ChatPage) -> None:
    chat.dialog.get_by_role("button", name=PRICE_QUESTION).click()
    expect(chat.sent(PRICE_QUESTION)).to_have_count(1)
    chat.expect_answer(PRICE)
    expect(chat.dialog.get_by_role("group", name="Questions to begin with")).to_be_hidden()


def test_the_status_of_an_order(chat: ChatPage) -> None:
    chat.say(STATUS_QUESTION)
    chat.expect_answer(STATUS_ANSWER)


def test_billing_is_handed_over_to_a_person(chat: ChatPage) -> None:
    chat.say(BILLING_REQUEST)
    chat.expect_answer(BILLING_ANSWER)
    waiting = chat.dialog.get_by_text("Waiting for a person from our billing team. You can keep writing.")
    expect(waiting).to_be_visible(timeout=ANSWER_MS)


def test_the_button_for_a_person_asks_for_one(chat: ChatPage) -> None:
    chat.dialog.get_by_role("button", name="Talk to a person").click()
    expect(chat.sent("Talk to a person")).to_have_count(1)
    expect(chat.dialog.get_by_text(re.compile("^Waiting for a person from our"))).to_be_visible(timeout=ANSWER_MS)


def test_gibberish_is_answered_with_buttons_that_work_once(chat: ChatPage) -> None:
    chat.say(GIBBERISH)
    expect(chat.choices.first).to_be_enabled(timeout=ANSWER_MS)
    title = chat.choices.first.inner_text()
    chat.choices.first.click()
    chat.expect_handled(title)
    expect(chat.answers).not_to_have_count(1)
    offered = chat.answers.first.get_by_role("button")
    assert all(offered.nth(at).is_disabled() for at in range(offered.count()))


def test_the_ticks_follow_a_message(chat: ChatPage) -> None:
    chat.say(PRICE_QUESTION)
    message = chat.sent(PRICE_QUESTION)
    expect(message).to_have_attribute("data-status", re.compile("sending|accepted|handled"))
    chat.expect_handled(PRICE_QUESTION)
    expect(message.get_by_role("img", name="Answered")).to_be_visible()


def test_a_message_to_a_waiting_person_counts_as_handled(chat: ChatPage) -> None:
    chat.say(BILLING_REQUEST)
    chat.expect_answer(BILLING_ANSWER)
    chat.say("It is about my last invoice.")
    chat.expect_handled("It is about my last invoice.")
    expect(chat.sent("It is about my last invoice.").get_by_role("img", name="Passed on to our team")).to_be_visible()


def test_html_is_shown_as_text(chat: ChatPage) -> None:
    chat.say(MARKUP)
    expect(chat.sent(MARKUP)).to_have_count(1)
    chat.expect_handled(MARKUP)
    assert chat.log.locator("img[src], b").count() == 0
    assert chat.page.title().startswith("Larkspur")


def test_a_reload_keeps_the_conversation(chat: ChatPage) -> None:
    chat.say(STATUS_QUESTION)
    chat.expect_answer(STATUS_ANSWER)
    chat.page.reload()
    expect(chat.dialog).to_be_visible()
    expect(chat.sent(STATUS_QUESTION)).to_have_count(1)
    chat.expect_answer(STATUS_ANSWER)
    chat.expect_handled(STATUS_QUESTION)


def test_two_tabs_show_the_same(chat: ChatPage) -> None:
    chat.say(PRICE_QUESTION)
    chat.expect_answer(PRICE)
    other = ChatPage(chat.page.context.new_page(), chat.url).visit().open()
    expect(other.sent(PRICE_QUESTION)).to_have_count(1)
    other.say(STATUS_QUESTION)
    other.expect_answer(STATUS_ANSWER)
    expect(chat.sent(STATUS_QUESTION)).to_have_count(1)
    chat.expect_answer(STATUS_ANSWER)


def test_a_lost_connection_is_said_and_comes_back_without_repeats(chat: ChatPage) -> None:
    chat.say(PRICE_QUESTION)
    chat.expect_answer(PRICE)
    cut(chat.page, "**/events")
    chat.page.reload()
    expect(chat.dialog.get_by_text("Reconnecting…")).to_be_visible()
    chat.page.unroute("**/events")
    expect(chat.dialog.get_by_text("Reconnecting…")).to_be_hidden(timeout=ANSWER_MS)
    chat.say(STATUS_QUESTION)
    chat.expect_answer(STATUS_ANSWER)
    chat.expect_answer(PRICE)
    expect(chat.sent(STATUS_QUESTION)).to_have_count(1)


def test_a_message_whose_acknowledgement_got_lost_is_one_message(chat: ChatPage) -> None:
    """The server takes the message, its answer doesn't arrive, the chat sends it again with the same id."""
    lost: list[str] = []

    def lose_the_first(route: Route) -> None:
        if route.request.method != "POST" or lost:
            return route.continue_()
        lost.append(route.fetch().text())
        route.abort()

    chat.page.route("**/messages", lose_the_first)
    chat.say(PRICE_QUESTION)
    chat.expect_handled(PRICE_QUESTION)
    chat.page.wait_for_timeout(1500)
    assert len(lost) == 1
    expect(chat.log.locator(".message.customer")).to_have_count(1)
    chat.expect_answer(PRICE)


def test_what_could_not_be_sent_can_be_tried_again(chat: ChatPage) -> None:
    cut(chat.page, "**/api/conversations")
    chat.say(PRICE_QUESTION)
    again = chat.dialog.get_by_role("button", name="Try again")
    expect(again).to_be_visible(timeout=ANSWER_MS)
    chat.page.unroute("**/api/conversations")
    again.click()
    chat.expect_answer(PRICE)
    expect(chat.log.locator(".message.customer")).to_have_count(1)


def test_the_customer_ends_a_conversation_and_starts_another(chat: ChatPage) -> None:
    chat.say(PRICE_QUESTION)
    chat.expect_answer(PRICE)
    chat.dialog.get_by_role("button", name="More").click()
    chat.dialog.get_by_role("button", name="End conversation").click()
    chat.dialog.get_by_role("button", name="End it").click()
    expect(chat.dialog.get_by_text("This conversation has ended.")).to_be_visible()
    expect(chat.input).to_be_hidden()
    chat.dialog.get_by_role("button", name="Start a new conversation").click()
    expect(chat.log.locator(".message.customer")).to_have_count(0)
    chat.say(STATUS_QUESTION)
    chat.expect_answer(STATUS_ANSWER)


def test_a_conversation_the_server_no_longer_knows_gives_way_to_a_new_one(chat: ChatPage) -> None:
    chat.page.evaluate(FORGED_RECORD)
    chat.page.reload()
    chat.say(PRICE_QUESTION)
    chat.expect_answer(PRICE)


FORGED_RECORD = """() => localStorage.setItem(`switchboard-chat:${location.origin}/`, JSON.stringify(
    { id: "00000000-0000-4000-8000-000000000000", token: "wrong", used: Date.now() }))"""


def test_the_keyboard_is_enough(page: Page, system: Any) -> None:
    chat = ChatPage(page, system.url)
    chat.launcher.focus()
    page.keyboard.press("Enter")
    assert chat.focused() == "input"
    page.keyboard.type("one")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("two")
    assert chat.input.input_value() == "one\ntwo"
    chat.input.fill("")
    page.keyboard.type(GIBBERISH)
    page.keyboard.press("Enter")
    expect(chat.choices.first).to_be_enabled(timeout=ANSWER_MS)
    title = chat.choices.last.inner_text()
    for _ in range(20):
        page.keyboard.press("Shift+Tab")
        if chat.focused() == title:
            break
    assert chat.focused() == title
    page.keyboard.press("Enter")
    chat.expect_handled(title)
    assert chat.focused() == "input"
    page.keyboard.press("Escape")
    expect(chat.dialog).to_be_hidden()
    assert chat.focused().startswith("Chat with us")


def test_escape_closes_the_menu_before_the_chat(chat: ChatPage) -> None:
    chat.dialog.get_by_role("button", name="More").click()
    chat.page.keyboard.press("Escape")
    expect(chat.dialog.get_by_role("button", name="Start a new conversation")).to_be_hidden()
    expect(chat.dialog).to_be_visible()
    chat.page.keyboard.press("Escape")
    expect(chat.dialog).to_be_hidden()


def test_a_screen_reader_finds_its_way(chat: ChatPage) -> None:
    expect(chat.log).to_have_attribute("aria-live", "polite")
    expect(chat.input).to_be_focused()
    assert chat.dialog.get_by_role("status").count() == 1
    chat.say(PRICE_QUESTION)
    chat.expect_answer(PRICE)
    assert "Assistant" in (chat.answers.last.text_content() or "")


def test_a_message_that_is_too_long_cannot_be_sent(chat: ChatPage) -> None:
    chat.input.fill("a" * 4_900)
    expect(chat.dialog.get_by_text("4,900 of 5,000 characters")).to_be_visible()
    chat.input.fill("a" * 5_001)
    expect(chat.dialog.get_by_text("1 character too long")).to_be_visible()
    expect(chat.dialog.get_by_role("button", name="Send")).to_be_disabled()
    chat.input.press("Enter")
    expect(chat.log.locator(".message.customer")).to_have_count(0)


@pytest.mark.parametrize("width", [320, 375])
def test_it_fills_a_phone(open_chat: OpenChat, width: int) -> None:
    chat = open_chat((width, 640), has_touch=True)
    assert chat.dialog.bounding_box() == {"x": 0, "y": 0, "width": width, "height": 640}
    chat.say(GIBBERISH)
    expect(chat.choices.first).to_be_enabled(timeout=ANSWER_MS)
    assert chat.small_targets() == []
    assert chat.page.evaluate("document.documentElement.scrollWidth") == width


def test_on_a_phone_the_focus_stays_in_the_chat(open_chat: OpenChat) -> None:
    chat = open_chat(PHONE)
    for _ in range(12):
        chat.page.keyboard.press("Tab")
        assert chat.page.evaluate("document.activeElement.tagName") == "SWITCHBOARD-CHAT"


def test_nothing_on_the_page_breaks_its_content_security_policy(open_context: OpenContext, system: Any) -> None:
    page = open_context().new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    chat = ChatPage(page, system.url).visit().open()
    chat.say(PRICE_QUESTION)
    chat.expect_answer(PRICE)
    page.goto(f"{system.url}/docs")
    expect(page.get_by_role("heading", name="/api/answer")).to_be_visible()
    assert complaints == []


def test_the_page_itself_opens_the_chat_with_a_question(page: Page, system: Any) -> None:
    chat = ChatPage(page, system.url)
    page.get_by_role("button", name="Where is my order?").click()
    expect(chat.input).to_have_value(STATUS_QUESTION)
    page.keyboard.press("Escape")
    expect(chat.dialog).to_be_hidden()
    assert chat.focused() == "Where is my order?"


FOREIGN_SITE = """<!doctype html><title>Another shop</title>
<style>body * { font: 40px serif !important; color: red !important; opacity: .5; margin: 9px; text-transform: uppercase }</style>
<script src="/widget.js" data-title="Fern & Co" data-accent="#ffd400" data-side="left" data-theme="dark" defer></script>
<p>Hello</p>"""


def test_another_sites_styles_stay_out_and_its_wishes_are_met(open_context: OpenContext, system: Any) -> None:
    page = open_context().new_page()
    page.route("**/another-shop", lambda route: route.fulfill(body=FOREIGN_SITE, content_type="text/html"))
    page.goto(f"{system.url}/another-shop")
    launcher = page.get_by_role("button", name="Chat with us")
    expect(launcher).to_have_css("background-color", "rgb(255, 212, 0)")
    expect(launcher).to_have_css("color", "rgb(20, 20, 26)")
    box = launcher.bounding_box()
    assert box is not None
    assert box["x"] < 100
    launcher.click()
    dialog = page.get_by_role("dialog", name="Chat with Fern & Co")
    expect(dialog.get_by_text("I’m Fern & Co’s automated assistant")).to_have_css("font-size", "15px")
    assert page.locator("switchboard-chat").evaluate("(host) => getComputedStyle(host).opacity") == "1"
    page.screenshot(path="results/screenshots/another-shop.png")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("device", "size"), [("desktop", DESKTOP), ("phone", PHONE)])
def test_it_is_readable_in_light_and_dark(open_chat: OpenChat, device: str, size: tuple[int, int], scheme: str) -> None:
    """Also keeps the pictures in results/screenshots/."""
    chat = open_chat(size, scheme)
    chat.screenshot(f"{device}-{scheme}-1-open")
    assert chat.faint_texts() == []
    chat.say(STATUS_QUESTION)
    chat.expect_answer(STATUS_ANSWER)
    chat.say(GIBBERISH)
    expect(chat.choices.first).to_be_enabled(timeout=ANSWER_MS)
    chat.screenshot(f"{device}-{scheme}-2-answers")
    assert chat.faint_texts() == []
    chat.say(BILLING_REQUEST)
    chat.expect_answer(BILLING_ANSWER)
    chat.screenshot(f"{device}-{scheme}-3-handover")
    assert chat.faint_texts() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("device", "size"), [("desktop", DESKTOP), ("phone", PHONE)])
def test_the_pages_fit_their_window(
    open_context: OpenContext, system: Any, device: str, size: tuple[int, int], scheme: str
) -> None:
    page = open_context(size, scheme).new_page()
    for path, name in (("/", "shop"), ("/docs", "docs")):
        page.goto(system.url + path)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") == size[0]
        page.screenshot(path=f"results/screenshots/{device}-{scheme}-{name}.png", full_page=name == "shop")


def cut(page: Page, pattern: str) -> None:
    """Lets no call to addresses of this pattern through."""
    page.route(pattern, lambda route: route.abort())

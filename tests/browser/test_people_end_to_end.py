"""People take over from the assistant: a customer in the chat and agents at the desk, at once, in the running system."""

import re

import pytest
from playwright.sync_api import Route, expect

from tests.acceptance.test_running import eventually
from tests.browser.chat_page import ANSWER_MS, ChatPage
from tests.browser.desk_page import SOON_MS, DeskPage
from tests.browser.people_fixtures import *  # noqa: F403
from tests.browser.people_fixtures import (
    OpenDesk,
    Talk,
    asks_for_a_person,
    conversation_of,
    does,
    item,
    said,
    takes,
    with_whom,
)
from tests.staff import ORDER_TO_CANCEL, OVERDUE, Staff

pytestmark = pytest.mark.slow

SHOWN = "select count(*) from switchboard.messages where conversation_id = :id and not suppressed"
TWICE = "select text from switchboard.messages where conversation_id = :id group by text having count(*) > 1"


# Handing over


def test_an_agent_sees_at_once_who_asks_for_a_person_and_why(chat: ChatPage, open_desk: OpenDesk) -> None:
    desk = open_desk("Ada", "orders")
    expect(desk.page.get_by_text("Nobody is waiting")).to_be_visible()
    chat.say("Where is my order 23456?")
    chat.expect_answer("Your order #23456 is on its way")

    conversation = asks_for_a_person(chat)

    expect(item(desk, conversation)).to_contain_text("Asked for a person", timeout=SOON_MS)
    expect(desk.page.locator('[data-count="waiting"]')).to_have_text("1")
    item(desk, conversation).click()
    why = desk.page.locator("#why")
    expect(why).to_contain_text("Asked for a person")
    expect(why.locator(".summary")).to_contain_text("23456")
    why.locator("summary").click()
    expect(why.locator(".pairs")).to_contain_text("Asked for a person")
    asked = desk.entry("Where is my order 23456?")
    expect(asked).to_contain_text(re.compile(r"Understood as (track order|delivery period), \d+ %"))
    expect(desk.entry("Your order #23456 is on its way")).to_have_count(1)


def test_the_customer_sees_who_joined(chat: ChatPage, open_desk: OpenDesk) -> None:
    conversation = asks_for_a_person(chat)
    desk = open_desk("Ada", "orders").open(conversation, "waiting")

    takes(desk)

    expect(with_whom(chat, "Ada")).to_be_visible(timeout=SOON_MS)
    expect(said(chat, "system", "Ada from Orders has joined the conversation.")).to_have_count(1)


def test_what_is_written_comes_at_once_on_both_sides(talk: Talk) -> None:
    chat, desk = talk.chat, talk.desk

    desk.write("Hello, what can I do?")
    expect(said(chat, "agent", "Hello, what can I do?")).to_contain_text("Ada", timeout=SOON_MS)
    chat.say("My kettle has no lid.")
    expect(desk.entry("My kettle has no lid.")).to_have_count(1, timeout=SOON_MS)
    chat.expect_handled("My kettle has no lid.")


def test_who_is_writing_is_seen_on_both_sides(talk: Talk) -> None:
    chat, desk = talk.chat, talk.desk

    def customer_writes() -> bool:
        chat.input.press_sequentially("I wonder ")
        return desk.page.get_by_text("The customer is writing…").is_visible()

    def agent_writes() -> bool:
        desk.composer.press_sequentially("Let me see ")
        return chat.log.get_by_text("Ada is writing…").is_visible()

    assert eventually(customer_writes)
    assert eventually(agent_writes)


def test_the_bot_is_silent_while_a_person_has_the_conversation(talk: Talk, staff: Staff) -> None:
    bots = "select count(*) from switchboard.messages where conversation_id = :id and sender = 'bot'"
    before = staff.rows(bots, id=talk.conversation)

    talk.chat.say("How much is the membership?")

    talk.chat.expect_handled("How much is the membership?")
    expect(talk.desk.entry("How much is the membership?")).to_have_count(1, timeout=SOON_MS)
    assert staff.rows(bots, id=talk.conversation) == before


def begins_to_cancel(chat: ChatPage, staff: Staff) -> tuple[str, str]:
    """The customer shows who they are for it, and is asked why; returns the order's number and their address."""
    ((number, email),) = staff.rows(ORDER_TO_CANCEL)
    chat.say(f"Please cancel order {number}, my mail is {email}")
    chat.expect_answer(f"Why do you want to cancel order #{number}?")
    return number, email


def test_what_the_bot_was_about_to_say_when_an_agent_took_over_is_kept_and_not_shown(
    chat: ChatPage, open_desk: OpenDesk, staff: Staff
) -> None:
    number, _ = begins_to_cancel(chat, staff)
    chat.say("I changed my mind")
    chat.expect_answer("Shall I do that?")
    desk = open_desk("Ada", "orders").open(conversation_of(chat), "bot")
    with staff.held_order(number):
        chat.say("yes")
        assert eventually(lambda: staff.waits_for_order())
        with desk.page.expect_response("**/take"):
            desk.page.get_by_role("button", name="Take over").click()

    expect(desk.page.get_by_role("button", name="Resolve")).to_be_visible(timeout=SOON_MS)
    expect(with_whom(chat, "Ada")).to_be_visible(timeout=SOON_MS)
    unsaid = desk.entries.filter(has_text=re.compile("Not shown to the customer"))
    expect(unsaid).to_contain_text("is cancelled", timeout=ANSWER_MS)
    expect(desk.entry("The assistant did this, and the customer has not been told")).to_contain_text(number)
    expect(desk.entry("The assistant did this")).to_contain_text("Private note")
    desk.write("Your order is cancelled.")
    expect(said(chat, "agent", "Your order is cancelled.")).to_have_count(1, timeout=SOON_MS)
    expect(said(chat, "bot", "is cancelled")).to_have_count(0)
    expect(chat.log.get_by_text("The assistant did this")).to_have_count(0)


# Passing on, giving back, ending


def test_a_conversation_is_passed_to_a_colleague_with_a_note_that_the_customer_never_sees(
    talk: Talk, open_desk: OpenDesk
) -> None:
    ben = open_desk("Ben", "billing").go("mine")

    does(talk.desk, "Transfer", To="Ben (busy, 0 of 5)", Note_for_them="Knows all about kettles")

    expect(with_whom(talk.chat, "Ben")).to_be_visible(timeout=SOON_MS)
    expect(item(ben, talk.conversation)).to_be_visible(timeout=SOON_MS)
    item(ben, talk.conversation).click()
    expect(ben.entry("Knows all about kettles")).to_contain_text("Private note")
    expect(talk.chat.log.get_by_text("kettles")).to_have_count(0)
    expect(talk.desk.page.get_by_text("You have no conversations")).to_be_visible()


def test_a_conversation_is_passed_to_another_team_which_takes_it(talk: Talk, open_desk: OpenDesk) -> None:
    ben = open_desk("Ben", "billing")

    does(talk.desk, "Transfer", To="Billing")

    expect(said(talk.chat, "system", "You are being passed on to Billing.")).to_have_count(1, timeout=SOON_MS)
    expect(talk.chat.dialog.get_by_text("You’re next in line.")).to_be_visible(timeout=SOON_MS)
    expect(item(ben, talk.conversation)).to_be_visible(timeout=SOON_MS)
    takes(ben.open(talk.conversation))
    expect(with_whom(talk.chat, "Ben")).to_be_visible(timeout=SOON_MS)


def test_given_back_the_bot_knows_the_order_that_was_talked_about(talk: Talk) -> None:
    chat, desk = talk.chat, talk.desk
    chat.say("It is about 23456")
    expect(desk.entry("It is about 23456")).to_have_count(1, timeout=SOON_MS)

    does(desk, "Give back")

    expect(said(chat, "system", "Ada has left the conversation.")).to_have_count(1, timeout=SOON_MS)
    expect(chat.dialog.get_by_role("button", name="Talk to a person")).to_be_visible()
    chat.say("Where is my order?")
    chat.expect_answer("Your order #23456 is on its way")
    expect(said(chat, "bot", "Which order is it?")).to_have_count(0)
    desk.open(talk.conversation, "bot")
    expect(desk.page.get_by_text("The bot is answering.")).to_be_visible()


def test_who_waits_goes_back_to_the_bot_which_answers(chat: ChatPage, open_desk: OpenDesk) -> None:
    conversation = asks_for_a_person(chat)
    desk = open_desk("Ada", "orders")
    expect(item(desk, conversation)).to_be_visible()

    chat.dialog.get_by_role("button", name="Back to the assistant").click()

    expect(item(desk, conversation)).to_have_count(0, timeout=SOON_MS)
    chat.say("How much is the membership?")
    chat.expect_answer("Larkspur Plus costs")
    chat.say("Where is my order 23456?")
    chat.expect_answer("Your order #23456 is on its way")


def test_a_resolved_conversation_is_rated_and_the_desk_shows_it(talk: Talk) -> None:
    chat, desk = talk.chat, talk.desk
    desk.write("You are welcome!")
    expect(said(chat, "agent", "You are welcome!")).to_be_visible(timeout=SOON_MS)

    does(desk, "Resolve")

    chat.dialog.get_by_role("radio", name="4, Good").check(timeout=SOON_MS)
    chat.dialog.get_by_label("What should we know?").fill("Ada was quick")
    chat.dialog.get_by_role("button", name="Send rating").click()
    expect(chat.dialog.get_by_text("Thank you for your rating.")).to_be_visible(timeout=SOON_MS)
    desk.open(talk.conversation, "resolved")
    expect(desk.page.locator("#head")).to_contain_text("Rated 4 of 5")
    expect(desk.page.locator("#side")).to_contain_text("Ada was quick")


def test_what_an_agent_notes_at_the_end_is_kept_with_the_customer_in_the_shop(
    chat: ChatPage, open_desk: OpenDesk, staff: Staff
) -> None:
    _, email = begins_to_cancel(chat, staff)
    conversation = asks_for_a_person(chat)
    desk = open_desk("Ada", "orders").open(conversation, "waiting")
    takes(desk)

    does(desk, "Resolve", Note="Keeps it, and gets a lid")

    noted = "select t.text from shop.tickets t join shop.customers c using (customer_id) where c.email = :email"
    assert eventually(lambda: "resolved: Keeps it, and gets a lid" in str(staff.rows(noted, email=email)))


def test_a_customer_rates_also_whom_the_bot_alone_served(chat: ChatPage, open_desk: OpenDesk) -> None:
    chat.say("How much is the membership?")
    chat.expect_answer("Larkspur Plus costs")
    chat.dialog.get_by_role("button", name="More").click()
    chat.dialog.get_by_role("button", name="End conversation").click()
    chat.dialog.get_by_role("button", name="End it").click()

    chat.dialog.get_by_role("radio", name="5, Very good").check()
    chat.dialog.get_by_role("button", name="Send rating").click()

    expect(chat.dialog.get_by_text("Thank you for your rating.")).to_be_visible(timeout=SOON_MS)
    desk = open_desk("Ada", "orders").open(conversation_of(chat), "resolved")
    expect(desk.page.locator("#head")).to_contain_text("Rated 5 of 5")


# When things go wrong


def test_after_both_were_cut_off_nothing_is_lost_and_nothing_comes_twice(talk: Talk, staff: Staff) -> None:
    chat, desk = talk.chat, talk.desk
    desk.write("One moment.")
    expect(said(chat, "agent", "One moment.")).to_have_count(1, timeout=SOON_MS)
    for side in (chat, desk):
        side.page.context.set_offline(True)
    chat.say("Are you there?")
    desk.write("Found it!")
    expect(desk.pending).to_contain_text("Found it!")
    expect(chat.dialog.get_by_text("Not sent.")).to_be_visible(timeout=SOON_MS)

    for side in (desk, chat):
        side.page.context.set_offline(False)
    chat.dialog.get_by_role("button", name="Try again").click()

    expect(said(chat, "agent", "Found it!")).to_have_count(1, timeout=ANSWER_MS)
    expect(desk.entry("Are you there?")).to_have_count(1, timeout=ANSWER_MS)
    expect(desk.entry("Found it!")).to_have_count(1, timeout=ANSWER_MS)
    expect(desk.pending).to_have_count(0, timeout=SOON_MS)
    expect(chat.log.locator(".message:not(:first-child)")).to_have_count(
        staff.rows(SHOWN, id=talk.conversation)[0][0], timeout=SOON_MS
    )
    assert staff.rows(TWICE, id=talk.conversation) == []


def test_of_two_agents_who_take_the_same_conversation_at_once_one_gets_it_and_the_other_is_told(
    chat: ChatPage, open_desk: OpenDesk
) -> None:
    conversation = asks_for_a_person(chat)
    desks = [open_desk(name, "orders").open(conversation, "waiting") for name in ("Ada", "Ben")]
    at_the_door: list[Route] = []
    for desk in desks:
        desk.page.route("**/take", lambda route: at_the_door.append(route))
        desk.page.get_by_role("button", name="Take", exact=True).click(no_wait_after=True)
    assert eventually(lambda: len([desk.page.title() for desk in desks]) == len(at_the_door) == 2)

    for route in at_the_door:
        route.continue_()

    refused: list[DeskPage] = []

    def one_is_refused() -> bool:
        toasts = [desk.page.locator(".toast", has_text="somebody else has it by now") for desk in desks]
        refused.extend(desk for desk, toast in zip(desks, toasts, strict=True) if toast.is_visible())
        return bool(refused)

    assert eventually(one_is_refused)
    [loser] = refused
    [winner] = [desk for desk in desks if desk is not loser]
    expect(loser.page.get_by_text(re.compile("(Ada|Ben) has this conversation."))).to_be_visible(timeout=SOON_MS)
    expect(winner.page.get_by_role("button", name="Resolve")).to_be_visible()
    expect(chat.log.get_by_text("has joined the conversation.")).to_have_count(1)


def test_words_that_must_not_wait_are_at_the_desk_at_once_as_urgent(chat: ChatPage, open_desk: OpenDesk) -> None:
    desk = open_desk("Ada", "support", skills=["product_safety"])

    conversation = asks_for_a_person(chat, "My kettle caught fire")

    chat.expect_answer("Please stop using it and unplug it")
    expect(item(desk, conversation)).to_contain_text("Urgent", timeout=SOON_MS)
    item(desk, conversation).click()
    expect(desk.page.locator("#head")).to_contain_text("Urgent priority")
    expect(desk.page.locator("#why")).to_contain_text("Safety")


def test_a_broken_promise_raises_the_priority_and_supervisors_are_told_live(
    chat: ChatPage, open_desk: OpenDesk, staff: Staff
) -> None:
    desk = open_desk("Sue", "support", role="supervisor")
    conversation = asks_for_a_person(chat)
    expect(item(desk, conversation)).to_be_visible(timeout=SOON_MS)
    assert eventually(lambda: staff.rows("select 1 from switchboard.sla_timers where met_at is null"))

    staff.rows(OVERDUE, id=conversation)

    expect(desk.page.locator(".toast")).to_be_visible(timeout=SOON_MS)
    expect(item(desk, conversation)).to_contain_text("High", timeout=SOON_MS)
    expect(item(desk, conversation).locator(".late")).to_be_visible(timeout=SOON_MS)


def test_whoever_is_online_is_given_what_waits(chat: ChatPage, open_desk: OpenDesk) -> None:
    desk = open_desk("Ada", "orders", presence="online").go("mine")

    chat.say("I want to talk to a person about my order")

    expect(with_whom(chat, "Ada")).to_be_visible(timeout=ANSWER_MS)
    expect(item(desk, conversation_of(chat))).to_be_visible(timeout=SOON_MS)

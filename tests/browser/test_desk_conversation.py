"""A conversation in the desk, in a real browser: reading and writing, and what an agent does with it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import APIResponse, Request, Route, expect
from sqlalchemy import text
from sqlalchemy.engine import Engine

from switchboard.conversations import holder
from switchboard.conversations.changes import announce, announce_desk, announce_typing
from switchboard.routing import sla
from switchboard.routing.teams import Team
from tests.browser.desk_fixtures import ANSWERED
from tests.browser.desk_page import SOON_MS, DeskPage, hire_signed
from tests.talking import give, hire, rows, say, wait_until

pytestmark = pytest.mark.slow


def pump(desk: DeskPage, happened: Callable[[], object]) -> None:
    """Let the browser go on until something has happened."""
    for _ in range(300):
        if happened():
            return
        desk.page.wait_for_timeout(50)
    raise AssertionError("it did not happen")


def open_and_read(desk: DeskPage, conversation: str) -> None:
    """Open it, and wait until the page has read what may have changed since it was made."""
    with desk.page.expect_response("**/entries?after=*"):
        desk.open(conversation)


def test_a_reply_is_shown_at_once_and_stored_once_however_often_it_is_sent(
    desk: DeskPage, engine: Engine, conversation: str
) -> None:
    sent: list[Route] = []

    def lose_the_first(route: Route) -> None:
        sent.append(route)
        if len(sent) == 1:
            route.abort()

    desk.open(conversation)
    desk.page.route("**/messages", lose_the_first)
    desk.write("On its way")
    expect(desk.pending).to_contain_text("Sending")
    pump(desk, lambda: len(sent) == 2)
    sent[1].continue_()
    expect(desk.entry("On its way")).to_have_count(1, timeout=SOON_MS)
    expect(desk.pending).to_have_count(0)
    assert sent[0].request.post_data_json == sent[1].request.post_data_json
    assert rows(engine, "select count(*) from switchboard.messages where text = 'On its way'") == [(1,)]


def test_replies_arrive_in_the_order_in_which_they_were_written(
    desk: DeskPage, engine: Engine, conversation: str
) -> None:
    desk.open(conversation)
    desk.page.route("**/messages", lambda route: route.abort(), times=1)
    desk.write("First this")
    desk.write("Then that")
    expect(desk.entry("Then that")).to_have_count(1, timeout=SOON_MS)
    said = "select text from switchboard.messages where sender = 'agent' order by seq"
    assert rows(engine, said) == [("First this",), ("Then that",)]


def test_a_reply_that_is_refused_says_so_and_can_be_sent_again(
    desk: DeskPage, engine: Engine, conversation: str
) -> None:
    desk.open(conversation)
    desk.page.route("**/messages", lambda route: route.fulfill(status=409, json={"error": {"message": "Not yours."}}))
    desk.write("Hello there")
    expect(desk.pending).to_contain_text("Not sent. Not yours.")
    desk.page.unroute("**/messages")
    desk.pending.get_by_role("button", name="Try again").click()
    expect(desk.entry("Hello there")).to_have_count(1, timeout=SOON_MS)


def leave_unsent(desk: DeskPage, conversation: str, text: str) -> None:
    """Write a reply that does not arrive; nothing does before the route is taken away."""
    desk.open(conversation)
    desk.page.route("**/messages", lambda route: route.abort())
    desk.write(text)
    expect(desk.pending).to_have_count(1)


def test_a_reply_survives_a_closed_tab_and_is_sent_when_its_agent_says_so(desk: DeskPage, conversation: str) -> None:
    leave_unsent(desk, conversation, "Not lost")
    asked: list[Request] = []
    desk.page.on("request", lambda request: asked.append(request) if request.url.endswith("/messages") else None)
    desk.page.reload()
    expect(desk.pending).to_contain_text("Not sent. You left the page before it arrived.")
    assert asked == []
    desk.page.unroute("**/messages")
    desk.pending.get_by_role("button", name="Try again").click()
    expect(desk.entry("Not lost")).to_have_count(1, timeout=SOON_MS)


def test_nobody_sees_or_sends_what_another_has_written_at_the_same_browser(
    desk: DeskPage, engine: Engine, conversation: str
) -> None:
    leave_unsent(desk, conversation, "From Ada")
    desk.composer.fill("Ada is still thinking")
    kim = hire_signed(engine, "Kim", "support")
    give(engine, conversation, kim)
    desk.page.goto("about:blank")
    desk.page.unroute("**/messages")
    desk.page.context.clear_cookies()
    desk.sign_in("Kim").open(conversation)
    expect(desk.composer).to_be_visible()
    expect(desk.composer).to_have_value("")
    expect(desk.pending).to_have_count(0)
    assert rows(engine, "select count(*) from switchboard.messages where text = 'From Ada'") == [(0,)]


def test_drafts_are_kept_a_reply_s_and_a_note_s_apart(desk: DeskPage, conversation: str) -> None:
    desk.open(conversation).composer.fill("half a reply")
    desk.page.get_by_role("radio", name="Private note").check()
    expect(desk.composer).to_have_value("")
    desk.composer.fill("half a note")
    desk.page.reload()
    expect(desk.composer).to_have_value("half a reply")
    desk.page.get_by_role("radio", name="Private note").check()
    expect(desk.composer).to_have_value("half a note")


def test_a_note_is_private(desk: DeskPage, engine: Engine, conversation: str) -> None:
    desk.open(conversation).press("n")
    desk.write("Asked the warehouse")
    expect(desk.entry("Asked the warehouse")).to_contain_text("Private note")
    assert rows(engine, "select count(*) from switchboard.messages where text = 'Asked the warehouse'") == [(0,)]


def test_a_note_is_written_once_also_after_the_page_s_parts_were_read_again(
    desk: DeskPage, engine: Engine, conversation: str
) -> None:
    desk.open(conversation).press("n")
    rows(engine, "update switchboard.handoffs set priority = 3")
    with engine.begin() as connection:
        announce_desk(connection)
    expect(desk.page.locator("#head")).to_contain_text("Urgent priority", timeout=SOON_MS)
    desk.composer.fill("Asked the warehouse")
    desk.page.get_by_role("button", name="Add note").click()
    expect(desk.entry("Asked the warehouse")).to_have_count(1, timeout=SOON_MS)
    assert rows(engine, "select count(*) from switchboard.notes where text = 'Asked the warehouse'") == [(1,)]


def test_new_messages_come_by_themselves_and_leave_the_reader_s_place(
    desk: DeskPage, engine: Engine, conversation: str
) -> None:
    for number in range(30):
        say(engine, conversation, f"line {number}")
    desk.open(conversation)
    said = desk.page.locator("#said")
    said.evaluate("(pane) => (pane.scrollTop = 0)")
    say(engine, conversation, "are you there?")
    expect(desk.entry("are you there?")).to_have_count(1, timeout=SOON_MS)
    assert said.evaluate("(pane) => pane.scrollTop") == 0
    desk.page.get_by_role("button", name="New messages").click()
    expect(desk.entry("are you there?")).to_be_in_viewport()


LONG = """
    insert into switchboard.messages (conversation_id, seq, sender, text)
    select :id, n, 'bot', 'line ' || n from generate_series(2, 700) n
"""


def test_earlier_messages_come_before_and_leave_the_reader_s_place(
    desk: DeskPage, engine: Engine, conversation: str
) -> None:
    rows(engine, LONG, id=conversation)
    desk.open(conversation)
    expect(desk.entries).to_have_count(500)
    oldest = desk.page.locator("#m201")
    oldest.scroll_into_view_if_needed()
    desk.page.get_by_role("button", name="Earlier messages").click()
    expect(desk.entries).to_have_count(700)
    expect(desk.page.get_by_role("button", name="Earlier messages")).to_be_hidden()
    expect(oldest).to_be_in_viewport()
    assert desk.entries.first.get_attribute("data-seq") == "1"


def test_what_was_read_late_is_not_shown_over_what_is_newer(desk: DeskPage, engine: Engine, conversation: str) -> None:
    late: list[tuple[Route, APIResponse]] = []
    asked: list[str] = []
    open_and_read(desk, conversation)
    desk.page.route("**/entries?after=*", lambda route: late.append((route, route.fetch())), times=1)
    desk.page.on("request", lambda request: asked.append(request.url) if "/entries?" in request.url else None)
    say(engine, conversation, "And the lid is missing")
    pump(desk, lambda: late)
    with engine.begin() as connection:
        connection.execute(text(ANSWERED.replace("seq = 1", "seq > 1")), {"id": conversation})
        announce(connection, conversation)
    desk.page.wait_for_timeout(500)
    assert len(asked) == 1

    route, response = late[0]
    route.fulfill(response=response)

    expect(desk.entry("And the lid is missing")).to_contain_text("Understood as complaint, 61 %", timeout=SOON_MS)


def test_what_could_not_be_read_is_read_again(desk: DeskPage, engine: Engine, conversation: str) -> None:
    lost: list[str] = []

    def lose(route: Route) -> None:
        lost.append(route.request.url)
        route.abort()

    desk.open(conversation)
    desk.page.route("**/entries?after=*", lose)
    say(engine, conversation, "And the lid is missing")
    pump(desk, lambda: lost)
    desk.page.wait_for_timeout(1500)  # whatever else is told of it
    desk.page.unroute("**/entries?after=*")
    expect(desk.entry("And the lid is missing")).to_have_count(1, timeout=SOON_MS)


def test_who_has_a_conversation_is_right_though_it_changed_while_that_was_read(
    desk: DeskPage, engine: Engine, conversation: str, ada: int
) -> None:
    late: list[tuple[Route, APIResponse]] = []
    kim = hire_signed(engine, "Kim", "support")
    open_and_read(desk, conversation)
    desk.page.route("**/foot?*", lambda route: late.append((route, route.fetch())), times=1)
    give(engine, conversation, kim)
    pump(desk, lambda: late)
    give(engine, conversation, ada)
    desk.page.wait_for_timeout(1500)  # the page is told meanwhile

    route, response = late[0]
    route.fulfill(response=response)

    expect(desk.composer).to_be_visible(timeout=SOON_MS)
    expect(desk.page.get_by_role("button", name="Resolve")).to_be_visible()


def test_while_the_shop_s_system_hangs_only_the_card_is_missing(
    desk: DeskPage, engine: Engine, conversation: str
) -> None:
    held: list[Route] = []
    desk.page.route("**/side", lambda route: held.append(route))
    desk.open(conversation)
    desk.write("I am looking into it")
    expect(desk.entry("I am looking into it")).to_have_count(1, timeout=SOON_MS)
    card = desk.page.get_by_role("complementary", name="Customer")
    expect(card).to_contain_text(f"Visitor {conversation[:4]}")
    expect(card).not_to_contain_text("Not verified")
    wait_until(lambda: held)
    held[0].abort()
    expect(desk.page.get_by_text("The shop’s system does not answer right now.")).to_be_visible()
    desk.page.unroute("**/side")
    card.get_by_role("link", name="Show the customer").click()
    expect(card).to_contain_text("Not verified")


def test_a_customer_is_looked_up_and_the_address_is_in_no_address_line(
    desk: DeskPage, engine: Engine, conversation: str
) -> None:
    [(email, name)] = rows(engine, "select email, first_name from shop.customers order by customer_id limit 1")
    asked: list[str] = []
    desk.page.on("request", lambda request: asked.append(request.url))
    desk.open(conversation)
    desk.page.get_by_label("Look up a customer").fill(email)
    desk.page.get_by_role("button", name="Look up").click()
    expect(desk.page.get_by_role("complementary", name="Customer")).to_contain_text(name)
    assert [url for url in asked if "%40" in url or "@" in url] == []


def test_what_one_can_do_follows_who_has_the_conversation(desk: DeskPage, engine: Engine, conversation: str) -> None:
    desk.open(conversation)
    expect(desk.page.get_by_role("button", name="Resolve")).to_be_visible()
    desk.page.evaluate("document.getElementById('entries').dataset.same = 'page'")
    with engine.begin() as connection:
        holder.lock(connection, conversation)
        holder.return_to_queue(connection, conversation)
    expect(desk.page.get_by_role("button", name="Take", exact=True)).to_be_visible(timeout=SOON_MS)
    expect(desk.page.get_by_text("Take it to answer.")).to_be_visible()
    give(engine, conversation, hire(engine, "Sam", "support"))
    expect(desk.page.get_by_text("Sam has this conversation.")).to_be_visible(timeout=SOON_MS)
    expect(desk.page.locator("#entries[data-same]")).to_have_count(1)


TEAM = Team("Customer support", "one of my colleagues", None, {"next_response": 300.0})
PAST = "update switchboard.sla_timers set started_at = now() - interval '1 h', warn_at = now(), due_at = now()"


def test_what_is_promised_is_shown_as_it_changes_and_leaves_what_is_being_written(
    desk: DeskPage, engine: Engine, conversation: str
) -> None:
    head = desk.open(conversation).page.locator("#head")
    expect(head).to_contain_text("Normal priority")
    expect(head.locator("time")).to_have_count(0)
    desk.composer.fill("half a reply")

    [(handoff, now)] = rows(engine, "select handoff_id, now() from switchboard.handoffs")
    with engine.begin() as connection:  # as the router's sweep does it, some time after a message
        sla.start(connection, handoff, TEAM, ["next_response"], now)
        announce_desk(connection)
    expect(head.locator("time")).to_contain_text("Due in 4 min", timeout=SOON_MS)

    rows(engine, PAST)
    with engine.begin() as connection:
        sla.sweep(connection)
    expect(head.locator("time")).to_contain_text("Late by", timeout=SOON_MS)
    expect(head).to_contain_text("High priority", timeout=SOON_MS)
    expect(desk.page.locator("#why")).to_contain_text("High")
    expect(desk.composer).to_have_value("half a reply")

    desk.write("Here I am")
    expect(head.locator("time")).to_have_count(0, timeout=SOON_MS)


def test_it_shows_that_the_customer_is_writing(desk: DeskPage, engine: Engine, conversation: str) -> None:
    desk.open(conversation)

    def heard() -> bool:
        with engine.begin() as connection:
            announce_typing(connection, conversation, "customer")
        return desk.page.get_by_text("The customer is writing…").is_visible()

    wait_until(heard)


def test_after_an_interruption_nothing_is_missing(desk: DeskPage, engine: Engine, conversation: str) -> None:
    desk.open(conversation)
    desk.page.context.set_offline(True)
    desk.page.evaluate("dispatchEvent(new Event('online'))")
    expect(desk.page.get_by_text("Reconnecting…")).to_be_visible(timeout=SOON_MS)
    say(engine, conversation, "said meanwhile")
    desk.page.context.set_offline(False)
    expect(desk.entry("said meanwhile")).to_have_count(1, timeout=SOON_MS)
    expect(desk.page.get_by_text("Reconnecting…")).to_be_hidden()


def test_where_the_bot_was_wrong_the_right_intent_is_chosen(desk: DeskPage, engine: Engine, conversation: str) -> None:
    desk.open(conversation)
    desk.entry("cracked").get_by_text("Understood as complaint, 61 %").click()
    desk.entry("cracked").get_by_role("button", name="The bot was wrong here").click()
    dialog = desk.dialog("What did the customer want?")
    expect(dialog).to_contain_text("The jar arrived cracked")
    dialog.get_by_label("Find an intent").fill("refund get")
    dialog.get_by_label("Find an intent").press("Enter")
    dialog.get_by_role("button", name="Save").click()
    expect(desk.entry("cracked")).to_contain_text("Corrected to get refund")
    assert rows(engine, "select seq, intent from switchboard.corrections") == [(1, "get_refund")]


def test_a_conversation_is_transferred_with_a_note(desk: DeskPage, engine: Engine, conversation: str) -> None:
    hire(engine, "Sam", "support")
    desk.open(conversation).press("x")
    dialog = desk.dialog("Transfer")
    dialog.get_by_label("To", exact=True).select_option(label="Sam (online, 0 of 5)")
    dialog.get_by_label("Note for them").fill("Knows blenders")
    dialog.get_by_role("button", name="Transfer").click()
    expect(desk.page.get_by_text("Transferred.")).to_be_visible()
    expect(desk.page.get_by_text("You have no conversations")).to_be_visible()


def test_a_conversation_is_resolved(desk: DeskPage, engine: Engine, conversation: str) -> None:
    desk.open(conversation).press("e")
    desk.dialog("Resolve").get_by_label("Unresolved").check()
    desk.dialog("Resolve").get_by_role("button", name="Resolve").click()
    expect(desk.page.get_by_text("Resolved.", exact=True)).to_be_visible()
    assert rows(engine, "select outcome from switchboard.handoffs") == [("unresolved",)]

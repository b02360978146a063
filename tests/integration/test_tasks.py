"""The assistant's tasks, led through as a customer would, on the real shop; what Rasa understands is given."""

from dataclasses import replace

import pytest
from sqlalchemy.engine import Engine

from actions.past import told
from actions.tasks.identifying import BY_LINK
from actions.tasks.register import TASKS
from actions.tasks.steps import Steps
from switchboard.crm.effects import done_for
from switchboard.identity.levels import load_levels
from switchboard.settings import Settings
from tests.chatting import HANNAH, NOAH, OLIVIA, Chat, code_sent, state
from tests.talking import rows

LONG_AGO = "update switchboard.conversations set identity_until = now() where identity_level > 0"
"""What was shown counts no more."""

MAYA = "maya.torres@example.com"
SAMUEL, BEATRIX, LUCAS, ETHAN, GRACE = (
    f"{name}@example.com"
    for name in ("samuel.osei", "beatrix.nolan", "lucas.ferreira", "ethan.clarke", "grace.holloway")
)


@pytest.fixture
def chat(engine: Engine, settings: Settings) -> Chat:
    return Chat(engine, replace(settings, link_secret="secret"))


# Who the customer is


def test_who_it_is_comes_first(chat: Chat) -> None:
    assert "number of an order" in chat.begin("cancel_order").said
    assert "e-mail address" in chat.say("12346").said
    assert "Why do you want to cancel order #12346?" in chat.say(OLIVIA).said


def test_what_the_first_message_says_is_not_asked_for(chat: Chat) -> None:
    assert "Why" in chat.begin("cancel_order", f"cancel order 12346, I'm {OLIVIA}").said


def test_a_wrong_pair_never_tells_which_part_was_wrong(chat: Chat) -> None:
    wrong_number = chat.begin("cancel_order", f"cancel 99999, {OLIVIA}").said
    wrong_email = Chat(chat.engine, chat.identity.settings).begin("cancel_order", f"cancel 12346, {NOAH}").said
    assert wrong_number == wrong_email
    assert "can't find a customer" in wrong_number


def test_after_three_wrong_pairs_a_person_is_called(chat: Chat) -> None:
    chat.begin("cancel_order", f"cancel 10001 {OLIVIA}")
    chat.say("10002").say(OLIVIA)
    chat.say("10003").say(OLIVIA)
    chat.say("12346").say(OLIVIA)
    assert chat.ended == "identity_not_confirmed"
    assert state(chat.engine, "12346") == "pending"


def test_without_an_order_number_name_and_postcode_do(chat: Chat) -> None:
    chat.begin("cancel_order").press("don't have it")
    assert "full name" in chat.said
    assert "postcode" in chat.say("Hannah Whitfield").said
    assert "cancel order #78902" in chat.say("53703").said


@pytest.mark.parametrize("words", ["stop", "forget it"])
def test_a_stop_is_no_name(chat: Chat, words: str) -> None:
    chat.begin("cancel_order").press("don't have it").say(words)
    assert chat.ended == "over"


def test_what_could_be_stolen_needs_a_code(chat: Chat) -> None:
    chat.known("12346", OLIVIA).begin("change_order_address", "send 12346 to 5 Elm Street, Albany, NY 12207")
    assert "I have sent a code to" in chat.said
    assert OLIVIA not in chat.said
    assert "5 Elm Street, Albany NY 12207" in chat.say(code_sent(chat.engine)).said


def test_a_wrong_code_is_said_and_may_be_given_again(chat: Chat) -> None:
    chat.known("12346", OLIVIA).begin("change_order_address", "12346")
    wrong = f"{(int(code_sent(chat.engine)) + 1) % 1_000_000:06}"
    assert "not the code" in chat.say(wrong).said
    assert "Where shall order #12346 be sent?" in chat.say(code_sent(chat.engine)).said


def test_a_code_that_is_too_old_is_followed_by_another(chat: Chat) -> None:
    chat.known("12346", OLIVIA).begin("change_order_address", "12346")
    old = code_sent(chat.engine)
    rows(
        chat.engine, "update switchboard.identity_codes set expires_at = now(), sent_at = now() - interval '11 minutes'"
    )

    assert chat.say(old).said.startswith("That code is too old. I have sent a code to")

    assert "Where shall order #12346 be sent?" in chat.say(code_sent(chat.engine)).said


def test_words_are_no_wrong_code_and_a_new_one_can_be_had(chat: Chat) -> None:
    chat.known("12346", OLIVIA).begin("change_order_address", "12346")
    for _ in range(4):
        assert "six digits" in chat.say("where is it?").said
    assert "I have sent a code" in chat.say("I didn't get it, send me a new one").said
    assert "Where shall order #12346 be sent?" in chat.say(code_sent(chat.engine)).said


def test_an_order_number_is_no_wrong_code(chat: Chat) -> None:
    chat.known("12346", OLIVIA).begin("change_order_address", "12346")
    for _ in range(4):
        assert "six digits" in chat.say("it's 12346").said
    assert "Where shall order #12346 be sent?" in chat.say(code_sent(chat.engine)).said


def test_a_code_that_was_taken_in_a_lost_turn_is_not_asked_for_again(chat: Chat) -> None:
    chat.known("12346", OLIVIA).begin("change_order_address", "12346")
    code = code_sent(chat.engine)
    chat.identity.prove(chat.conversation, code)
    assert "Where shall order #12346 be sent?" in chat.say(code).said


def test_what_was_shown_is_asked_for_again_when_it_counts_no_more(chat: Chat) -> None:
    chat.begin("cancel_order", f"cancel order 12346, I'm {OLIVIA}").say("too late")
    rows(chat.engine, LONG_AGO)

    assert "number of an order" in chat.yes().said
    assert "Shall I do that?" in chat.say(f"12346, {OLIVIA}").said
    assert state(chat.engine, "12346") == "pending"
    assert chat.yes().ended == "done"


def test_it_stays_one_customers_conversation_when_that_is_asked_again(chat: Chat) -> None:
    chat.begin("cancel_order", f"cancel order 12346, I'm {OLIVIA}")
    rows(chat.engine, LONG_AGO)

    chat.say("too late")

    assert "can't find a customer" in chat.say(f"W1234567, {NOAH}").said


def test_through_a_mails_link_nothing_is_done_that_needs_to_know_who_it_is(chat: Chat) -> None:
    rows(chat.engine, "update switchboard.conversations set by_link = true")

    chat.begin("cancel_order", f"cancel order 12346, I'm {OLIVIA}")

    assert chat.said == BY_LINK
    assert chat.identity.customer(chat.conversation) is None


def test_the_question_that_is_open_is_then_who_it_is(chat: Chat) -> None:
    chat.begin("cancel_order", f"cancel order 12346, I'm {OLIVIA}")
    rows(chat.engine, LONG_AGO)

    assert "number of an order" in Steps(chat.draft, chat.conversation, chat.crm, chat.identity).question().text
    assert "Which e-mail address" in chat.say("12346").said
    assert "Why do you want to cancel order #12346?" in chat.say(OLIVIA).said


def test_a_no_needs_no_details(chat: Chat) -> None:
    chat.begin("cancel_order", f"cancel order 12346, I'm {OLIVIA}").say("too late")
    rows(chat.engine, LONG_AGO)

    assert "haven't changed anything" in chat.say("no", "deny").said


def test_a_code_is_sent_anew_when_what_was_shown_counts_no_more(chat: Chat) -> None:
    chat.begin("change_order_address", f"change the address of order 12346, {OLIVIA}")
    rows(chat.engine, LONG_AGO)
    rows(chat.engine, "update switchboard.identity_codes set sent_at = sent_at - interval '1 hour'")
    assert "number of an order" in chat.say("123456").said
    assert "I have sent a code" in chat.say(f"12346, {OLIVIA}").said

    assert rows(chat.engine, "select count(*) from switchboard.mails where subject ilike '%code%'") == [(2,)]


def test_somebody_elses_order_is_not_there(chat: Chat) -> None:
    chat.known("12346", OLIVIA).begin("cancel_order", "cancel W1234567")
    assert "can't find order W1234567 among yours" in chat.said
    assert state(chat.engine, "W1234567") == "pending"


# Cancelling


def test_an_order_is_cancelled_after_a_yes_to_exactly_that(chat: Chat) -> None:
    chat.begin("cancel_order", f"cancel order 12346, {OLIVIA}").say("ordered the wrong one")
    assert "I will cancel the whole order #12346: 1 × Alder frying pan (" in chat.said
    assert "goes back to your Visa card" in chat.said
    assert state(chat.engine, "12346") == "pending"
    assert "Done: order #12346 is cancelled." in chat.yes().said
    [row] = rows(chat.engine, "select state, cancel_reason from shop.orders where number = '12346'")
    assert row == ("cancelled", "ordered the wrong one")


def test_a_gift_card_gets_its_money_at_once(chat: Chat) -> None:
    chat.begin("cancel_order", f"cancel 12347 {OLIVIA}").press("Changed my mind")
    assert "goes back to your gift card at once" in chat.yes().said


def test_a_no_changes_nothing(chat: Chat) -> None:
    chat.begin("cancel_order", f"cancel 12346 {OLIVIA}").say("no reason")
    assert "haven't changed anything" in chat.press("No").said
    assert (chat.ended, state(chat.engine, "12346")) == ("over", "pending")


def test_whoever_stops_at_the_confirmation_changes_nothing(chat: Chat) -> None:
    chat.begin("cancel_order", f"cancel 12346 {OLIVIA}").say("no reason").say("stop", "nlu_fallback")
    assert (chat.ended, state(chat.engine, "12346")) == ("over", "pending")


def test_a_yes_with_a_doubt_is_none(chat: Chat) -> None:
    chat.begin("cancel_order", f"cancel 12346 {OLIVIA}").say("no reason").say("yes, I think?", "affirm")
    assert "clear yes or no" in chat.said
    assert state(chat.engine, "12346") == "pending"


def test_the_other_order_at_the_last_moment(chat: Chat) -> None:
    chat.begin("cancel_order", f"cancel 12346 {OLIVIA}").say("by mistake").say("no, the other order", "deny")
    chat.say("by mistake")
    assert "order #12347" in chat.said
    chat.yes()
    assert (state(chat.engine, "12346"), state(chat.engine, "12347")) == ("pending", "cancelled")


def test_another_number_at_the_last_moment(chat: Chat) -> None:
    chat.begin("cancel_order", f"cancel 12346 {OLIVIA}").say("by mistake").say("12347 I meant").say("by mistake").yes()
    assert (state(chat.engine, "12346"), state(chat.engine, "12347")) == ("pending", "cancelled")


def test_of_several_orders_one_is_chosen(chat: Chat) -> None:
    chat.known("12345", OLIVIA).begin("cancel_order", "cancel my order")
    assert "Which order is it?" in chat.said
    assert {
        "#12346: Alder frying pan" in b["title"] or "#12347" in b["title"] or "person" in b["title"]
        for b in chat.buttons
    } == {True}
    assert "order #12346" in chat.say("the one with the frying pan").said


def test_the_order_talked_about_is_meant(chat: Chat) -> None:
    chat.last_number = "12347"
    assert "order #12347" in chat.known("12345", OLIVIA).begin("cancel_order", "cancel it").said


def test_the_order_talked_about_is_still_meant_when_it_is_known_whose_it_is(chat: Chat) -> None:
    chat.last_number = "12347"
    assert "e-mail" in chat.begin("cancel_order", "cancel it").said
    assert "order #12347" in chat.say(OLIVIA).said


def test_another_order_than_the_one_talked_about(chat: Chat) -> None:
    chat.last_number = "12345"
    assert "number of an order" in chat.begin("cancel_order", "cancel another order").said


@pytest.mark.parametrize(
    ("number", "email", "why"),
    [
        ("12345", OLIVIA, "past the point"),
        ("45678", GRACE, "has been cancelled already"),
        ("34567", ETHAN, "past the point"),
    ],
)
def test_what_can_not_be_cancelled_is_refused_with_the_reason(chat: Chat, number: str, email: str, why: str) -> None:
    chat.begin("cancel_order", f"cancel {number} {email}")
    assert why in chat.said
    assert chat.ended == "over"


def test_an_order_that_is_packed_meanwhile_is_not_cancelled(chat: Chat) -> None:
    chat.begin("cancel_order", f"cancel 12346 {OLIVIA}").say("by mistake")
    rows(chat.engine, "update shop.orders set state = 'processing' where number = '12346'")
    assert "past the point" in chat.yes().said
    assert state(chat.engine, "12346") == "processing"


# Changing


def test_a_new_address_is_shown_before_it_is_taken(chat: Chat) -> None:
    chat.proved("12346", OLIVIA).begin("change_order_address", "order 12346")
    assert "street with the house number" in chat.say("somewhere else").said
    chat.say("5 Elm Street, Albany, NY 12207")
    assert "sent to 5 Elm Street, Albany NY 12207, US instead of" in chat.said
    chat.yes()
    query = "select street, postcode from shop.orders join shop.addresses using (address_id) where number = '12346'"
    assert rows(chat.engine, query) == [("5 Elm Street", "12207")]


def test_an_address_is_corrected_at_the_confirmation(chat: Chat) -> None:
    chat.proved("12346", OLIVIA).begin("change_order_address", "send 12346 to 5 Elm Street, Albany, NY 12207")
    assert "7 Elm Street" in chat.say("no, to 7 Elm Street, Albany, NY 12207", "deny").said


def test_an_order_stays_in_its_country(chat: Chat) -> None:
    chat.proved("12346", OLIVIA).begin("change_order_address", "12346").say("5 Mill Street, Leeds, LS1 4DY, UK")
    assert "another country" in chat.said
    assert chat.ended is None


def test_another_stored_way_to_pay(chat: Chat) -> None:
    chat.proved("12346", OLIVIA).begin("change_order_payment", "order 12346")
    assert any("PayPal" in each["title"] for each in chat.buttons)
    chat.say("paypal please")
    assert "is charged to your PayPal account" in chat.said
    assert "goes back to your Visa card" in chat.said
    chat.yes()
    assert ("paypal",) in rows(
        chat.engine, "select kind from shop.payments join shop.orders using (order_id) where number = '12346'"
    )


def test_an_item_is_changed_to_another_version_and_the_difference_settled(chat: Chat) -> None:
    chat.begin("change_items", f"change order 12346 {OLIVIA}")
    assert "Which version of the Alder frying pan would you like instead of 8 in?" in chat.said
    chat.press("12 in")
    assert "1 × Alder frying pan (8 in) → 12 in, $69.00 instead of" in chat.said
    assert "is charged to your Visa card" in chat.said
    assert "Done" in chat.yes().said


def test_items_are_changed_once(chat: Chat) -> None:
    chat.begin("change_items", f"change order 12346 {OLIVIA}").say("the 12 in one").yes()
    chat.begin("change_items", "change 12346 again")
    assert "can be done once" in chat.said


def test_several_items_each_get_a_version(chat: Chat) -> None:
    chat.begin("change_items", f"change order 78902 {HANNAH}").say("the plates and the pillowcases")
    chat.press("stone")
    assert "Fern pillowcase" in chat.said
    chat.press("sage")
    assert "4 × Dune dinner plate (sand) → stone" in chat.said
    assert "2 × Fern pillowcase (white) → sage" in chat.said
    assert "The price stays the same." in chat.said
    chat.yes()
    assert chat.ended == "done"


def test_the_first_message_may_say_it_all(chat: Chat) -> None:
    chat.begin("change_items", f"in order 78902 make two of the plates stone instead, {HANNAH}")
    assert "2 × Dune dinner plate (sand) → stone" in chat.said


def test_a_gift_card_that_is_too_small_is_said_and_another_way_asked_for(chat: Chat) -> None:
    chat.begin("change_items", f"change the wine glass in 12347 to the set of 6, {OLIVIA}")
    assert chat.ended is None


# Sending back


def test_some_of_the_items_go_back(chat: Chat) -> None:
    chat.begin("return_items", f"return from order 78901, {HANNAH}")
    assert "Which items of order #78901" in chat.said
    chat.say("one of the mugs and the towel")
    assert "the return of 1 × Dune mug (sand) and 1 × Juniper bath towel (white)" in chat.said
    assert "after the parcel has reached us" in chat.said
    chat.yes()
    assert "The return is registered" in chat.said or "the return is registered" in chat.said
    assert rows(
        chat.engine, "select count(*) from shop.returns join shop.orders using (order_id) where number = '78901'"
    ) == [(1,)]


@pytest.mark.parametrize(
    ("words", "back", "stays"),
    [
        ("everything except the towel", ["Dune mug", "Marlow tumbler"], "Juniper bath towel"),
        ("all but the mugs", ["Juniper bath towel", "Marlow tumbler"], "Dune mug"),
        ("not the towel, just the mugs", ["Dune mug"], "Juniper bath towel"),
    ],
)
def test_what_is_left_out_stays(chat: Chat, words: str, back: list[str], stays: str) -> None:
    preview = chat.begin("return_items", f"return from order 78901, {HANNAH}").say(words).said
    assert all(each in preview for each in back)
    assert stays not in preview


def test_what_can_not_be_done_needs_no_code(chat: Chat) -> None:
    chat.begin("change_order_address", f"send 23456 to 5 Elm Street, Albany, NY 12207, {MAYA}")
    assert "past the point" in chat.said
    assert rows(chat.engine, "select count(*) from switchboard.mails") == [(0,)]


@pytest.mark.parametrize("reason", ["not needed", "I'd rather not say"])
def test_a_reason_may_sound_like_a_no(chat: Chat, reason: str) -> None:
    assert "I will cancel" in chat.begin("cancel_order", f"cancel 12346 {OLIVIA}").say(reason, "deny").said


def test_a_stop_is_no_reason(chat: Chat) -> None:
    chat.begin("cancel_order", f"cancel 12346 {OLIVIA}").say("never mind", "deny")
    assert (chat.ended, state(chat.engine, "12346")) == ("over", "pending")


def test_everything_goes_back(chat: Chat) -> None:
    chat.begin("return_items", f"78901 {HANNAH}").press("Everything")
    assert "2 × Dune mug" in chat.said
    assert "Marlow tumbler" in chat.said


@pytest.mark.parametrize(
    ("number", "email", "why"),
    [
        ("78903", HANNAH, "too long ago"),
        ("23456", "maya.torres@example.com", "not been delivered"),
        ("56789", GRACE, "already"),
    ],
)
def test_what_can_not_go_back_is_refused_with_the_reason(chat: Chat, number: str, email: str, why: str) -> None:
    chat.begin("return_items", f"return {number} {email}")
    assert why in chat.said
    assert chat.ended == "over"


def test_plus_members_have_longer(chat: Chat) -> None:
    assert "Garnet hand mixer" in chat.begin("return_items", f"return 89012 {SAMUEL}").said


def test_an_exchange(chat: Chat) -> None:
    chat.begin("exchange_items", f"exchange the towel of order 78901 for a sea one, {HANNAH}")
    assert "1 × Juniper bath towel (white) → sea" in chat.said
    assert "Done" in chat.yes().said


# The account


def test_the_accounts_address(chat: Chat) -> None:
    chat.proved("12346", OLIVIA).begin("change_profile_address").say("5 Elm Street, Albany, NY 12207").yes()
    assert "Done: new orders start with 5 Elm Street, Albany NY 12207, US." in chat.said


def test_the_accounts_email(chat: Chat) -> None:
    chat.proved("12346", OLIVIA).begin("change_email")
    assert "What is the new e-mail address?" in chat.said
    chat.say("it's liv@example.org.").yes()
    assert rows(chat.engine, "select count(*) from shop.customers where email = 'liv@example.org'") == [(1,)]


def test_the_accounts_new_email_may_be_said_at_once(chat: Chat) -> None:
    chat.begin("change_email", "change my email address to liv@example.org, order 12346")
    chat.say(OLIVIA).say(code_sent(chat.engine))
    assert f"from {OLIVIA} to liv@example.org." in chat.said
    chat.say("no, to olive@example.org", "deny")
    assert f"from {OLIVIA} to olive@example.org." in chat.said


def test_the_old_and_the_new_email_are_told_apart(chat: Chat) -> None:
    chat.proved("12346", OLIVIA).begin("change_email", f"change my e-mail from {OLIVIA} to Liv@example.org please")
    assert f"from {OLIVIA} to Liv@example.org." in chat.said


def test_the_membership(chat: Chat) -> None:
    chat.begin("cancel_membership").say("89012").say(SAMUEL)
    assert "It runs on until" in chat.said
    assert "You keep all its advantages until" in chat.yes().said


def test_who_is_no_member_is_told(chat: Chat) -> None:
    assert "not a member" in chat.known("67890", LUCAS).begin("cancel_membership").said or chat.ended == "over"


def test_an_account_with_orders_under_way_stays(chat: Chat) -> None:
    assert "orders under way" in chat.proved("12346", OLIVIA).begin("request_deletion").said


# Looking


def test_a_refund_is_found(chat: Chat) -> None:
    assert "gift card" in chat.begin("track_refund", f"refund of 45678 {GRACE}").said
    assert chat.ended == "over"


def test_an_invoice_is_shown_to_its_customer(chat: Chat) -> None:
    assert "Total: $" in chat.begin("show_invoice", f"invoice for 34567 {ETHAN}").said
    assert (
        "has no invoice yet" in Chat(chat.engine, chat.identity.settings).begin("show_invoice", f"12346 {OLIVIA}").said
    )


def test_the_orders_are_listed(chat: Chat) -> None:
    said = chat.known("12346", OLIVIA).begin("show_orders").said
    assert "#12345" in said
    assert "#12347" in said


def test_every_task_has_a_level() -> None:
    levels = load_levels(Settings())
    assert set(TASKS) <= set(levels.actions)


def test_what_was_done_is_told_from_the_ledger(chat: Chat) -> None:
    assert told(done_for(chat.engine, chat.conversation)) == "I haven't changed anything in this conversation."
    chat.begin("cancel_order", f"cancel 12347 {OLIVIA}").say("by mistake").yes()
    said = told(done_for(chat.engine, chat.conversation))
    assert said.startswith("In this conversation I cancelled order #12347 ($")
    assert "your gift card" in said

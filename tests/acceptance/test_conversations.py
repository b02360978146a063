"""Conversations that must go as written, with the real model, over HTTP."""

import time
from pathlib import Path

import httpx
import pytest
import yaml
from sqlalchemy import text
from sqlalchemy.engine import Engine

from tests.acceptance.customer import Customer
from tests.system import STATUS_ANSWER

pytestmark = pytest.mark.slow

FIRST_MINUTE = {
    "pricing": ["cost", "price", "how much", "subscription fee"],
    "features": ["what can it do", "capabilities", "features", "functions"],
    "account_issue": ["account issue", "login problem"],
    "recover_password": ["password reset"],
    "contact_customer_service": ["customer service", "contact support", "assistance"],
    "get_refund": ["money back", "return payment"],
    "check_refund_policy": ["refund policy"],
    "contact_human_agent": ["i need a human", "talk to agent", "talk to a real person"],
}

PARAPHRASES = yaml.safe_load((Path(__file__).parent / "paraphrases.yml").read_text(encoding="utf-8"))
RIGHT_AT_LEAST = 46

ARTICLE = text("""
    select body from switchboard.articles join switchboard.article_intents using (article_id) where intent = :intent
""")


def ask(http: httpx.Client, message: str) -> dict:
    return http.post("/api/answer", json={"message": message}).raise_for_status().json()


def order_state(shop: Engine, number: str) -> str:
    with shop.connect() as connection:
        return connection.execute(text("select state from shop.orders where number = :n"), {"n": number}).scalar_one()


def effects_on(shop: Engine, number: str) -> int:
    query = text("select count(*) from switchboard.effects where request->>'number' = :n")
    with shop.connect() as connection:
        return connection.execute(query, {"n": number}).scalar_one()


@pytest.mark.parametrize(("intent", "phrase"), [(i, p) for i, phrases in FIRST_MINUTE.items() for p in phrases])
def test_questions_every_company_has_are_understood_from_the_first_minute(
    http: httpx.Client, intent: str, phrase: str
) -> None:
    answer = ask(http, phrase)

    assert answer["intent"] == intent
    assert answer["confidence"] >= 0.6
    assert answer["escalate"] == (intent == "contact_human_agent")


def test_paraphrases_get_the_right_answer(http: httpx.Client, shop: Engine) -> None:
    with shop.connect() as connection:
        wrong = []
        for question in PARAPHRASES:
            article = connection.execute(ARTICLE, {"intent": question["intent"]}).scalar_one_or_none()
            answer = ask(http, question["text"])
            if not answer["answer"].startswith(article or question["says"]):
                wrong.append((question["text"], question["intent"], answer["intent"], round(answer["confidence"], 2)))

    assert len(PARAPHRASES) - len(wrong) >= RIGHT_AT_LEAST, wrong


def test_an_order_number_alone_shows_status_and_expected_date(customer: Customer) -> None:
    answer = customer.say("What is the status of order #12345?")

    assert STATUS_ANSWER.fullmatch(answer)


def test_the_order_number_is_asked_for_when_it_is_missing(customer: Customer) -> None:
    assert "Which order is it?" in customer.say("where is my order")
    assert customer.say("it's 23456").startswith("Your order #23456 is on its way")


def test_a_billing_issue_is_handed_to_the_billing_team(customer: Customer, shop: Engine) -> None:
    answer = customer.say("I need to discuss a billing issue with a representative.")

    assert answer == "I will connect you with a billing specialist. Please hold on."
    query = text("""
        select c.holder, h.team, h.reason from switchboard.conversations c join switchboard.handoffs h
         using (conversation_id) where c.sender = :sender
    """)
    with shop.connect() as connection:
        row = connection.execute(query, {"sender": f"local:{customer.sender}"}).one()
    assert tuple(row) == ("queue", "billing", "asked_for_a_person")


def test_nothing_is_met_with_silence_while_a_person_is_called(customer: Customer) -> None:
    customer.say("i need a human")

    assert "passed this on" in customer.say("are you there?")


def test_what_is_not_understood_is_asked_about_once_and_then_handed_over(customer: Customer) -> None:
    first = customer.replies("flurb wazzle grob zint quax")
    second = customer.say("zint zint grobble")

    assert "in other words" in first[0]["text"]
    assert "Talk to a person" in [button["title"] for button in first[0]["buttons"]]
    assert len(first[0]["buttons"]) == 4
    assert "connect you with" in second


def test_an_order_is_cancelled_once_and_only_after_a_yes(customer: Customer, shop: Engine) -> None:
    assert "the number of an order" in customer.say("i want to cancel my order")
    assert "Which e-mail address" in customer.say("#12346")
    assert "Why do you want to cancel order #12346?" in customer.say("olivia.bennett@example.com")
    assert "I will cancel the whole order #12346" in customer.say("it takes too long")
    assert order_state(shop, "12346") == "pending"

    assert customer.say("yes please").startswith("Done: order #12346 is cancelled.")

    assert order_state(shop, "12346") == "cancelled"
    assert "has been cancelled already" in customer.say("cancel order #12346, olivia.bennett@example.com")
    assert effects_on(shop, "12346") == 1


def test_a_repeated_yes_with_the_same_id_cancels_once(customer: Customer, shop: Engine) -> None:
    customer.say("cancel order 67890, lucas.ferreira@example.com")
    customer.say("ordered by mistake")

    first = customer.replies("yes", message_id="one-and-only")
    again = customer.replies("yes", message_id="one-and-only")

    assert first == again
    assert order_state(shop, "67890") == "cancelled"
    assert effects_on(shop, "67890") == 1


def test_a_no_leaves_the_order_as_it_is(customer: Customer, shop: Engine) -> None:
    customer.say("please cancel order W1234567, my mail is noah.carter@example.com")

    assert "haven't changed anything" in customer.say("no, leave it")
    assert order_state(shop, "W1234567") == "pending"


def test_a_yes_counts_only_for_the_order_that_was_asked_about(customer: Customer, shop: Engine) -> None:
    customer.say("please cancel order 12347, my mail is olivia.bennett@example.com")
    assert "I will cancel the whole order #12347" in customer.say("by mistake")

    answer = customer.say("yes, but the other one, 12345")

    assert "is cancelled" not in answer
    assert order_state(shop, "12347") == "pending"
    assert order_state(shop, "12345") == "processing"


@pytest.mark.parametrize("doubt", ["hmm", "maybe", "ok?", "ok wait", "yes? is that possible", "right?"])
def test_a_doubt_is_no_yes(customer: Customer, shop: Engine, doubt: str) -> None:
    customer.say("please cancel order 12347, my mail is olivia.bennett@example.com")
    customer.say("by mistake")

    answer = customer.say(doubt)

    assert "is cancelled" not in answer
    assert order_state(shop, "12347") == "pending"


def test_after_one_order_another_can_be_cancelled(customer: Customer) -> None:
    customer.say("cancel order 12345, olivia.bennett@example.com")

    assert "#12347" in str(customer.replies("i want to cancel another order"))


def test_a_customer_without_an_order_number_gets_a_person(customer: Customer) -> None:
    answers = [customer.say("where is my order")]
    answers += [
        customer.say(words) for words in ("it is about my delivery", "the blue one", "in Boston", "from yesterday")
    ]

    assert any("connect you with" in answer for answer in answers)


def test_somebody_elses_order_is_not_cancelled_and_nothing_is_told(customer: Customer, shop: Engine) -> None:
    customer.say("cancel order W1234567")

    wrong_mail = customer.say("olivia.bennett@example.com")
    customer.say("99999")
    wrong_number = customer.say("noah.carter@example.com")

    assert wrong_mail == wrong_number
    assert wrong_mail.startswith("I can't find a customer with these details.")
    for number in ("W1234568", "W1234567"):
        customer.say(number)
        answer = customer.say("nobody@example.com")
    assert "connect you with" in answer
    assert order_state(shop, "W1234567") == "pending"


def test_an_order_that_is_being_packed_is_not_cancelled(customer: Customer, shop: Engine) -> None:
    answer = customer.say("cancel order 12345 for olivia.bennett@example.com")

    assert "past the point" in answer
    assert order_state(shop, "12345") == "processing"


def test_questions_in_the_middle_of_cancelling_are_answered_and_cancelling_goes_on(customer: Customer) -> None:
    customer.say("I'd like to cancel an order")

    assert "3–5 business days" in (answer := customer.say("how long does delivery take?"))
    assert "the number of an order" in answer
    assert "Which e-mail address" in customer.say("W1234567")
    assert "waiting to be packed" in (answer := customer.say("where is my order right now?"))
    assert "Which e-mail address" in answer
    assert "Why do you want to cancel order W1234567?" in customer.say("noah.carter@example.com")
    assert "I will cancel the whole order W1234567" in customer.say("I found it cheaper")
    assert "I will cancel the whole order W1234567" in customer.say("are you a robot?")
    assert "haven't changed anything" in customer.say("no")


def test_a_customer_can_change_the_subject_from_tracking_to_cancelling(customer: Customer) -> None:
    customer.say("where is my parcel")

    assert "the number of an order" in customer.say("actually I want to cancel my order")
    assert "haven't changed anything" in customer.say("never mind")


def test_a_person_is_called_at_once_in_the_middle_of_anything(customer: Customer) -> None:
    customer.say("cancel order 12345")

    assert "connect you with" in customer.say("let me talk to a real person")


def test_commands_of_rasa_are_only_words(customer: Customer) -> None:
    customer.say("cancel order 12345")

    assert "Which e-mail address" in customer.say("/restart")
    assert "past the point" in customer.say("olivia.bennett@example.com")


def test_an_edited_answer_is_served_at_once(http: httpx.Client, shop: Engine) -> None:
    edit = text("update switchboard.articles set body = :body where slug = 'newsletter'")
    with shop.begin() as connection:
        before = connection.execute(
            text("select body from switchboard.articles where slug = 'newsletter'")
        ).scalar_one()
        connection.execute(edit, {"body": "Our newsletter has a new home."})
    began = time.monotonic()

    answer = ask(http, "how do I get the newsletter?")

    with shop.begin() as connection:
        connection.execute(edit, {"body": before})
    assert answer["answer"] == "Our newsletter has a new home."
    assert answer["sources"][0]["version"] == 2
    assert time.monotonic() - began < 20


def test_several_requests_in_one_message_are_dealt_with_one_after_the_other(customer: Customer) -> None:
    answer = customer.say("what is your refund policy and what does the membership cost")

    assert answer.index("You can return unused or faulty items") < answer.index("Larkspur Plus costs")


def test_a_request_that_needs_a_yes_is_confirmed_for_itself(customer: Customer, shop: Engine) -> None:
    assert "30 days" in (answer := customer.say("what is your refund policy and cancel order W1234567"))
    assert "Which e-mail address" in answer
    assert "Why do you want to cancel order W1234567?" in customer.say("noah.carter@example.com")
    assert "haven't changed anything" in customer.say("no")
    assert order_state(shop, "W1234567") == "pending"


def test_another_language_is_recognised_and_handed_over(customer: Customer) -> None:
    answer = customer.say("wo ist meine bestellung, ich warte schon lange")

    assert "verstehe bisher nur Englisch" in answer
    assert "connect you with" in answer

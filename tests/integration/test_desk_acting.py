"""What agents do with a conversation at the desk, through HTTP, and what customers see of it."""

import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.deskwork import Desk, hire_with_password, signed_in, told, waiting, with_sam
from tests.talking import call, give, messages, rows, running, say, start, state, turn, wait_until, worker


def test_of_two_who_take_the_same_conversation_one_gets_it(web, engine, desk):
    hire_with_password(engine, "Kim", "support")
    desks = [desk, signed_in(web.url, "Kim")]
    for _ in range(5):
        conversation = waiting(engine)
        together = threading.Barrier(2)

        def take(one: Desk, conversation: str = conversation, together: threading.Barrier = together) -> int:
            together.wait()
            return one.do(conversation, "take").status_code

        with ThreadPoolExecutor(2) as hands:
            assert sorted(hands.map(take, desks)) == [200, 409]
        joined = [text for sender, text in told(engine, conversation) if "has joined" in text]
        assert len(joined) == 1
        for one in desks:
            one.do(conversation, "resolve", outcome="spam")


def test_the_customer_is_told_who_joined_and_who_writes(engine, desk):
    conversation = waiting(engine)
    desk.do(conversation, "take")
    assert desk.say(conversation, "Hello, this is Sam.").json() == {"seq": 3}
    assert told(engine, conversation)[1:] == [
        ("system", "Sam from Customer support has joined the conversation."),
        ("agent", "Hello, this is Sam."),
    ]
    assert messages(engine, conversation)[-1].agent == "Sam"


def test_a_message_that_is_sent_again_is_said_once(engine, desk, sam):
    conversation = with_sam(engine, sam)
    first, again = desk.say(conversation, "Hello", "m-1"), desk.say(conversation, "Hello", "m-1")
    assert first.json() == again.json()
    assert len(messages(engine, conversation)) == 2


def test_a_customers_id_of_a_message_is_not_taken_for_an_agents(engine, desk, sam):
    conversation = start(engine)
    say(engine, conversation, "I want a person", "m-1")
    call(engine, conversation)
    give(engine, conversation, sam)
    assert desk.say(conversation, "Hello", "m-1").json() == {"seq": 2}


def test_only_who_has_a_conversation_acts_in_it(web, engine, desk, sam):
    hire_with_password(engine, "Kim", "support")
    kim, conversation = signed_in(web.url, "Kim"), with_sam(engine, sam)
    refused = [
        kim.say(conversation, "Hello"),
        kim.do(conversation, "resolve", outcome="resolved"),
        kim.do(conversation, "give-back"),
        kim.do(conversation, "transfer", team="billing"),
        kim.do(conversation, "take"),
    ]
    assert [response.json()["error"]["code"] for response in refused] == ["not_yours"] * 5
    assert desk.look(conversation)["state"]["can"] == ["correct", "give_back", "note", "resolve", "send", "transfer"]
    assert kim.look(conversation)["state"]["can"] == ["correct", "note"]


def test_nothing_can_be_done_with_a_conversation_one_may_not_see(engine, desk):
    conversation = waiting(engine, team="billing")
    tried = [
        desk.do(conversation, "take"),
        desk.say(conversation, "Hello"),
        desk.do(conversation, "notes", text="Hello"),
        desk.do(conversation, "resolve", outcome="spam"),
        desk.do(conversation, "give-back"),
        desk.do(conversation, "transfer", team="support"),
        desk.do(conversation, "corrections", seq=1, intent="greet"),
        desk.do(conversation, "typing"),
        desk.get(f"/desk/fragments/conversations/{conversation}/entries"),
    ]
    assert {response.status_code for response in tried} == {404}
    assert desk.get(f"/desk/conversations/{conversation}").status_code == 404
    with desk.stream("GET", "/desk/events", params={"conversation": conversation}) as events:
        assert events.status_code == 404


def test_a_supervisor_takes_anothers(engine, dana, desk, sam):
    conversation = with_sam(engine, sam)
    assert dana.do(conversation, "take").status_code == 200
    assert desk.say(conversation, "Hello").json()["error"]["code"] == "not_yours"
    assert "Dana took this from Sam." in [note for (note,) in rows(engine, "select text from switchboard.notes")]


def test_the_bot_is_silent_once_it_is_taken_over_even_in_the_middle_of_its_turn(settings, engine, desk):
    conversation, asked, answer = start(engine), threading.Event(), threading.Event()

    def slow(_: httpx.Request) -> httpx.Response:
        asked.set()
        assert answer.wait(10)
        return httpx.Response(200, json=turn("I am a bot."))

    say(engine, conversation, "where is my order?")
    with running(worker(engine, slow), settings):
        assert asked.wait(10)
        assert desk.do(conversation, "take").status_code == 200
        answer.set()
        wait_until(lambda: not state(engine, conversation).pending)
    assert [sender for sender, _ in told(engine, conversation)] == ["customer", "system"]
    entries = desk.look(conversation)["entries"]
    assert [entry["text"] for entry in entries if entry["suppressed"]] == ["I am a bot."]


def test_notes_are_for_agents_only(web, engine, desk):
    opened = httpx.post(f"{web.url}/api/conversations", json={}).json()
    conversation, key = opened["conversation_id"], {"Authorization": f"Bearer {opened['token']}"}
    say(engine, conversation, "I want a person")
    call(engine, conversation)
    desk.do(conversation, "take")
    desk.do(conversation, "notes", text="Sounds upset, be kind.")
    desk.say(conversation, "Hello")
    seen = httpx.get(f"{web.url}/api/conversations/{conversation}/messages", headers=key).text
    assert "upset" not in seen
    assert "took this" not in seen
    notes = [entry for entry in desk.look(conversation)["entries"] if entry["kind"] == "note"]
    assert [(note["name"], note["text"]) for note in notes] == [
        (None, "Sam took this from the queue."),
        ("Sam", "Sounds upset, be kind."),
    ]


def test_a_conversation_is_passed_on_with_a_note(engine, desk, sam):
    conversation = with_sam(engine, sam)
    assert desk.do(conversation, "transfer", team="billing", note="Wants an invoice").status_code == 200
    assert state(engine, conversation).holder == "queue"
    assert state(engine, conversation).team == "billing"
    assert rows(engine, "select text from switchboard.notes") == [("Sam passed this on to billing: Wants an invoice",)]


def test_a_conversation_is_passed_on_to_a_colleague(engine, desk, sam):
    kim = hire_with_password(engine, "Kim", "support")
    conversation = with_sam(engine, sam)
    assert desk.do(conversation, "transfer", agent_id=kim).status_code == 200
    assert state(engine, conversation).agent == "Kim"


@pytest.mark.parametrize("to", [{}, {"team": "cooks"}, {"team": "\0"}, {"agent_id": -1}])
def test_a_conversation_is_not_passed_on_to_nobody(engine, desk, sam, to):
    conversation = with_sam(engine, sam)
    assert desk.do(conversation, "transfer", **to).status_code == 400
    assert state(engine, conversation).agent == "Sam"


def test_a_supervisor_passes_on_what_waits(engine, dana):
    conversation = waiting(engine)
    assert "transfer" in dana.look(conversation)["state"]["can"]
    assert dana.do(conversation, "transfer", team="billing").status_code == 200
    assert state(engine, conversation).team == "billing"


def test_a_resolved_conversation_has_ended_for_both(engine, desk, sam):
    conversation = with_sam(engine, sam)
    assert desk.do(conversation, "resolve", outcome="resolved", note="Refunded").status_code == 200
    assert state(engine, conversation).holder == "closed"
    assert told(engine, conversation)[-1] == ("system", "Sam has marked this as resolved. Thank you for writing to us.")
    assert rows(engine, "select outcome, outcome_note from switchboard.handoffs") == [("resolved", "Refunded")]
    assert desk.say(conversation, "One more thing").json()["error"]["code"] == "conversation_closed"
    assert desk.inbox("resolved") == [conversation]
    assert "Refunded" in desk.get(f"/desk/fragments/conversations/{conversation}/why").text


def test_a_note_at_the_end_is_kept_without_card_numbers_and_what_no_text_can_have(engine, desk, sam):
    conversation = with_sam(engine, sam)
    note = "Refunded to \0 4111 1111 1111 1111"
    assert desk.do(conversation, "resolve", outcome="resolved", note=note).status_code == 200
    assert rows(engine, "select outcome_note from switchboard.handoffs") == [("Refunded to  [card ending in 1111]",)]


def test_spam_gets_no_thanks(engine, desk, sam):
    conversation = with_sam(engine, sam)
    desk.do(conversation, "resolve", outcome="spam")
    assert len(told(engine, conversation)) == 1


@pytest.mark.parametrize("outcome", ["given_back", "replayed", "", "nonsense"])
def test_a_conversation_ends_in_one_of_three_ways(engine, desk, sam, outcome):
    conversation = with_sam(engine, sam)
    assert desk.do(conversation, "resolve", outcome=outcome).status_code == 400


def test_the_bot_gets_a_conversation_back_with_what_came_up(engine, desk, sam):
    conversation = with_sam(engine, sam, "order 11111 is late, it's old@example.com")
    say(engine, conversation, "Sorry, it is order #12345, kim@example.com")
    desk.say(conversation, "I see $99.99 for order W1234567? No, 12345 it is.")
    assert desk.do(conversation, "give-back", note="Can be tracked now").status_code == 200
    [(holder, resume)] = rows(engine, "select holder, resume from switchboard.conversations")
    assert (holder, resume) == ("bot", {"slots": {"order_number": "12345"}})
    assert rows(engine, "select outcome from switchboard.handoffs") == [("given_back",)]
    assert told(engine, conversation)[-1][1].startswith("Sam has left the conversation.")


def test_the_bot_answers_again_after_it_got_a_conversation_back(settings, engine, desk, sam):
    conversation, bodies = with_sam(engine, sam, "order 12345"), []
    desk.do(conversation, "give-back")

    def answer(request: httpx.Request) -> httpx.Response:
        bodies.append(request.read())
        return httpx.Response(200, json=turn("It is on its way."))

    with running(worker(engine, answer), settings):
        say(engine, conversation, "so where is it?")
        wait_until(lambda: told(engine, conversation)[-1] == ("bot", "It is on its way."))
    assert b'"order_number":"12345"' in bodies[0].replace(b" ", b"")

"""What agents do at the desk, through HTTP, and what customers see of it."""

import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from html import unescape
from typing import Any

import httpx
import pytest
from sqlalchemy.engine import Engine

from switchboard.crm.contract import Customer
from switchboard.crm.sql import SqlCrm
from switchboard.desk import inbox
from switchboard.desk.customer import AWAY
from switchboard.desk.views import VIEWS
from switchboard.errors import CrmUnavailable
from switchboard.settings import Settings
from tests.deskwork import Desk, hire_with_password, signed_in
from tests.servers import Web
from tests.talking import call, give, messages, offer, rows, running, say, start, state, turn, wait_until, worker


@pytest.fixture
def web(settings: Settings) -> Iterator[Web]:
    with Web(settings) as web:
        yield web


@pytest.fixture
def sam(engine: Engine) -> int:
    return hire_with_password(engine, "Sam", "support")


@pytest.fixture
def desk(web: Web, sam: int) -> Desk:
    """Sam, an agent of the team `support`."""
    return signed_in(web.url)


@pytest.fixture
def dana(web: Web, engine: Engine) -> Desk:
    """Dana, who supervises and is in no team."""
    hire_with_password(engine, "Dana", role="supervisor")
    return signed_in(web.url, "Dana")


def waiting(engine: Engine, words: str = "I want a person", team: str = "support", **values: Any) -> str:
    """A conversation that waits for a person."""
    conversation = start(engine)
    say(engine, conversation, words)
    call(engine, conversation, team, **values)
    return conversation


def with_sam(engine: Engine, sam: int, words: str = "I want a person") -> str:
    """A conversation that Sam has."""
    conversation = waiting(engine, words)
    give(engine, conversation, sam)
    return conversation


def told(engine: Engine, conversation: str) -> list[tuple[str, str]]:
    return [(message.sender, message.text) for message in messages(engine, conversation)]


def test_who_waits_longest_of_the_most_urgent_is_first(engine, desk):
    normal, later, urgent = waiting(engine), waiting(engine), waiting(engine, priority="urgent")
    assert desk.inbox("waiting") == [urgent, normal, later]


def test_lists_and_counts_are_of_ones_own_teams(engine, desk, sam):
    ours, others, bots = waiting(engine), waiting(engine, team="billing"), start(engine)
    say(engine, bots, "hello")
    mine = with_sam(engine, sam)
    seen = {view: set(desk.inbox(view)) for view in VIEWS}
    assert seen == {
        "waiting": {ours},
        "mine": {mine},
        "team": {ours, mine},
        "bot": {bots},
        "all": {ours, mine, bots},
        "resolved": set(),
    }
    assert desk.get("/desk/api/inbox/mine").json()["counts"] == {"waiting": 1, "mine": 1, "team": 2, "bot": 1, "all": 3}
    assert desk.get(f"/desk/api/conversations/{others}").status_code == 404


def test_supervisors_see_every_teams(engine, dana, sam):
    conversations = {waiting(engine, team="billing"), waiting(engine), with_sam(engine, sam)}
    assert set(dana.inbox("all")) == conversations
    assert dana.get("/desk/api/inbox/all").json()["counts"] == {"waiting": 2, "mine": 0, "team": 0, "bot": 0, "all": 3}


def test_a_conversation_that_one_has_is_seen_whichever_team_it_is(engine, desk, sam):
    conversation = waiting(engine, team="billing")
    give(engine, conversation, sam)
    assert desk.inbox("mine") == [conversation]
    assert desk.look(conversation)["state"]["holder"] == "agent"


def test_a_list_comes_in_pages(engine, desk):
    conversations = [waiting(engine) for _ in range(51)]
    first = desk.get("/desk/api/inbox/waiting").json()
    second = desk.get("/desk/api/inbox/waiting?page=2").json()
    assert [item["conversation_id"] for item in first["items"] + second["items"]] == conversations
    assert (first["more"], second["more"]) == (True, False)


@pytest.mark.parametrize("number", ["0", "-1", "x", "1e3", "٣", "1000000"])
def test_a_page_is_a_number(desk, number):
    assert desk.get(f"/desk/api/inbox/waiting?page={number}").status_code == 400


@pytest.mark.parametrize("view", VIEWS)
def test_every_list_is_a_page(engine, desk, sam, view):
    waiting(engine), with_sam(engine, sam)
    response = desk.get(f"/desk/inbox/{view}")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/html")
    assert desk.get(f"/desk/fragments/inbox/{view}").status_code == 200


def test_there_is_no_other_list(desk):
    assert desk.get("/desk/inbox/secrets").status_code == 404


@pytest.mark.parametrize("part", ["entries", "head", "side", "foot", "why"])
def test_a_conversation_is_a_page_in_parts(engine, desk, sam, part):
    conversation = with_sam(engine, sam, "<script>alert(1)</script> where is order 12345?")
    page = desk.get(f"/desk/conversations/{conversation}")
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert desk.get(f"/desk/fragments/conversations/{conversation}/{part}").status_code == 200


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


def test_what_the_bot_understood_is_shown(settings, engine, desk):
    conversation = start(engine)
    say(engine, conversation, "where is my order?")
    understood = {"intent": "track_order", "confidence": 0.87, "stage": "words", "actions": ["action_track"]}
    with running(worker(engine, {**offer(("Yes", "/affirm")), **understood}), settings):
        wait_until(lambda: len(messages(engine, conversation)) == 2)
    customer, bot = desk.look(conversation)["entries"]
    assert customer["understood"] == understood
    assert bot["buttons"] == ["Yes"]


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


CLOSED = """
    insert into switchboard.conversations (conversation_id, channel, token_hash, holder, team, last_seq, updated_at)
    select gen_random_uuid(), 'web', md5(n::text), 'closed', (array['billing', 'billing', 'support', null])[1 + n % 4], 1,
           now() - n * interval '1 min' from generate_series(1, 400) n
"""
NEWEST_CLOSED = """
    select conversation_id::text from switchboard.conversations where holder = 'closed' and (team = 'support' or team is null)
     order by updated_at desc limit 50 offset :offset
"""


def test_what_has_ended_is_listed_newest_first_without_reading_other_teams(engine, desk, sam):
    rows(engine, CLOSED)
    for number in (1, 2):
        page = desk.get(f"/desk/api/inbox/resolved?page={number}").json()
        shown = [item["conversation_id"] for item in page["items"]]
        assert shown == [its for (its,) in rows(engine, NEWEST_CLOSED, offset=50 * (number - 1))]
    values = {"theirs": ["support"], "last": 51, "most": 51}
    asking = f"set local enable_seqscan = off; explain select * from ({inbox.VIEWS['resolved']}) held limit :most"
    plan = "\n".join(line for (line,) in rows(engine, asking, **values))
    assert "conversations_closed_idx" in plan
    assert "conversations_closed_by_bot_idx" in plan


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


def test_what_a_customer_wrote_is_unread_until_it_is_seen(engine, desk, sam):
    conversation = with_sam(engine, sam)

    def unread() -> bool:
        return desk.get("/desk/api/inbox/mine").json()["items"][0]["unread"]

    assert unread()
    desk.do(conversation, "read", seq=1)
    assert not unread()
    say(engine, conversation, "Hello?")
    assert unread()


def test_nobody_has_read_what_is_not_written_yet(engine, desk, sam):
    conversation = with_sam(engine, sam)
    desk.do(conversation, "read", seq=2_000_000_000)
    assert rows(engine, "select read_seq from switchboard.handoffs") == [(1,)]


def test_the_bot_was_wrong_here(settings, engine, desk):
    conversation = start(engine)
    say(engine, conversation, "where is my order?")
    with running(worker(engine, turn("Hello!")), settings):
        wait_until(lambda: len(messages(engine, conversation)) == 2)
    assert desk.do(conversation, "corrections", seq=1, intent="cancel_order").status_code == 200
    assert desk.do(conversation, "corrections", seq=1, intent="track_order", comment="Obvious").status_code == 200
    stored = rows(engine, "select seq, understood, intent, comment from switchboard.corrections")
    assert stored == [(1, "greet", "track_order", "Obvious")]
    assert desk.look(conversation)["entries"][0]["corrected"] == "track_order"


@pytest.mark.parametrize(("seq", "intent"), [(1, "make_tea"), (2, "track_order"), (99, "track_order")])
def test_only_a_customers_words_mean_one_of_the_intents(engine, desk, sam, seq, intent):
    conversation = with_sam(engine, sam)
    desk.say(conversation, "Hello")
    assert desk.do(conversation, "corrections", seq=seq, intent=intent).status_code == 400


def test_why_a_person_was_called_is_shown(engine, desk):
    facts = {
        "keywords": ["legal"],
        "anger": 0.5,
        "decided": {"where": "rules.yml:7", "passed_over": ["safety (line 3): no"]},
    }
    conversation = waiting(engine, "I will sue you. Where is order 12345?", rule="legal", facts=facts)
    page = desk.get(f"/desk/conversations/{conversation}").text
    assert "Rule legal, rules.yml:7." in page
    assert "Not safety (line 3): no" in page
    assert "Order: 12345" in page


def test_facts_are_shown_as_people_write_them_and_only_if_they_say_something(engine, desk):
    facts = {"open_orders_value": 1214.8, "keywords": [], "repeated_questions": 0, "within_hours": False}
    shown = desk.get(f"/desk/fragments/conversations/{waiting(engine, facts=facts)}/why").text
    assert "<dt>Open orders</dt><dd>$1,214.80</dd>" in shown
    assert "<dt>Within hours</dt><dd>no</dd>" in shown
    assert [label for label in ("Keywords", "Repeated questions") if label in shown] == []


SHOWN = "update switchboard.conversations set crm = 'shop', external_id = :customer"


def a_customer(engine: Engine) -> Customer:
    """Somebody who has ordered something."""
    [(customer,)] = rows(engine, "select min(customer_id)::text from shop.orders")
    return SqlCrm(engine).customer(customer)


def test_a_verified_customer_is_shown_as_the_shop_knows_them(engine, desk):
    customer, conversation, earlier = a_customer(engine), waiting(engine), start(engine)
    rows(engine, SHOWN, customer=customer.external_id)
    card = desk.get(f"/desk/fragments/conversations/{conversation}/side").text
    shown = [customer.name, customer.email, SqlCrm(engine).orders(customer.external_id)[0].number, earlier]
    assert [each for each in shown if each not in card] == []
    assert "unverified" not in card
    assert desk.get("/desk/api/inbox/waiting").json()["items"][0]["title"] == customer.name


def test_a_customer_who_is_not_verified_is_looked_up_and_marked(engine, desk):
    customer, conversation = a_customer(engine), waiting(engine)
    side = f"/desk/fragments/conversations/{conversation}/side"
    assert customer.name not in desk.get(side).text
    found = desk.post(side, json={"email": customer.email}).text
    assert customer.name in found
    assert "unverified" in found


def test_a_look_up_is_of_an_address_and_from_the_desks_own_pages(engine, desk):
    side = f"/desk/fragments/conversations/{waiting(engine)}/side"
    assert desk.post(side, json={"email": "kim"}).status_code == 400
    assert desk.post(side, json={"email": "kim@example.com"}, headers={"X-CSRF-Token": "x"}).status_code == 403


def test_of_earlier_conversations_only_those_one_may_open_are_links(engine, desk, dana):
    customer, conversation = a_customer(engine), waiting(engine)
    others, ours = waiting(engine, team="billing", reason="charged_twice"), waiting(engine, reason="lost_parcel")
    rows(engine, SHOWN, customer=customer.external_id)
    side = f"/desk/fragments/conversations/{conversation}/side"
    assert "Charged twice" in desk.get(side).text
    assert [others in each.get(side).text for each in (desk, dana)] == [False, True]
    assert [ours in each.get(side).text for each in (desk, dana)] == [True, True]


LONG = """
    insert into switchboard.messages (conversation_id, seq, sender, text)
    select :id, n, 'bot', 'line ' || n from generate_series(2, 1203) n
"""
NOTED = """
    insert into switchboard.notes (conversation_id, after_seq, text)
    select :id, n, 'note ' || n from unnest(array[1, 700, 1203]) n
"""


def test_a_long_conversation_is_read_back_to_its_beginning(engine, desk, sam):
    conversation = with_sam(engine, sam)
    rows(engine, LONG, id=conversation)
    rows(engine, NOTED, id=conversation)
    pages, before = [], ""
    for _ in range(3):
        html = desk.get(f"/desk/fragments/conversations/{conversation}/entries{before}").text
        pages.append(re.findall(r'id="([mn]\d+)" data-seq="(\d+)"', html))
        before = f"?before={pages[-1][0][1]}"
    assert [len(page) for page in pages] == [501, 501, 204]
    seen = [(int(seq), its[0]) for page in reversed(pages) for its, seq in page]
    assert seen == sorted([*((n, "m") for n in range(1, 1204)), *((n, "n") for n in (1, 700, 1203))])
    assert desk.get(f"/desk/fragments/conversations/{conversation}/entries?before=x").status_code == 400


def test_scripts_are_kept_by_browsers_and_asked_for_again_pages_are_not_kept(desk):
    script = desk.get("/desk/static/desk.js")
    assert script.headers["Cache-Control"] == "no-cache"
    again = desk.get("/desk/static/desk.js", headers={"If-None-Match": script.headers["ETag"]})
    assert (again.status_code, again.headers["Cache-Control"]) == (304, "no-cache")
    assert desk.get("/desk/inbox/mine").headers["Cache-Control"] == "no-store"


def test_presence_is_one_of_three(engine, desk):
    assert desk.post("/desk/api/presence", json={"presence": "busy"}).status_code == 200
    assert desk.post("/desk/api/presence", json={"presence": "asleep"}).status_code == 400
    assert rows(engine, "select presence from switchboard.agents") == [("busy",)]


def test_an_open_desk_is_a_sign_of_life(engine, desk):
    rows(engine, "update switchboard.agents set seen_at = now() - interval '1 hour'")
    desk.post("/desk/api/alive", json={})
    assert rows(engine, "select seen_at > now() - interval '1 minute' from switchboard.agents") == [(True,)]


def test_a_desk_that_was_silent_hears_that_its_agent_is_away(engine, desk):
    rows(engine, "update switchboard.agents set presence = 'away'")
    assert desk.post("/desk/api/alive", json={}).json() == {"presence": "away"}


def test_a_supervisor_passes_on_what_waits(engine, dana):
    conversation = waiting(engine)
    assert "transfer" in dana.look(conversation)["state"]["can"]
    assert dana.do(conversation, "transfer", team="billing").status_code == 200
    assert state(engine, conversation).team == "billing"


def test_only_the_card_asks_the_shop(settings, engine, sam):
    class Away(SqlCrm):
        asked = 0

        def find_customer(self, email):
            self.asked += 1
            raise CrmUnavailable

    conversation = with_sam(engine, sam)
    address = "insert into switchboard.contacts (conversation_id, email) values (:id, 'kim@example.com')"
    rows(engine, address, id=conversation)
    with Web(settings) as web:
        shop = Away(engine)
        web.app.state.desk = replace(web.app.state.desk, crm=shop)
        desk = signed_in(web.url)
        for part in ("entries", "head", "why", "foot"):
            desk.get(f"/desk/fragments/conversations/{conversation}/{part}")
        desk.look(conversation)
        page = desk.get(f"/desk/conversations/{conversation}").text
        assert "I want a person" in page
        assert shop.asked == 0
        side = desk.get(f"/desk/fragments/conversations/{conversation}/side").text
    assert AWAY in unescape(side)


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

"""A conversation as agents read it, and what they correct in it."""

import re

import pytest

from tests.deskwork import waiting, with_sam
from tests.talking import messages, offer, rows, running, say, start, turn, wait_until, worker


@pytest.mark.parametrize("part", ["entries", "head", "side", "foot", "why"])
def test_a_conversation_is_a_page_in_parts(engine, desk, sam, part):
    conversation = with_sam(engine, sam, "<script>alert(1)</script> where is order 12345?")
    page = desk.get(f"/desk/conversations/{conversation}")
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert desk.get(f"/desk/fragments/conversations/{conversation}/{part}").status_code == 200


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


def test_what_the_bot_understood_is_shown(settings, engine, desk):
    conversation = start(engine)
    say(engine, conversation, "where is my order?")
    understood = {"intent": "track_order", "confidence": 0.87, "stage": "words", "actions": ["action_track"]}
    with running(worker(engine, {**offer(("Yes", "/affirm")), **understood}), settings):
        wait_until(lambda: len(messages(engine, conversation)) == 2)
    customer, bot = desk.look(conversation)["entries"]
    assert customer["understood"] == understood
    assert bot["buttons"] == ["Yes"]


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

"""Agents' notes at the end of a conversation: the business system gets each, once, whatever happens in between."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import msgspec
import pytest
from sqlalchemy.engine import Engine

from switchboard.conversations.forgetting import forget
from switchboard.crm.contract import Crm
from switchboard.crm.notes import Notes, write_due
from switchboard.crm.rest import RestCrm
from switchboard.crm.rest_mapping import load_mapping
from switchboard.crm.sql import SqlCrm
from switchboard.database.due import AT_ONCE, GIVE_UP_AFTER
from switchboard.database.larkspur import Larkspur
from tests.crm_server import TOKEN, CrmServer, breaks, loses_the_answer
from tests.crm_shop import Shop
from tests.deskwork import Desk, with_sam
from tests.talking import call, give, rows, wait_until

EMAIL = "hannah.whitfield@example.com"
SHOWN = """
    update switchboard.conversations set crm = :crm, external_id = :customer, identity_level = 1,
           identity_until = now() + interval '1 hour'
     where conversation_id = :conversation
"""
DUE = "update switchboard.crm_notes set due_at = now() where due_at is not null"


@pytest.fixture
def server() -> Iterator[CrmServer]:
    with CrmServer(Shop(Larkspur(datetime.now(timezone.utc).date()))) as server:
        yield server


@pytest.fixture
def crm(engine: Engine, server: CrmServer) -> Crm:
    """Somebody else's business system, which is asked once a try."""
    mapping = load_mapping(Path("data/crm/rest-example.yml"))
    pace = replace(mapping.pace, pause=0.0, tries=1, failures=100)
    return RestCrm(engine, msgspec.structs.replace(mapping, pace=pace), server.url, password=TOKEN)


def end(engine: Engine, crm: Crm, desk: Desk, sam: int, outcome: str = "resolved", note: str = "Refunded it") -> str:
    """Sam ends a conversation with Hannah, who has shown who she is; returns what the note is to say."""
    conversation = with_sam(engine, sam)
    customer = crm.find_customer(EMAIL)
    rows(engine, SHOWN, crm=crm.name, customer=customer.external_id, conversation=conversation)
    assert desk.do(conversation, "resolve", outcome=outcome, note=note).status_code == 200
    [(number,)] = rows(engine, "select max(handoff_id) from switchboard.handoffs")
    return f"Sam ended chat H{number} as {outcome}: {note}"


def noted(crm: Crm) -> list[str]:
    """What the system remembers of Hannah from chats, the latest first."""
    tickets = crm.tickets(crm.find_customer(EMAIL).external_id)
    return [ticket.text for ticket in tickets if ticket.kind == "note" and "ended chat" in ticket.text]


def waiting(engine: Engine) -> list[tuple[int, bool]]:
    """Tries, and whether another is to come, of the notes that the system doesn't have."""
    return rows(engine, "select tries, due_at is not null from switchboard.crm_notes order by handoff_id")


@pytest.mark.parametrize("outcome", ["resolved", "unresolved"])
def test_what_an_agent_notes_at_the_end_is_with_the_customer_once(engine, crm, desk, sam, outcome):
    words = end(engine, crm, desk, sam, outcome)

    assert [write_due(engine, crm) for _ in range(2)] == [1, 0]

    assert noted(crm) == [words]
    assert waiting(engine) == []


def test_the_shops_own_tables_get_it_too_and_the_next_agent_sees_it(engine, desk, sam):
    shop = SqlCrm(engine)
    words = end(engine, shop, desk, sam)

    write_due(engine, shop)

    conversation = with_sam(engine, sam)
    rows(
        engine,
        SHOWN,
        crm=shop.name,
        customer=shop.find_customer(EMAIL).external_id,
        conversation=conversation,
    )
    assert words in desk.get(f"/desk/fragments/conversations/{conversation}/side").text


def test_of_a_stranger_of_spam_and_without_a_word_nothing_is_noted(engine, crm, desk, sam):
    end(engine, crm, desk, sam, outcome="spam")
    end(engine, crm, desk, sam, note=" ")
    desk.do(with_sam(engine, sam), "resolve", outcome="resolved", note="Nobody knows who that was")

    assert waiting(engine) == []


@pytest.mark.parametrize(("called", "is_noted"), [("2 hours", True), ("30 minutes", False)])
def test_who_was_known_when_the_person_was_called_is_known_at_the_end(engine, crm, desk, sam, called, is_noted):
    conversation = with_sam(engine, sam)
    customer = crm.find_customer(EMAIL)
    rows(engine, SHOWN, crm=crm.name, customer=customer.external_id, conversation=conversation)
    rows(engine, "update switchboard.conversations set identity_until = now() - interval '1 hour'")
    rows(engine, f"update switchboard.handoffs set created_at = now() - interval '{called}'")

    desk.do(conversation, "resolve", outcome="resolved", note="Refunded it")

    assert bool(waiting(engine)) is is_noted


def test_who_was_known_at_an_earlier_call_only_is_not_known_at_the_end(engine, crm, desk, sam):
    conversation = with_sam(engine, sam)
    customer = crm.find_customer(EMAIL)
    rows(engine, SHOWN, crm=crm.name, customer=customer.external_id, conversation=conversation)
    desk.do(conversation, "give-back")
    call(engine, conversation)
    give(engine, conversation, sam)
    rows(engine, "update switchboard.conversations set identity_until = now() - interval '1 hour'")
    rows(engine, "update switchboard.handoffs set created_at = now() - interval '2 hours' where ended_at is not null")

    assert desk.do(conversation, "resolve", outcome="resolved", note="Refunded it").status_code == 200

    assert waiting(engine) == []


def test_while_the_system_is_away_nothing_is_lost_and_the_conversation_ends_all_the_same(
    engine, crm, server, desk, sam
):
    first, second = end(engine, crm, desk, sam, note="One"), end(engine, crm, desk, sam, note="Two")
    server.faults = [breaks(503), breaks(503)]
    assert write_due(engine, crm) == 0
    assert waiting(engine) == [(1, True), (0, True)]
    assert write_due(engine, crm) == 0
    rows(engine, DUE)

    assert (server.faults, write_due(engine, crm)) == ([], 2)

    assert noted(crm) == [second, first]


def test_a_note_whose_answer_was_lost_is_not_written_twice(engine, crm, server, desk, sam):
    words = end(engine, crm, desk, sam)
    server.faults = [None, loses_the_answer, breaks()]  # it reads the customer, writes, and reads back
    assert write_due(engine, crm) == 0
    rows(engine, DUE)
    assert (server.faults, write_due(engine, crm)) == ([], 1)

    assert waiting(engine) == []
    assert noted(crm) == [words]


def test_two_workers_write_each_note_once(engine, crm, desk, sam):
    said = {end(engine, crm, desk, sam, note=f"Note {number}") for number in range(6)}

    with ThreadPoolExecutor(3) as workers:
        written = list(workers.map(lambda _: write_due(engine, crm), range(3)))

    assert sum(written) == 6
    assert sorted(noted(crm)) == sorted(said)


def test_one_round_writes_only_so_many(engine, crm, desk, sam):
    for number in range(AT_ONCE + 1):
        end(engine, crm, desk, sam, note=f"Note {number}")

    assert [write_due(engine, crm) for _ in range(2)] == [AT_ONCE, 1]


def test_a_note_that_is_refused_is_not_tried_again_and_the_log_says_why(engine, crm, desk, sam, caplog):
    first, second = end(engine, crm, desk, sam, note="One"), end(engine, crm, desk, sam, note="Two")
    rows(engine, "update switchboard.crm_notes set external_id = 'nobody' where words = :words", words=first)

    assert write_due(engine, crm) == 2

    assert waiting(engine) == []
    assert "Note H1 is not in the business system, which says: unknown_customer" in caplog.text
    assert noted(crm) == [second]


def test_a_note_about_another_systems_customer_is_given_up_until_that_is_there_again(engine, crm, desk, sam, caplog):
    words = end(engine, crm, desk, sam)

    assert write_due(engine, SqlCrm(engine)) == 0

    assert waiting(engine) == [(1, False)]
    assert "given up after 1 tries: the customer is one of rest, not of shop" in caplog.text
    rows(engine, "update switchboard.crm_notes set due_at = now()")
    assert write_due(engine, crm) == 1
    assert noted(crm) == [words]


def test_who_comes_into_an_ended_conversation_gets_no_note_about_another(engine, crm, desk, sam):
    words = end(engine, crm, desk, sam)
    other = crm.find_customer("olivia.bennett@example.com").external_id
    rows(engine, "update switchboard.conversations set external_id = :other", other=other)

    write_due(engine, crm)

    assert noted(crm) == [words]


def test_a_note_that_fails_for_another_reason_waits_too_and_says_which(engine, crm, desk, sam):
    end(engine, crm, desk, sam)
    rows(
        engine,
        "insert into switchboard.effects (message_id, action, ordinal, request) "
        """values ('handoff:1', 'add_note', 0, '{"plan": {"change": "add_note"}}')""",
    )

    assert write_due(engine, crm) == 0

    assert waiting(engine) == [(1, True)]
    assert rows(engine, "select error is not null from switchboard.crm_notes") == [(True,)]


def test_a_note_is_given_up_once_the_system_has_been_away_for_days(engine, crm, server, desk, sam, caplog):
    end(engine, crm, desk, sam)
    rows(engine, "update switchboard.crm_notes set created_at = now() - make_interval(secs => :age)", age=GIVE_UP_AFTER)
    server.faults = [breaks(503)]

    assert write_due(engine, crm) == 0

    assert waiting(engine) == [(1, False)]
    assert "was given up after 1 tries: The business system can't be reached" in caplog.text


@pytest.mark.slow
def test_the_thread_writes_down_what_is_due_and_survives_a_lost_connection(engine, crm, desk, sam):
    notes = Notes(engine, crm)
    notes.seconds = 0.1
    notes.start()
    try:
        first = end(engine, crm, desk, sam, note="One")
        wait_until(lambda: noted(crm) == [first])
        rows(
            engine,
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where datname = current_database() and pid <> pg_backend_pid()",
        )
        second = end(engine, crm, desk, sam, note="Two")
        wait_until(lambda: noted(crm) == [second, first])
    finally:
        notes.stop()
    assert not notes.is_alive()


def test_a_note_that_was_given_up_is_deleted_after_a_month(engine, crm, desk, sam):
    for note in ("Old", "Old but due", "New"):
        end(engine, crm, desk, sam, note=note)
    rows(engine, "update switchboard.crm_notes set created_at = now() - interval '31 days' where words like '%Old%'")
    rows(engine, "update switchboard.crm_notes set due_at = null where words not like '%due'")

    with engine.begin() as connection:
        forget(connection)

    assert rows(engine, "select count(*) from switchboard.crm_notes where words like '%: Old'") == [(0,)]
    assert rows(engine, "select count(*) from switchboard.crm_notes") == [(2,)]

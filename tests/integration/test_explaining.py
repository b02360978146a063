"""Why people were called, when much has changed since."""

from sqlalchemy.engine import Engine

from switchboard.conversations import holder
from switchboard.routing import assignment
from switchboard.turns.escalation_command import explained
from tests.talking import call, hire, rows, say, start, turn, worker


def lines_of(engine: Engine, conversation: str) -> list[str]:
    with engine.begin() as connection:
        return list(explained(connection, conversation))


def called(engine: Engine) -> str:
    conversation = start(engine)
    say(engine, conversation, "a person for my invoice please")
    assert worker(engine, turn("Yes.", handoff={"reason": "asked_for_a_person"})).work_once()
    return conversation


def test_what_was_decided_is_told_and_what_it_is_now(engine: Engine) -> None:
    conversation, sue = called(engine), hire(engine, "Sue", "billing", role="supervisor", presence="busy")
    with engine.begin() as connection:
        holder.lock(connection, conversation)
        assignment.transfer(connection, conversation, sue, "orders")
    rows(engine, "update switchboard.handoffs set priority = 3")

    first, second, *_ = lines_of(engine, conversation)

    assert first.endswith(": billing, normal priority, because of asked_for_a_person")
    assert second == "  now: orders, urgent priority"


def test_nothing_is_told_of_now_where_nothing_has_changed(engine: Engine) -> None:
    conversation = called(engine)

    assert not [line for line in lines_of(engine, conversation) if line.startswith("  now")]


def test_of_a_handoff_that_was_not_decided_by_rules_the_present_is_told(engine: Engine) -> None:
    conversation = start(engine)
    say(engine, conversation, "hello")
    call(engine, conversation, "orders", priority="high")

    first, second = lines_of(engine, conversation)

    assert first.endswith(": orders, high priority, because of asked_for_a_person")
    assert second == "  no rule is about this"

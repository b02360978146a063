"""The router as it runs in a worker process: at once when something happens, and soon when a hint was lost."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from switchboard.conversations import saying
from switchboard.errors import StartError
from switchboard.routing.router import TURN, Router
from switchboard.settings import Settings
from tests.talking import call, hire, messages, rows, say, start, state, wait_until

OTHERS = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"


@contextmanager
def routing(settings: Settings, engine: Engine) -> Iterator[Router]:
    router = Router(settings, engine)
    router.start()
    try:
        yield router
    finally:
        router.stop()
        assert not router.is_alive()


def waiting(engine: Engine) -> str:
    conversation = start(engine)
    say(engine, conversation, "a person, please")
    call(engine, conversation)
    return conversation


def assigned(engine: Engine, conversation: str) -> bool:
    return state(engine, conversation).holder == "agent"


def test_what_waits_is_assigned_when_somebody_comes_and_returned_when_they_fall_silent(
    settings: Settings, engine: Engine
) -> None:
    conversation = waiting(engine)
    with routing(settings, engine):
        sam = hire(engine, "Sam", "support")
        wait_until(lambda: assigned(engine, conversation))
        rows(engine, "update switchboard.agents set seen_at = now() - interval '1 h' where agent_id = :id", id=sam)
        wait_until(lambda: state(engine, conversation).holder == "queue")

    assert [each.text for each in messages(engine, conversation) if each.sender == "system"] == [
        "Sam from Customer support has joined the conversation.",
        "Sam had to step away. You keep your place, and somebody else will be with you as soon as possible.",
    ]
    assert rows(engine, "select count(*) from switchboard.sla_timers") == [(2,)]


def test_a_customer_who_writes_again_is_promised_an_answer(settings: Settings, engine: Engine) -> None:
    conversation, sam = waiting(engine), hire(engine, "Sam", "support")
    running = "select 1 from switchboard.sla_timers where kind = 'next_response' and met_at is null"
    with routing(settings, engine):
        wait_until(lambda: assigned(engine, conversation))
        with engine.begin() as connection:
            saying.say(connection, conversation, sam, "Hello!", "1")
        say(engine, conversation, "one more thing")
        wait_until(lambda: rows(engine, running))


def test_only_one_worker_sweeps_at_a_time(settings: Settings, engine: Engine) -> None:
    conversation = waiting(engine)
    hire(engine, "Sam", "support")
    with engine.begin() as other:
        other.execute(TURN)
        assert not Router(settings, engine).sweep()
    assert not assigned(engine, conversation)

    assert Router(settings, engine).sweep()
    assert assigned(engine, conversation)


def test_with_several_workers_each_customer_is_told_once(settings: Settings, engine: Engine) -> None:
    hire(engine, "Sam", "support", capacity=20)
    with routing(settings, engine), routing(settings, engine):
        conversations = [waiting(engine) for _ in range(10)]
        wait_until(lambda: all(assigned(engine, each) for each in conversations))

    assert [len([one for one in messages(engine, each) if one.sender == "system"]) for each in conversations] == [
        1
    ] * 10


def test_it_outlives_the_loss_of_its_connections(settings: Settings, engine: Engine) -> None:
    with routing(settings, engine):
        rows(engine, OTHERS)
        conversation = waiting(engine)
        hire(engine, "Sam", "support")
        wait_until(lambda: assigned(engine, conversation))


def test_the_files_teams_are_there_to_wait_for(settings: Settings, engine: Engine, tmp_path: Path) -> None:
    sla = "sla: {first_response: 1 hour, next_response: 1 hour, resolution: 1 day}"
    path = tmp_path / "teams.yml"
    path.write_text(
        f"support: {{title: Help, introduced_as: a helper, {sla}}}\nkitchen: {{title: Kitchen, introduced_as: a cook, {sla}}}"
    )

    Router(Settings(database_url=settings.database, teams_file=str(path)), engine).sweep()

    titles = dict(rows(engine, "select team, title from switchboard.teams"))
    assert (titles["support"], titles["kitchen"], titles["billing"]) == ("Help", "Kitchen", "Billing")


def test_a_broken_file_stops_the_start(settings: Settings, engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "teams.yml"
    path.write_text("support: {title: Help}")
    with pytest.raises(StartError, match=r"teams\.yml, line 1: 'introduced_as' is missing"):
        Router(Settings(teams_file=str(path)), engine)

"""A conversation is worked on by one worker at a time, and only the latest claim may commit."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.engine import Engine

from switchboard import queue
from switchboard.conversations import holder
from switchboard.errors import LeaseLost
from switchboard.queue import Claim
from switchboard.turns import commit
from switchboard.turns.commit import Try
from switchboard.turns.rasa import Reply, Turn
from tests.talking import call, messages, rows, say, start, turn, worker

OVER = -1.0
"""A lease that is over at once."""


def claim(engine: Engine, lease: float = 30.0) -> Claim | None:
    with engine.begin() as connection:
        return queue.claim(connection, lease)


def finish(engine: Engine, claimed: Claim) -> None:
    with engine.begin() as connection:
        queue.hold(connection, claimed)
        queue.finish(connection, claimed)


def waiting(engine: Engine) -> str:
    conversation = start(engine)
    say(engine, conversation, "hello")
    return conversation


def test_nothing_waits_nothing_is_claimed(engine: Engine) -> None:
    start(engine)

    assert claim(engine) is None


def test_who_waited_longest_comes_first(engine: Engine) -> None:
    conversations = [waiting(engine) for _ in range(3)]

    assert [claim(engine).conversation_id for _ in range(3)] == conversations


def test_a_claimed_conversation_is_not_claimed_again(engine: Engine) -> None:
    waiting(engine)
    claim(engine)

    assert claim(engine) is None


def test_a_message_that_comes_during_the_turn_waits_for_its_end(engine: Engine) -> None:
    conversation = waiting(engine)
    first = claim(engine)
    say(engine, conversation, "are you there?")

    assert claim(engine) is None
    finish(engine, first)
    assert claim(engine).conversation_id == conversation


def test_a_conversation_with_nothing_left_is_not_claimable(engine: Engine) -> None:
    waiting(engine)
    finish(engine, claim(engine))

    assert claim(engine) is None
    assert rows(engine, "select waiting, claimable_at from switchboard.conversations") == [(0, None)]


def test_a_chatty_conversation_goes_behind_the_others(engine: Engine) -> None:
    chatty, quiet = waiting(engine), waiting(engine)
    say(engine, chatty, "and another thing")

    finish(engine, claim(engine))

    assert [claim(engine).conversation_id for _ in range(2)] == [quiet, chatty]


def test_a_row_that_another_transaction_is_claiming_is_skipped(engine: Engine) -> None:
    first, second = waiting(engine), waiting(engine)

    with engine.begin() as one, engine.begin() as other:
        assert queue.claim(one, 30).conversation_id == first
        assert queue.claim(other, 30).conversation_id == second
        assert queue.claim(other, 30) is None


def test_many_workers_never_claim_the_same_conversation(engine: Engine) -> None:
    conversations = {waiting(engine) for _ in range(20)}

    with ThreadPoolExecutor(5) as threads:
        claims = list(threads.map(lambda _: claim(engine), range(40)))

    claimed = [each.conversation_id for each in claims if each]
    assert len(claimed) == len(set(claimed))
    assert set(claimed) | {each.conversation_id for each in iter(lambda: claim(engine), None)} == conversations


def test_a_lease_that_is_over_gives_the_conversation_to_another(engine: Engine) -> None:
    conversation = waiting(engine)
    slow = claim(engine, OVER)

    fast = claim(engine)

    assert (fast.conversation_id, fast.attempt) == (conversation, slow.attempt + 1)


def test_an_older_attempt_commits_nothing(engine: Engine) -> None:
    conversation = waiting(engine)
    slow = claim(engine, OVER)
    claim(engine)
    late = Turn([Reply("Too late")], "greet", 0.9)

    for work in (
        lambda connection: commit.commit_turn(connection, slow, [1], late),
        lambda connection: commit.commit_forward(connection, slow, [1]),
        lambda connection: commit.commit_failure(connection, slow, [1], "error"),
        lambda connection: commit.commit_try(connection, slow, [1], Try("error", 0)),
    ):
        with pytest.raises(LeaseLost), engine.begin() as connection:
            work(connection)

    assert [(each.text, each.outcome) for each in messages(engine, conversation)] == [("hello", None)]
    assert rows(engine, "select tries, error from switchboard.messages") == [(0, None)]
    assert claim(engine) is None


def test_a_lease_that_is_over_still_counts_while_nobody_else_came(engine: Engine) -> None:
    waiting(engine)

    finish(engine, claim(engine, OVER))

    assert claim(engine) is None


def test_a_message_claimed_for_people_is_the_bots_if_they_gave_it_back_meanwhile(engine: Engine) -> None:
    conversation = start(engine)
    call(engine, conversation, "orders")
    say(engine, conversation, "hello")
    claimed = claim(engine)
    with engine.begin() as connection:
        holder.take_back(connection, conversation, "given_back", {})

    with engine.begin() as connection:
        assert commit.commit_forward(connection, claimed, [1]) is None
    assert worker(engine, turn("Hello!")).work_once()

    assert [(each.text, each.outcome) for each in messages(engine, conversation)] == [
        ("hello", "answered"),
        ("Hello!", None),
    ]


def test_a_postponed_conversation_waits_for_its_time(engine: Engine) -> None:
    conversation = waiting(engine)
    with engine.begin() as connection:
        queue.postpone(connection, queue.claim(connection, 30), pause=60)

    assert claim(engine) is None
    say(engine, conversation, "hello?")
    assert claim(engine) is None
    rows(engine, "update switchboard.conversations set claimable_at = claimable_at - interval '61 seconds'")
    assert claim(engine).conversation_id == conversation


def test_a_claim_that_is_rolled_back_is_no_claim(engine: Engine) -> None:
    conversation = waiting(engine)
    with engine.connect() as connection:
        queue.claim(connection, 30)

    assert claim(engine).conversation_id == conversation


def test_claiming_looks_at_claimable_rows_only(engine: Engine) -> None:
    rows(
        engine,
        "insert into switchboard.conversations (conversation_id, channel) select gen_random_uuid(), 'web' from generate_series(1, 5000)",
    )
    rows(engine, "analyze switchboard.conversations")

    plan = rows(
        engine,
        "explain select conversation_id from switchboard.conversations where claimable_at <= now() order by claimable_at limit 1 for update skip locked",
    )

    assert "conversations_claimable_idx" in str(plan)

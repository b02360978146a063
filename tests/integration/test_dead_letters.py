"""Failed messages are listed, and run again; each still ends in exactly one outcome."""

import pytest
from sqlalchemy.engine import Engine

from switchboard.cli import main
from switchboard.conversations import holder, saying
from switchboard.conversations.dead_letters import list_dead_letters, replay
from switchboard.errors import NotReplayable, UnknownConversation
from switchboard.settings import Settings
from switchboard.turns.commit import APOLOGY
from tests.talking import give, hire, messages, rows, say, start, state, turn, worker

NOBODY = "00000000-0000-0000-0000-000000000000"
BROKEN = turn()


@pytest.fixture(autouse=True)
def command_settings(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", settings.database_url)


def failed(engine: Engine, *texts: str, **settings: float) -> str:
    conversation = start(engine)
    for each in texts or ("hello",):
        say(engine, conversation, each)
    worker(engine, BROKEN, max_tries=1, **settings).work_once()
    return conversation


def failed_twice(engine: Engine) -> str:
    """A conversation whose messages 1 and 3 failed: the customer went back to the bot in between."""
    conversation = failed(engine, "first")
    back_to_the_bot(engine, conversation)
    say(engine, conversation, "second")
    worker(engine, BROKEN, max_tries=1).work_once()
    return conversation


def back_to_the_bot(engine: Engine, conversation: str) -> None:
    with engine.begin() as connection:
        holder.take_back(connection, conversation, "given_back")


def again(engine: Engine, conversation: str, seq: int = 1) -> list[int]:
    with engine.begin() as connection:
        return replay(connection, conversation, seq)


def test_failed_messages_are_listed_the_oldest_first(engine: Engine) -> None:
    conversations = [failed(engine), failed(engine)]
    say(engine, start(engine), "this one only waits")

    with engine.begin() as connection:
        listed = list_dead_letters(connection)

    assert [each.name for each in listed] == [f"{each}:1" for each in conversations]
    assert [(each.tries, each.error) for each in listed] == [(1, "The assistant said nothing.")] * 2


def test_a_replayed_message_is_answered_and_the_apology_stays(engine: Engine) -> None:
    conversation = failed(engine)

    assert again(engine, conversation) == [1]
    assert (state(engine, conversation).holder, state(engine, conversation).pending) == ("bot", [1])
    worker(engine, turn("Hello!")).work_once()

    assert [(each.text, each.outcome, each.in_reply_to) for each in messages(engine, conversation)] == [
        ("hello", "answered", None),
        (APOLOGY, None, 1),
        ("Hello!", None, 1),
    ]
    assert rows(engine, "select waiting, claimable_at, holder, team from switchboard.conversations") == [
        (0, None, "bot", None)
    ]
    assert rows(engine, "select ended_at is not null from switchboard.handoffs") == [(True,)]


def test_a_replay_has_all_its_tries_and_may_fail_again(engine: Engine) -> None:
    conversation = failed(engine)
    again(engine, conversation)
    trying = worker(engine, BROKEN, max_tries=2, retry_seconds=0)

    trying.work_once()
    assert state(engine, conversation).pending == [1]
    trying.work_once()

    assert [each.outcome for each in messages(engine, conversation)] == ["failed", None, None]
    assert state(engine, conversation).holder == "queue"
    assert rows(engine, "select tries from switchboard.messages where seq = 1") == [(2,)]


def test_messages_that_were_gathered_are_replayed_together(engine: Engine) -> None:
    conversation = failed(engine, "hi", "my order", gather_seconds=1)

    assert again(engine, conversation) == [1, 2]
    worker(engine, turn("Hello!"), gather_seconds=1).work_once()

    assert [each.outcome for each in messages(engine, conversation)][:2] == ["answered", "answered"]
    assert rows(engine, "select waiting from switchboard.conversations") == [(0,)]


def test_what_is_not_the_bots_any_more_is_not_replayed(engine: Engine) -> None:
    taken, asked, closed = failed(engine), failed(engine), failed(engine)
    with engine.begin() as connection:
        holder.close(connection, closed)
    give(engine, taken, hire(engine))
    rows(engine, "update switchboard.handoffs set reason = 'asked_for_a_person' where conversation_id = :id", id=asked)

    for conversation in (taken, asked, closed):
        with pytest.raises(NotReplayable):
            again(engine, conversation)


def test_what_the_customer_may_have_taken_back_since_is_not_replayed(engine: Engine) -> None:
    conversation = failed(engine, "yes")
    say(engine, conversation, "actually no, keep it")
    worker(engine, BROKEN).work_once()

    with pytest.raises(NotReplayable, match="has written since"):
        again(engine, conversation)

    assert messages(engine, conversation)[0].outcome == "failed"
    assert (state(engine, conversation).holder, state(engine, conversation).pending) == ("queue", [])


def test_nor_what_would_answer_another_question_of_the_bots(engine: Engine) -> None:
    conversation = failed(engine, "yes")
    back_to_the_bot(engine, conversation)
    say(engine, conversation, "cancel the other one")
    worker(engine, turn("Shall I do that?")).work_once()

    with pytest.raises(NotReplayable, match="has written since"):
        again(engine, conversation)


def test_nor_what_an_agent_has_dealt_with(engine: Engine) -> None:
    conversation = failed(engine, "yes")
    agent = hire(engine)
    give(engine, conversation, agent)
    with engine.begin() as connection:
        saying.say(connection, conversation, agent, "You will keep it, then.", "1")
        holder.return_to_queue(connection, conversation)

    with pytest.raises(NotReplayable, match="has written since"):
        again(engine, conversation)


def test_failed_messages_of_a_conversation_are_replayed_one_after_the_other(engine: Engine) -> None:
    conversation = failed_twice(engine)

    assert main(["dead-letters", "replay", "--all"]) == 1
    assert state(engine, conversation).pending == [1]
    worker(engine, turn("First.")).work_once()
    assert main(["dead-letters", "replay", "--all"]) == 0
    worker(engine, turn("Second.")).work_once()

    assert [(each.text, each.in_reply_to) for each in messages(engine, conversation)][-2:] == [
        ("First.", 1),
        ("Second.", 3),
    ]


def test_who_replays_the_later_one_has_passed_over_the_earlier_one(engine: Engine) -> None:
    conversation = failed_twice(engine)
    again(engine, conversation, 3)
    worker(engine, turn("Second.")).work_once()

    with pytest.raises(NotReplayable, match="has written since"):
        again(engine, conversation, 1)


def test_failed_messages_of_a_conversation_are_listed_by_number_whatever_their_times(engine: Engine) -> None:
    conversation = failed_twice(engine)
    rows(engine, "update switchboard.messages set created_at = now() + interval '1 second' where seq = 1")

    with engine.begin() as connection:
        listed = list_dead_letters(connection)

    assert [each.name for each in listed] == [f"{conversation}:1", f"{conversation}:3"]


def test_what_has_not_failed_is_not_replayed(engine: Engine) -> None:
    conversation = failed(engine)
    for seq in (2, 3):
        with pytest.raises(NotReplayable):
            again(engine, conversation, seq)
    with pytest.raises(UnknownConversation):
        again(engine, NOBODY)

    again(engine, conversation)
    with pytest.raises(NotReplayable):
        again(engine, conversation)
    assert rows(engine, "select waiting from switchboard.conversations") == [(1,)]


def test_nothing_is_replayed_while_another_message_of_the_conversation_waits(engine: Engine) -> None:
    conversation = failed(engine)
    say(engine, conversation, "are you there?")

    with pytest.raises(NotReplayable):
        again(engine, conversation)


def test_the_command_shows_no_text_unless_asked_and_then_masks_it(engine: Engine, capsys) -> None:
    conversation = failed(engine, "I am ana@example.com, order #12345")

    assert main(["dead-letters"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"{conversation}:1  20")
    assert "1 tries  The assistant said nothing." in shown
    assert "I am" not in shown

    assert main(["dead-letters", "--text"]) == 0
    assert "    I am [e-mail], order #[number]\n" in capsys.readouterr().out


def test_the_command_replays_one_or_all_and_says_what_it_could_not(engine: Engine, capsys) -> None:
    first, closed, gone_on = failed(engine), failed(engine), failed(engine)
    second = failed(engine, "hi", "again", gather_seconds=1)
    with engine.begin() as connection:
        holder.close(connection, closed)
    say(engine, gone_on, "never mind")
    worker(engine, BROKEN).work_once()

    assert main(["dead-letters", "replay", f"{first}:1"]) == 0
    assert capsys.readouterr().out == f"{first}:1: waits for a worker again.\n"
    assert main(["dead-letters", "replay", "--all"]) == 1
    said = capsys.readouterr()
    assert said.out == f"{second}:1: waits for a worker again, with 1 more.\n"
    assert said.err.splitlines() == [
        f"{closed}:1: The conversation is no longer the bot's: it is closed.",
        f"{gone_on}:1: The customer or an agent has written since; what was meant then may not hold any more.",
    ]


@pytest.mark.parametrize("name", ["", "hello", f"{NOBODY}:1", f"{NOBODY}:x", ":1"])
def test_the_command_refuses_what_is_no_message(engine: Engine, capsys, name: str) -> None:
    assert main(["dead-letters", "replay", name]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_an_empty_list_says_so(engine: Engine, capsys) -> None:
    assert main(["dead-letters"]) == 0
    assert capsys.readouterr().out == "No message has failed.\n"

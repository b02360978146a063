"""What is accepted is stored once, numbered without gaps and queued."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import msgspec
import pytest
from sqlalchemy.engine import Engine

from switchboard.conversations import accept, holder
from switchboard.database.engine import make_engine
from switchboard.errors import (
    ConversationClosed,
    EmptyMessage,
    TooManyMessages,
    Unauthorized,
    UnknownButton,
    UnknownConversation,
)
from switchboard.settings import Settings
from tests.talking import messages, offer, press, rows, say, start, turn, worker

NOBODY = "00000000-0000-0000-0000-000000000000"
YES_OR_NO = (("Yes", "/affirm"), ("No", "/deny"))


def test_numbers_have_no_gaps_however_many_write_at_once(engine: Engine) -> None:
    conversation = start(engine)

    def write(number: int) -> None:
        with suppress(EmptyMessage):
            say(engine, conversation, "/" if number % 5 == 0 else f"message {number}")

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(write, range(40)))

    assert [each.seq for each in messages(engine, conversation)] == list(range(1, 33))


def test_the_same_client_message_id_is_one_message(engine: Engine) -> None:
    conversation = start(engine)

    assert say(engine, conversation, "hello", "one") == 1
    assert say(engine, conversation, "hello again", "one") == 1
    assert [each.text for each in messages(engine, conversation)] == ["hello"]


def test_the_same_client_message_id_is_one_message_also_at_the_same_moment(engine: Engine) -> None:
    conversation = start(engine)

    with ThreadPoolExecutor(8) as threads:
        seqs = list(threads.map(lambda _: say(engine, conversation, "hello", "one"), range(16)))

    assert set(seqs) == {1}
    assert rows(engine, "select last_seq, waiting from switchboard.conversations") == [(1, 1)]


def test_the_same_client_message_id_in_another_conversation_is_another_message(engine: Engine) -> None:
    first, second = start(engine), start(engine)

    say(engine, first, "hello", "one")
    say(engine, second, "hi", "one")

    assert [each.text for each in messages(engine, second)] == ["hi"]


def test_a_closed_conversation_takes_nothing_more(engine: Engine) -> None:
    conversation = start(engine)
    close(engine, conversation)

    with pytest.raises(ConversationClosed):
        say(engine, conversation, "hello?")
    with pytest.raises(ConversationClosed):
        press(engine, conversation, "1.1")


def test_a_message_repeated_after_the_end_is_still_the_same_message(engine: Engine) -> None:
    conversation = start(engine)
    say(engine, conversation, "hello", "one")
    close(engine, conversation)

    assert say(engine, conversation, "hello", "one") == 1


def test_too_many_waiting_messages_are_refused(engine: Engine) -> None:
    conversation = start(engine)
    for _ in range(3):
        say(engine, conversation, "hello", max_waiting_per_conversation=3)

    with pytest.raises(TooManyMessages):
        say(engine, conversation, "hello", max_waiting_per_conversation=3)


def test_a_repeated_message_is_never_too_many(engine: Engine) -> None:
    conversation = start(engine)
    say(engine, conversation, "hello", "one", max_waiting_per_conversation=1)

    assert say(engine, conversation, "hello", "one", max_waiting_per_conversation=1) == 1


def test_nothing_is_accepted_for_a_conversation_that_does_not_exist(engine: Engine) -> None:
    with pytest.raises(UnknownConversation):
        say(engine, NOBODY, "hello")
    with pytest.raises(UnknownConversation):
        press(engine, NOBODY, "1.1")


def test_a_pressed_button_shows_its_title_and_sends_its_payload(engine: Engine) -> None:
    conversation = offered(engine)

    press(engine, conversation, "2.1")

    assert messages(engine, conversation)[-1].text == "Yes"
    assert rows(engine, "select payload from switchboard.messages where seq = 3") == [("/affirm",)]


def test_a_payload_is_never_shown(engine: Engine) -> None:
    conversation = offered(engine)
    press(engine, conversation, "2.2")

    shown = msgspec.json.encode(messages(engine, conversation)).decode()

    assert '"title":"No"' in shown
    assert "/deny" not in shown
    assert "payload" not in shown


@pytest.mark.parametrize("button", ["", "1.1", "2.3", "2.0", "/affirm", "Yes"])
def test_a_button_that_was_not_offered_is_unknown(engine: Engine, button: str) -> None:
    conversation = offered(engine)

    with pytest.raises(UnknownButton):
        press(engine, conversation, button)


def test_a_button_stays_while_only_the_customer_speaks(engine: Engine) -> None:
    conversation = offered(engine)
    say(engine, conversation, "hm")

    press(engine, conversation, "2.1")

    assert messages(engine, conversation)[-1].text == "Yes"


def test_a_button_is_gone_once_something_else_was_said_to_the_customer(engine: Engine) -> None:
    conversation = offered(engine)
    say(engine, conversation, "never mind")
    worker(engine, turn("All right.")).work_once()

    with pytest.raises(UnknownButton):
        press(engine, conversation, "2.1")


def test_a_button_pressed_again_under_the_same_id_is_one_message_even_when_it_is_gone(engine: Engine) -> None:
    conversation = offered(engine)
    press(engine, conversation, "2.1", "one")
    worker(engine, turn("Done.")).work_once()

    assert press(engine, conversation, "2.1", "one") == 3


def test_a_button_of_another_conversation_is_unknown(engine: Engine) -> None:
    offered(engine)
    conversation = start(engine)

    with pytest.raises(UnknownButton):
        press(engine, conversation, "2.1")


def test_a_senders_messages_go_into_one_open_conversation(settings: Settings) -> None:
    engine = make_engine(settings, pool_size=8)

    def find(_: int) -> str:
        with engine.begin() as connection:
            return accept.conversation_of(connection, "rest", "desk:42")

    with ThreadPoolExecutor(8) as threads:
        found = set(threads.map(find, range(16)))

    engine.dispose()
    assert len(found) == 1


def test_a_sender_whose_conversation_was_closed_gets_a_new_one(engine: Engine) -> None:
    with engine.begin() as connection:
        first = accept.conversation_of(connection, "rest", "desk:42")
    close(engine, first)

    with engine.begin() as connection:
        assert accept.conversation_of(connection, "rest", "desk:42") != first


def test_the_token_opens_its_conversation_only(engine: Engine) -> None:
    with engine.begin() as connection:
        mine, yours = accept.open_conversation(connection), accept.open_conversation(connection)

        assert not accept.check_token(connection, Settings(), mine.conversation_id, mine.token)
        for token in ("", yours.token, mine.token + "x", "é"):
            with pytest.raises(Unauthorized):
                accept.check_token(connection, Settings(), mine.conversation_id, token)
        with pytest.raises(UnknownConversation):
            accept.check_token(connection, Settings(), NOBODY, mine.token)


def test_a_token_is_stored_only_as_a_hash(engine: Engine) -> None:
    with engine.begin() as connection:
        token = accept.open_conversation(connection).token

    assert token not in str(rows(engine, "select * from switchboard.conversations"))


def test_a_conversation_without_a_token_cannot_be_opened_by_one(engine: Engine) -> None:
    with engine.begin() as connection:
        conversation = accept.conversation_of(connection, "rest", "desk:42")

        with pytest.raises(Unauthorized):
            accept.check_token(connection, Settings(), conversation, "")


def offered(engine: Engine) -> str:
    """A conversation whose second message offers Yes and No."""
    conversation = start(engine)
    say(engine, conversation, "cancel it")
    worker(engine, offer(*YES_OR_NO)).work_once()
    return conversation


def close(engine: Engine, conversation: str) -> None:
    with engine.begin() as connection:
        holder.close(connection, conversation)

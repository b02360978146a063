"""What was written before an answer came is not about that answer."""

import json

import httpx
from sqlalchemy.engine import Engine

from actions.tasks.steps import TOO_EARLY
from switchboard.conversations.dead_letters import replay
from switchboard.settings import Settings
from tests.chatting import OLIVIA, Chat, state
from tests.talking import messages, offer, press, rows, say, start, turn, worker


class Rasa:
    """Answers, and keeps which messages were early."""

    def __init__(self) -> None:
        self.early: list[tuple[str, bool]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        self.early.append((body["text"], body["early"]))
        return httpx.Response(200, json=turn("Shall I do that?"))


def test_rasa_is_told_of_what_was_written_before_the_latest_answer(engine: Engine) -> None:
    conversation, rasa = start(engine), Rasa()
    for words in ("the towel", "ok thanks"):
        say(engine, conversation, words)
    for _ in range(2):
        worker(engine, rasa).work_once()
    say(engine, conversation, "yes")
    worker(engine, rasa).work_once()

    assert rasa.early == [("the towel", False), ("ok thanks", True), ("yes", False)]


def test_a_button_may_be_pressed_too_early_as_well(engine: Engine) -> None:
    conversation, rasa = start(engine), Rasa()
    say(engine, conversation, "cancel it")
    worker(engine, offer(("Yes", "/affirm"))).work_once()
    say(engine, conversation, "wait")
    press(engine, conversation, "2.1")
    for _ in range(2):
        worker(engine, rasa).work_once()

    assert rasa.early == [("wait", False), ("/affirm", True)]


def test_a_button_under_the_latest_answer_is_about_that(engine: Engine) -> None:
    conversation, rasa = start(engine), Rasa()
    say(engine, conversation, "cancel it")
    worker(engine, offer(("Yes", "/affirm"))).work_once()
    press(engine, conversation, "2.1")
    worker(engine, rasa).work_once()

    assert rasa.early == [("/affirm", False)]


def test_an_apology_for_a_failed_message_does_not_make_its_replay_early(engine: Engine) -> None:
    conversation, rasa = start(engine), Rasa()
    seq = say(engine, conversation, "yes")
    worker(engine, lambda _: httpx.Response(500), max_tries=1).work_once()
    with engine.begin() as connection:
        replay(connection, conversation, seq)
    worker(engine, rasa).work_once()

    assert rasa.early == [("yes", False)]


def test_what_was_not_shown_makes_nothing_early(engine: Engine) -> None:
    conversation, rasa = start(engine), Rasa()
    say(engine, conversation, "yes")
    rows(
        engine,
        "insert into switchboard.messages (conversation_id, seq, sender, text, suppressed) values (:c, 2, 'bot', 'Hi', true)",
        c=conversation,
    )
    rows(engine, "update switchboard.conversations set last_seq = 2")
    worker(engine, rasa).work_once()

    assert rasa.early == [("yes", False)]
    assert messages(engine, conversation)[0].outcome == "answered"


def test_a_yes_that_came_before_the_preview_agrees_to_nothing(engine: Engine, settings: Settings) -> None:
    chat = Chat(engine, settings)
    chat.begin("cancel_order", f"cancel order 12346, I'm {OLIVIA}").say("too late")

    said = chat.say("yes please", "affirm", early=True).said

    assert said.startswith(TOO_EARLY)
    assert said.endswith("Shall I do that?")
    assert state(engine, "12346") == "pending"
    assert chat.say("yes please", "affirm").ended == "done"

"""The rules after people had the conversation: what was said to them is not held against the customer."""

import pytest
from sqlalchemy.engine import Engine

from switchboard.conversations import holder
from tests.talking import call, give, hire, rows, say, start, state, turn, worker

QUESTION = "where is my parcel now"


def ask(engine: Engine, conversation: str, words: str = QUESTION) -> None:
    say(engine, conversation, words)
    assert worker(engine, turn("On its way.")).work_once()


def give_back(engine: Engine, conversation: str) -> None:
    with engine.begin() as connection:
        holder.take_back(connection, conversation, "given_back")


@pytest.fixture
def asked_an_agent(engine: Engine) -> str:
    """Somebody who has asked the same twice, first the assistant, then an agent, who has given them back."""
    conversation = start(engine)
    ask(engine, conversation)
    call(engine, conversation)
    give(engine, conversation, hire(engine, "Sam", "support"))
    ask(engine, conversation)
    ask(engine, conversation)
    give_back(engine, conversation)
    return conversation


def test_what_was_said_to_an_agent_makes_nobody_angry_afterwards(engine: Engine, asked_an_agent: str) -> None:
    ask(engine, asked_an_agent, QUESTION.upper())

    assert state(engine, asked_an_agent).holder == "bot"


def test_what_is_asked_again_after_an_agent_counts(engine: Engine, asked_an_agent: str) -> None:
    for _ in range(2):
        ask(engine, asked_an_agent)
    ask(engine, asked_an_agent, QUESTION.upper())

    assert state(engine, asked_an_agent).holder == "queue"
    facts = (
        "select (facts->>'repeated_questions')::int, rule from switchboard.handoffs order by handoff_id desc limit 1"
    )
    assert rows(engine, facts) == [(2, "anger")]

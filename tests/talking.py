"""Steps that the tests about conversations share."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
from sqlalchemy import func, insert, text
from sqlalchemy.engine import Engine

from switchboard import queue
from switchboard.conversations import accept
from switchboard.conversations.holder import Call, assign, hand_over
from switchboard.conversations.transcript import Message, State, read_messages, read_state
from switchboard.database.listen import Listener
from switchboard.database.tables import agents, team_members
from switchboard.settings import Settings
from switchboard.turns.rasa import RasaClient
from switchboard.turns.worker import Worker

Answer = Callable[[httpx.Request], httpx.Response]


def start(engine: Engine) -> str:
    """A new conversation's id."""
    with engine.begin() as connection:
        return accept.open_conversation(connection).conversation_id


def say(engine: Engine, conversation: str, words: str, client_id: str | None = None, **settings: Any) -> int:
    """Accept a typed message; returns its number."""
    with engine.begin() as connection:
        return accept.accept_text(connection, Settings(**settings), conversation, words, client_id or str(uuid4()))


def press(engine: Engine, conversation: str, button: str, client_id: str | None = None) -> int:
    """Accept a pressed button; returns the message's number."""
    with engine.begin() as connection:
        return accept.accept_button(connection, Settings(), conversation, button, client_id or str(uuid4()))


def messages(engine: Engine, conversation: str) -> list[Message]:
    """What the customer sees."""
    with engine.begin() as connection:
        return read_messages(connection, conversation)


def state(engine: Engine, conversation: str) -> State:
    with engine.begin() as connection:
        return read_state(connection, conversation)


def hire(engine: Engine, name: str = "Sam", *teams: str, **values: Any) -> int:
    """A new agent of these teams, online unless told otherwise; returns their id."""
    values = {"email": f"{name.lower()}@larkspur.example", "role": "agent", "presence": "online", **values}
    columns = {"name": name, "password_hash": "none", "seen_at": func.now(), **values}
    with engine.begin() as connection:
        added = insert(agents).values(columns).returning(agents.c.agent_id)
        agent_id = int(connection.execute(added).scalar_one())
        for team in teams:
            connection.execute(insert(team_members).values(team=team, agent_id=agent_id))
    return agent_id


def call(engine: Engine, conversation: str, team: str = "support", seq: int = 1, **values: Any) -> int:
    """Hand the conversation over to a team; returns the handoff's id."""
    with engine.begin() as connection:
        return hand_over(connection, conversation, seq, Call(team, **{"reason": "asked_for_a_person", **values}))


def give(engine: Engine, conversation: str, agent_id: int) -> None:
    """Let an agent have a conversation that waits for one."""
    with engine.begin() as connection:
        assign(connection, conversation, agent_id)


def rows(engine: Engine, statement: str, **values: Any) -> list[Any]:
    """What a statement returns, as tuples; it is committed."""
    with engine.begin() as connection:
        result = connection.execute(text(statement), values)
        return [tuple(row) for row in result] if result.returns_rows else []


def turn(*replies: str, **more: Any) -> dict[str, Any]:
    """A turn as Rasa tells it."""
    return {"replies": [{"text": reply} for reply in replies], "intent": "greet", "confidence": 0.9, **more}


def offer(*choices: tuple[str, str]) -> dict[str, Any]:
    """A turn that ends in buttons."""
    buttons = [{"title": title, "payload": payload} for title, payload in choices]
    return {"replies": [{"text": "Which one?", "buttons": buttons}], "intent": "greet", "confidence": 0.9}


def worker(engine: Engine, answer: Answer | dict[str, Any], **settings: Any) -> Worker:
    """A worker whose Rasa answers like this."""
    answering = answer if callable(answer) else lambda _: httpx.Response(200, json=answer)
    its = Settings(**{"retry_seconds": 0.01, **settings})
    return Worker(its, engine, RasaClient(its, httpx.MockTransport(answering)))


@contextmanager
def running(working: Worker, settings: Settings) -> Iterator[Worker]:
    """The worker's threads, and the listener that wakes them, until the block ends."""
    listener = Listener(settings, queue.CHANNEL, working.notice)
    threads = [*working.start(), listener]
    listener.start()
    try:
        yield working
    finally:
        working.stop()
        listener.stop()
        for thread in threads:
            thread.join(10)
            assert not thread.is_alive()


def wait_until(happened: Callable[[], object], seconds: float = 30.0) -> None:
    """Look again and again, the last time after the end; fail if it doesn't happen."""
    deadline, late = time.monotonic() + seconds, False
    while not happened():
        assert not late, "it did not happen"
        late = time.monotonic() > deadline
        time.sleep(0.01)


def expect_pause(engine: Engine, seconds: float, work: Callable[[], object], until: str) -> None:
    """That a pause this long begins while `work` runs, by the database's clock; the query tells when it ends."""
    clock = "select clock_timestamp()"
    [(before,)] = rows(engine, clock)
    work()
    [(after,)] = rows(engine, clock)
    [(end,)] = rows(engine, until)
    begun = end - timedelta(seconds=seconds)
    assert before <= begun <= after, f"{before} <= {begun} <= {after}"

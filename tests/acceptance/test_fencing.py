"""Two attempts at one message, a worker that stopped past its lease, a database cut in the middle of a turn:
whatever overlaps or breaks, the turn runs once and nothing is said from a forgotten conversation."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.engine import Engine

from benchmarks.chaos.destroyer import processes
from benchmarks.chaos.plan import Order
from benchmarks.chaos.shop import Shop, became
from switchboard.programs import command_program, rasa_programs
from switchboard.supervisor import Program
from switchboard.training import model_path
from switchboard.turns.rasa import TURN_PATH
from tests import talking
from tests.cuttable import CuttableServer
from tests.system import ROOT, System, free_ports

pytestmark = pytest.mark.slow

START_SECONDS = 120
LOCK = text("select pg_advisory_xact_lock(hashtextextended('turn:' || :conversation, 0))")
CONVERSATION = text("select * from switchboard.conversations where conversation_id = :conversation")
MESSAGES = text("select * from switchboard.messages where conversation_id = :conversation order by seq")
TURNS_OF = text("""
    select count(*) from rasa.events where sender_id = :conversation and data::jsonb->>'message_id' = :message
""")


@dataclass(frozen=True)
class Replica:
    """A Rasa, asked as the worker asks it."""

    url: str
    token: str

    def turn(self, conversation: str, number: int, words: str) -> tuple[int, Any]:
        """Status and body of the answer to a message."""
        body = {"conversation_id": conversation, "message_id": f"{conversation}:{number}", "text": words, "keep": True}
        headers = {"X-Switchboard-Token": self.token}
        response = httpx.post(self.url + TURN_PATH, json=body, headers=headers, timeout=60)
        return response.status_code, response.json()

    def says(self, conversation: str, number: int, words: str) -> str:
        status, turn = self.turn(conversation, number, words)
        assert status == 200, turn
        return "\n".join(reply["text"] for reply in turn["replies"])


@pytest.fixture(scope="module")
def way(system: System, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CuttableServer]:
    """The second replica's way to the database."""
    server = CuttableServer(tmp_path_factory.mktemp("way"), system.settings.socket_folder)
    yield server
    server.close()


@pytest.fixture(scope="module")
def first(system: System) -> Replica:
    """The system's own Rasa."""
    return Replica(system.settings.rasa_addresses[0], system.settings.rasa_token)


@pytest.fixture(scope="module")
def second(system: System, way: CuttableServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replica]:
    """A second Rasa beside the system's."""
    settings = replace(system.settings, rasa_port=free_ports(1)[0], rasa_urls="", rasa_replicas=1)
    (program,) = rasa_programs(settings, model_path(ROOT))
    program = replace(program, environ={**program.environ, "TRACKER_STORE_URL": way.address})
    with beside(program, tmp_path_factory.mktemp("second")):
        replica = Replica(settings.rasa_addresses[0], settings.rasa_token)
        eventually(lambda: has_model(replica), START_SECONDS)
        yield replica


@contextmanager
def beside(program: Program, folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A further process of the running system."""
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(program.command, cwd=ROOT, env=program.environ, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def has_model(replica: Replica) -> bool:
    try:
        return httpx.get(f"{replica.url}/status", params={"token": replica.token}).status_code == 200
    except httpx.HTTPError:
        return False


def eventually(true: Callable[[], object], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.1)


@pytest.fixture
def conversation(shop: Engine) -> str:
    return talking.start(shop)


@pytest.fixture
def order(shop: Engine) -> Order:
    """A pending order of its own."""
    number = f"W{uuid4().int % 10_000_000:07}"
    order = Order(number, f"{number.lower()}@example.com")
    Shop(shop, [order])
    return order


def runs(shop: Engine, conversation: str, number: int) -> int:
    """How often Rasa remembers a message."""
    with shop.begin() as connection:
        values = {"conversation": conversation, "message": f"{conversation}:{number}"}
        return int(connection.execute(TURNS_OF, values).scalar_one())


# Two attempts at once


def test_two_attempts_on_two_replicas_are_one_turn_with_the_same_replies(
    first: Replica, second: Replica, shop: Engine, conversation: str, order: Order
) -> None:
    said = ["i want to cancel my order", order.number, order.email, "by mistake", "yes please"]
    for number, words in enumerate(said, start=1):
        with ThreadPoolExecutor(4) as pool:
            attempts = [pool.submit(r.turn, conversation, number, words) for r in (first, second, first, second)]
        (status, turn), *others = [attempt.result() for attempt in attempts]

        assert status == 200
        assert others == [(status, turn)] * 3
        assert runs(shop, conversation, number) == 1

    assert turn["replies"][0]["text"].startswith("Done: order")
    assert became(shop, order).once


def test_replicas_that_take_turns_know_what_the_other_heard(
    first: Replica, second: Replica, conversation: str, order: Order
) -> None:
    first.says(conversation, 1, "i want to cancel my order")
    assert "Which e-mail address" in second.says(conversation, 2, order.number)
    assert f"Why do you want to cancel order {order.number}" in first.says(conversation, 3, order.email)
    assert f"cancel the whole order {order.number}" in second.says(conversation, 4, "by mistake")
    assert "haven't changed anything" in first.says(conversation, 5, "no, leave it")


# The database cut in a turn


@pytest.mark.parametrize(
    ("words", "delivered"),
    [
        ("select coalesce(max(id)", False),
        ("INSERT INTO events", False),
        ("COMMIT", False),
        ("COMMIT", True),
        ("pg_advisory_xact_lock", False),
    ],
    ids=["retrieve", "save", "before the commit", "after the commit", "lock"],
)
def test_a_turn_cut_off_from_the_database_fails_and_its_conversation_is_not_forgotten(
    second: Replica, way: CuttableServer, shop: Engine, conversation: str, order: Order, words: str, delivered: bool
) -> None:
    second.says(conversation, 1, "i want to cancel my order")

    way.cut_at(words, deliver=delivered)
    cut, _ = second.turn(conversation, 2, order.number)
    was_cut = way.cut
    away, _ = second.turn(conversation, 2, order.number)
    way.restore()

    assert (cut, was_cut, away) == (503, True, 503)
    assert runs(shop, conversation, 2) == delivered
    assert "Which e-mail address" in second.says(conversation, 2, order.number)
    assert runs(shop, conversation, 2) == 1
    assert f"Why do you want to cancel order {order.number}" in second.says(conversation, 3, order.email)


# An action that fails


@contextmanager
def without_orders(shop: Engine) -> Iterator[None]:
    """Every look at an order is an exception in its action."""
    with shop.begin() as connection:
        connection.execute(text("alter table shop.orders rename to orders_elsewhere"))
    try:
        yield
    finally:
        with shop.begin() as connection:
            connection.execute(text("alter table shop.orders_elsewhere rename to orders"))


def test_an_exception_in_an_action_is_told_and_nothing_of_the_turn_is_kept(
    first: Replica, shop: Engine, conversation: str
) -> None:
    with without_orders(shop):
        status, _ = first.turn(conversation, 1, "What is the status of order #12345?")

    assert status == 502
    assert runs(shop, conversation, 1) == 0
    assert "#12345" in first.says(conversation, 1, "What is the status of order #12345?")


def test_a_message_whose_action_fails_is_tried_again_and_answered_once(http: httpx.Client, shop: Engine) -> None:
    path, headers = start(http)
    with without_orders(shop):
        send(http, path, headers, "What is the status of order #12345?")
        eventually(lambda: stored(shop, path)[0].tries)
    eventually(lambda: stored(shop, path)[0].outcome)

    asked, answered = stored(shop, path)
    assert asked.outcome == "answered"
    assert asked.tries > 1
    assert "#12345" in answered.text


# A worker that stops


def test_a_worker_stopped_past_its_lease_commits_nothing_when_it_resumes(
    system: System, http: httpx.Client, shop: Engine, tmp_path: Path
) -> None:
    path, headers = start(http)
    (stopped,) = [p.pid for p in processes(system.process.pid) if p.kind == "worker"]

    with shop.connect() as connection, connection.begin():
        connection.execute(LOCK, {"conversation": conversation_of(path)})
        send(http, path, headers, "how much does the membership cost?")
        eventually(lambda: claimed(shop, path))
        os.kill(stopped, signal.SIGSTOP)
    try:
        with beside(command_program(system.settings, "worker"), tmp_path):
            eventually(lambda: stored(shop, path)[0].outcome, system.settings.lease_seconds + 30)
            before = everything(shop, path)
            os.kill(stopped, signal.SIGCONT)
            eventually(lambda: "Lost the lease" in worker_log(system, path))
    finally:
        os.kill(stopped, signal.SIGCONT)

    assert everything(shop, path) == before
    asked, answered = stored(shop, path)
    assert (asked.outcome, answered.in_reply_to) == ("answered", asked.seq)
    assert runs(shop, conversation_of(path), asked.seq) == 1


def start(http: httpx.Client) -> tuple[str, dict[str, str]]:
    """A new conversation: its path, and the headers that open it."""
    started = http.post("/api/conversations").raise_for_status().json()
    return f"/api/conversations/{started['conversation_id']}", {"Authorization": f"Bearer {started['token']}"}


def send(http: httpx.Client, path: str, headers: dict[str, str], words: str) -> None:
    body = {"client_message_id": str(uuid4()), "text": words}
    http.post(f"{path}/messages", json=body, headers=headers).raise_for_status()


def conversation_of(path: str) -> str:
    return path.rpartition("/")[2]


def stored(shop: Engine, path: str) -> list[Any]:
    """The conversation's messages."""
    with shop.begin() as connection:
        return connection.execute(MESSAGES, {"conversation": conversation_of(path)}).all()


def everything(shop: Engine, path: str) -> list[Any]:
    """The conversation and its messages, to the last column."""
    with shop.begin() as connection:
        found = connection.execute(CONVERSATION, {"conversation": conversation_of(path)}).all()
    return [tuple(row) for row in found + stored(shop, path)]


def claimed(shop: Engine, path: str) -> bool:
    with shop.begin() as connection:
        return bool(connection.execute(CONVERSATION, {"conversation": conversation_of(path)}).one().attempt)


def worker_log(system: System, path: str) -> str:
    """What the system's worker said about a conversation."""
    log = (system.settings.data_path / "logs" / "worker.log").read_text()
    return "\n".join(line for line in log.splitlines() if conversation_of(path) in line)

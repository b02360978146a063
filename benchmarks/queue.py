"""What the queue costs: messages accepted and drained a second while others wait, and how soon one is claimed."""

import math
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import httpx
from sqlalchemy import text
from sqlalchemy.engine import Engine

from benchmarks.report import percentile, table, write_section
from switchboard import queue
from switchboard.conversations import accept
from switchboard.database import embedded
from switchboard.database.engine import make_engine
from switchboard.database.listen import Listener
from switchboard.database.migrate import migrate
from switchboard.settings import Settings
from switchboard.turns.rasa import RasaClient
from switchboard.turns.worker import Worker

WAITING = (0, 1_000, 10_000, 100_000)
PER_CONVERSATION = 10
"""Messages that wait in one conversation."""

THREADS = 8
MEASURED, ROUNDS = 1_000, 3
"""Messages that are accepted, and as many drained, with each number of others waiting; the median of so many rounds."""

IDLE = 200
"""Messages sent to an idle worker, one at a time."""

PLOT = Path(__file__).parent.parent / "docs" / "images" / "queue.svg"

TURN = {"replies": [{"text": "Hello! What can I do for you?"}], "intent": "greet", "confidence": 0.9}

FILL = (
    text("""
        insert into switchboard.conversations
               (conversation_id, channel, token_hash, last_seq, waiting, claimable_at, created_at)
        select gen_random_uuid(), 'web', md5(n::text), :each, :each, now() - interval '1 minute' + n * interval '1 us', now()
          from generate_series(1, :count) n
    """),
    text("""
        insert into switchboard.messages (conversation_id, seq, sender, text, client_message_id)
        select conversation_id, seq, 'customer', 'how much does the membership cost?', gen_random_uuid()::text
          from switchboard.conversations, generate_series(1, :each) seq where waiting > 0
    """),
)
EMPTY = text("truncate switchboard.conversations cascade")


@dataclass(frozen=True)
class Rates:
    """Messages a second with so many others waiting."""

    waiting: int
    accepted: float
    drained: float


def run() -> str:
    """Measure, write the section of docs/benchmarks.md and its plot, and return the section."""
    with tempfile.TemporaryDirectory() as folder, embedded.running(Settings(data_dir=folder)):
        settings = Settings(data_dir=folder, max_waiting=10**9, worker_threads=THREADS)
        migrate(settings)
        engine = make_engine(settings, pool_size=THREADS + 4)
        measure(settings, engine, 1_000)  # what is opened and compiled once
        rounds = [[measure(settings, engine, waiting) for waiting in WAITING] for _ in range(ROUNDS)]
        rates = [median(each) for each in zip(*rounds, strict=True)]
        waits = until_claimed(settings, engine)
        engine.dispose()
    body = described(rates, waits)
    PLOT.write_text(svg(rates), encoding="utf-8")
    write_section("queue", "The queue", body)
    return body


def measure(settings: Settings, engine: Engine, waiting: int) -> Rates:
    """Accept and drain messages while so many others wait; without others, those just accepted are drained."""
    fill(engine, waiting)
    accepted = accept_rate(settings, engine, MEASURED)
    if waiting:
        fill(engine, waiting)
    return Rates(waiting, accepted, drain_rate(settings, engine, MEASURED))


def median(rounds: Sequence[Rates]) -> Rates:
    accepted, drained = (statistics.median(getattr(each, of) for each in rounds) for of in ("accepted", "drained"))
    return Rates(rounds[0].waiting, accepted, drained)


def fill(engine: Engine, waiting: int) -> None:
    values = {"count": waiting // PER_CONVERSATION, "each": PER_CONVERSATION}
    with engine.begin() as connection:
        connection.execute(text("set local statement_timeout = 0"))
        connection.execute(EMPTY)
        for statement in FILL if waiting else ():
            connection.execute(statement, values)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("vacuum analyze switchboard.conversations"))
        connection.execute(text("vacuum analyze switchboard.messages"))


def accept_rate(settings: Settings, engine: Engine, count: int) -> float:
    """Messages a second through `accept_text`, from as many threads as there are workers."""

    def send(conversation: str) -> None:
        for _ in range(PER_CONVERSATION):
            with engine.begin() as connection:
                accept.accept_text(connection, settings, conversation, "how much is it?", str(uuid4()))

    with engine.begin() as connection:
        conversations = [accept.open_conversation(connection).conversation_id for _ in range(count // PER_CONVERSATION)]
    began = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(send, conversations))
    return count / (time.perf_counter() - began)


def drain_rate(settings: Settings, engine: Engine, count: int) -> float:
    """Outcomes a second of a worker whose Rasa answers at once, until there are `count`."""
    with working(settings, engine, threading.Event()) as worker:
        began = time.perf_counter()
        worker.start()
        while (dealt := done(worker)) < count:
            time.sleep(0.01)
        return dealt / (time.perf_counter() - began)


def done(worker: Worker) -> int:
    outcomes = worker.tally.as_json()["outcomes"]
    assert not outcomes["failed"]
    return sum(outcomes.values())


def until_claimed(settings: Settings, engine: Engine) -> list[float]:
    """Seconds from just before a message is accepted until its claimed turn asks Rasa, on an idle system."""
    fill(engine, 0)
    asked, waits = threading.Event(), []
    with engine.begin() as connection:
        conversations = [accept.open_conversation(connection).conversation_id for _ in range(IDLE)]
    with working(settings, engine, asked) as worker:
        worker.start()
        time.sleep(1)
        for conversation in conversations:
            asked.clear()
            began = time.perf_counter()
            with engine.begin() as connection:
                accept.accept_text(connection, settings, conversation, "how much is it?", "1")
            asked.wait(10)
            waits.append(time.perf_counter() - began)
            time.sleep(0.02)
    return waits


@contextmanager
def working(settings: Settings, engine: Engine, asked: threading.Event) -> Iterator[Worker]:
    """A worker whose Rasa answers at once and says so; it has to be started, and is stopped."""

    def answer(_: httpx.Request) -> httpx.Response:
        asked.set()
        return httpx.Response(200, json=TURN)

    its = replace(settings, turn_timeout=5.0)
    worker = Worker(its, engine, RasaClient(its, httpx.MockTransport(answer)))
    listener = Listener(its, queue.CHANNEL, worker.notice)
    listener.start()
    try:
        yield worker
    finally:
        worker.stop()
        listener.stop()
        listener.join()
        for thread in threading.enumerate():
            if thread.name.startswith(("turns-", "heartbeat")):
                thread.join()


def described(rates: list[Rates], waits: list[float]) -> str:
    rows = [[f"{each.waiting:,}", f"{each.accepted:.0f}", f"{each.drained:.0f}"] for each in rates]
    by_waiting = {each.waiting: each.drained for each in rates}
    kept = by_waiting[100_000] / by_waiting[1_000]
    p50, p95 = (percentile(waits, share) * 1000 for share in (0.5, 0.95))
    return (
        f"Messages a second that {THREADS} threads accept, and that a worker with {THREADS} threads brings to their "
        f"outcome when Rasa answers at once, while others wait, {PER_CONVERSATION} in each conversation. The embedded "
        f"server with its ordinary, durable settings; {MEASURED:,} messages a figure, the median of {ROUNDS} rounds.\n\n"
        + table(["others waiting", "accepted/s", "drained/s"], rows)
        + f"\n\nWith 100,000 waiting it drains {kept * 100:.0f} % of what it drains with 1,000; the goal is 80 %."
        + f"\n\n![Accepted and drained a second, against waiting messages](images/{PLOT.name})"
        + f"\n\nOn an idle system a message's turn begins {p50:.1f} ms after it came (p95 {p95:.1f} ms, {len(waits)} "
        "messages): accepting and claiming it, each written to disk, and waking the worker."
    )


def svg(rates: list[Rates], width: int = 640, height: int = 320) -> str:
    """Messages a second (up, from zero) against messages waiting (right, logarithmic; none at the left edge)."""
    left, right, top, bottom = 60, width - 110, 30, height - 50
    most = max(max(each.accepted, each.drained) for each in rates)
    step = 10 ** math.floor(math.log10(most)) / (2 if most / 10 ** math.floor(math.log10(most)) < 5 else 1)
    high = math.ceil(most / step) * step

    def x(waiting: int) -> float:
        return left + (right - left) * max(0.0, math.log10(max(waiting, 1)) - 2) / 3

    def y(rate: float) -> float:
        return bottom - rate / high * (bottom - top)

    marks = []
    for n in range(round(high / step) + 1):
        marks.append(f'<line x1="{left}" x2="{right}" y1="{y(n * step):.0f}" y2="{y(n * step):.0f}" stroke="#ddd"/>')
        marks.append(f'<text x="{left - 8}" y="{y(n * step) + 4:.0f}" text-anchor="end">{n * step:,.0f}</text>')
    for each in rates:
        marks.append(f'<text x="{x(each.waiting):.0f}" y="{bottom + 18}" text-anchor="middle">{each.waiting:,}</text>')
    for name, colour in (("accepted", "#2f6f5e"), ("drained", "#b5562b")):
        points = [(x(each.waiting), y(getattr(each, name))) for each in rates]
        path = " ".join(f"{px:.1f},{py:.1f}" for px, py in points)
        marks.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        marks += [f'<circle cx="{px:.1f}" cy="{py:.1f}" r="4" fill="{colour}"/>' for px, py in points]
        marks.append(f'<text x="{right + 10}" y="{points[-1][1] + 4:.0f}" fill="{colour}">{name}/s</text>')
    marks.append(f'<text x="{(left + right) / 2:.0f}" y="{height - 12}" text-anchor="middle">others waiting</text>')
    title = "Messages accepted and drained a second, against messages waiting"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" '
        f'font-size="12" role="img"><title>{title}</title><rect width="100%" height="100%" fill="#fff"/>'
        + "".join(marks)
        + "</svg>\n"
    )

"""What routing costs with 5,000 open conversations and 200 agents: one assignment, and looking in vain."""

import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from sqlalchemy import text
from sqlalchemy.engine import Engine

from benchmarks import desk
from benchmarks.report import percentile, table, write_section
from switchboard.database import embedded
from switchboard.database.engine import make_engine
from switchboard.routing.assignment import assign_next
from switchboard.routing.router import Router
from switchboard.settings import Settings

TIMES = 200
"""How often each is measured."""

BEGIN = """
    update switchboard.agents set seen_at = now() + interval '1 day';
    update switchboard.handoffs set noticed_at = created_at where ended_at is null;
    update switchboard.sla_timers set warn_at = now() + interval '1 day', due_at = now() + interval '2 days'
"""
NO_SKILL = """
    update switchboard.agents set skills = '{russian}', presence = 'busy' where agent_id % 10 = 0;
    update switchboard.handoffs set skills = '{russian}' where ended_at is null and assigned_at is null
"""
NO_ROOM = "update switchboard.agents set capacity = 1"


@dataclass(frozen=True)
class Figure:
    """How many seconds something took, each time."""

    what: str
    seconds: list[float]


def run() -> str:
    """Measure, write the section of docs/benchmarks.md and return it."""
    with tempfile.TemporaryDirectory() as folder, embedded.running(Settings(data_dir=folder)):
        settings = Settings(data_dir=folder)
        desk.fill(settings)
        engine = make_engine(settings)
        body = described(measured(settings, engine))
        engine.dispose()
    write_section("assignment", "Assignment: 5,000 open conversations, 200 agents", body)
    return body


def measured(settings: Settings, engine: Engine) -> list[Figure]:
    """Each from its beginning until it is on disk."""
    execute(engine, BEGIN)
    figures = [Figure("one is assigned", timed(partial(assign, engine)))]
    execute(engine, NO_SKILL)
    figures.append(Figure("all need a skill that nobody free has", timed(partial(assign, engine, possible=False))))
    execute(engine, NO_ROOM)
    figures.append(Figure("nobody is free", timed(partial(assign, engine, possible=False))))
    return [*figures, Figure("a whole sweep with nothing to do", timed(Router(settings, engine).sweep))]


def assign(engine: Engine, possible: bool = True) -> None:
    with engine.begin() as connection:
        assigned = assign_next(connection)
    assert (assigned is not None) is possible, "this is not what was to be measured"


def timed(step: Callable[[], object]) -> list[float]:
    """Seconds of each time; the first few, in which things are opened and compiled, don't count."""
    taken = []
    for _ in range(TIMES + 5):
        began = time.perf_counter()
        step()
        taken.append(time.perf_counter() - began)
    return taken[5:]


def execute(engine: Engine, statements: str) -> None:
    with engine.begin() as connection:
        connection.execute(text(statements))
    desk.analyze(engine)


def described(figures: list[Figure]) -> str:
    """The section's text."""
    lines = [
        [each.what, *map(_milliseconds, (statistics.median(each.seconds), percentile(each.seconds, 0.95)))]
        for each in figures
    ]
    return f"Each {TIMES} times, until it is on disk.\n\n{table(['what', 'median', '95 %'], lines)}"


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"

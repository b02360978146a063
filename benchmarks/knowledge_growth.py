"""What a search costs as the passages grow: real ones first, then synthetic ones around them, up to a million.

Building is fast and not durable, and each size goes on from the one before; the searches are measured on the server as
it is ordinarily run.
"""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import Engine

from benchmarks.knowledge_data import questions
from benchmarks.knowledge_filling import DISTANCE, grow, prepare, real_ones
from benchmarks.nlu_data import banking77
from benchmarks.report import percentile, table, write_section
from switchboard.database import embedded
from switchboard.database.engine import make_engine
from switchboard.database.migrate import migrate
from switchboard.knowledge import search as searching
from switchboard.knowledge.embeddings import Embedder, as_text
from switchboard.settings import Settings

SIZES = (1_000, 10_000, 100_000, 1_000_000)
GOALS = {1_000: 20, 1_000_000: 40}
"""Milliseconds that the slowest but 5 % of searches may take."""

COMPARED = 60
"""Questions whose nearest passages are also looked for in all of them."""

PLOT = Path(__file__).parent.parent / "docs" / "images" / "knowledge.svg"

EXACT = text("""
    select passage_id from switchboard.passages order by (embedding <#> cast(:numbers as halfvec)) + 0 limit 10
""")


@dataclass(frozen=True)
class Cost:
    """Times of searches in ms, how long the indexes took in s, their size in MB, and the share of the true nearest found."""

    passages: int
    p50: float
    p95: float
    search_p95: float  # without the question's embedding
    building: float
    megabytes: float
    found: float


def run(sizes: Sequence[int] = SIZES) -> str:
    """Measure, write the section of docs/benchmarks.md and its plot, and return the section."""
    asked = [question.asked for question in questions("knowledge_questions.yml")]
    asked += [words for words, _ in banking77("test")[::10]]
    costs: list[Cost] = []
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=folder)
        with served(settings, unsafe=True) as engine:
            migrate(settings)
            prepare(engine)
        real = real_ones()
        for size in sizes:
            with served(settings, unsafe=True) as engine:
                building = grow(engine, real, size)
            with served(settings, unsafe=False) as engine:
                costs.append(measure(engine, asked, size, building))
                print(costs[-1], flush=True)
    body = described(costs, len(asked))
    PLOT.write_text(svg(costs), encoding="utf-8")
    write_section("knowledge-growth", "Knowledge search as it grows", body)
    return body


@contextmanager
def served(settings: Settings, unsafe: bool) -> Iterator[Engine]:
    with embedded.running(settings, unsafe):
        engine = make_engine(settings, pool_size=1)
        yield engine
        engine.dispose()


def measure(engine: Engine, asked: Sequence[str], size: int, building: float) -> Cost:
    """Ask everything once unmeasured, so that what is read from disk is read, and once more."""
    embedder = Embedder(shared=True)
    for question in asked:
        searching.search(engine, embedder, question)
    whole, embedding = [], []
    for question in asked:
        began = time.perf_counter()
        embedder.embed([question])
        embedding.append(1000 * (time.perf_counter() - began))
        began = time.perf_counter()
        searching.search(engine, embedder, question)
        whole.append(1000 * (time.perf_counter() - began))
    without = [one - other for one, other in zip(whole, embedding, strict=True)]
    with engine.connect() as connection:
        megabytes = connection.scalar(text("select pg_indexes_size('switchboard.passages')")) / 1e6
    p50, p95 = (percentile(whole, share) for share in (0.5, 0.95))
    found = nearest_found(engine, asked[:: max(1, len(asked) // COMPARED)])
    return Cost(size, p50, p95, percentile(without, 0.95), building, megabytes, found)


def nearest_found(engine: Engine, asked: Sequence[str]) -> float:
    """The share of the ten nearest passages that the index finds."""
    shares = []
    with engine.connect() as connection:
        connection.execute(text("set statement_timeout = 0"))
        for question in asked:
            numbers = as_text(Embedder(shared=True).embed([question])[0])
            true = set(connection.execute(EXACT, {"numbers": numbers}).scalars())
            found = searching.by_meaning(connection, numbers, "en")[: len(true)]
            shares.append(len(true & set(found)) / len(true))
    return sum(shares) / len(shares)


def described(costs: Sequence[Cost], asked: int) -> str:
    header = ["passages", "p50 ms", "p95 ms", "of that the database, p95", "goal, p95", "nearest found", "indexes"]
    rows = [
        [
            f"{cost.passages:,}",
            f"{cost.p50:.1f}",
            f"{cost.p95:.1f}",
            f"{cost.search_p95:.1f}",
            f"{GOALS[cost.passages]}" if cost.passages in GOALS else "",
            f"{100 * cost.found:.1f} %",
            f"{cost.megabytes:,.0f} MB, {cost.building:,.0f} s to build",
        ]
        for cost in costs
    ]
    return (
        f"{asked} questions one after another, each search with the question's embedding, words and meaning, on the "
        "embedded server with its ordinary settings; all were asked once before, so nothing is read from disk. The first "
        "25,000 passages are messages of BANKING77 and CLINC150, the others synthetic: an embedding near a real one's "
        f"(a cosine of {1 / math.sqrt(1 + DISTANCE**2):.2f}) and the words of two messages. *Nearest found* is the share "
        "of the ten truly nearest embeddings that the HNSW index finds.\n\n"
        + table(header, rows)
        + f"\n\n![Milliseconds a search, against passages](images/{PLOT.name})"
    )


def svg(costs: Sequence[Cost], width: int = 640, height: int = 320) -> str:
    """Milliseconds a search (up, from zero) against passages (right, logarithmic), with the goals."""
    left, right, top, bottom = 60, width - 90, 30, height - 50
    sizes = [cost.passages for cost in costs]
    low, high = math.log10(min(sizes)), math.log10(max(*sizes, 10 * min(sizes)))
    most = 10 * math.ceil(max([*(cost.p95 for cost in costs), *GOALS.values()]) / 10)

    def x(passages: int) -> float:
        return left + (right - left) * (math.log10(passages) - low) / (high - low)

    def y(ms: float) -> float:
        return bottom - ms / most * (bottom - top)

    marks = []
    for ms in range(0, most + 1, 10):
        marks.append(f'<line x1="{left}" x2="{right}" y1="{y(ms):.0f}" y2="{y(ms):.0f}" stroke="#ddd"/>')
        marks.append(f'<text x="{left - 8}" y="{y(ms) + 4:.0f}" text-anchor="end">{ms} ms</text>')
    for size in sizes:
        marks.append(f'<text x="{x(size):.0f}" y="{bottom + 18}" text-anchor="middle">{size:,}</text>')
    for name, colour in (("p50", "#2f6f5e"), ("p95", "#b5562b")):
        points = [(x(cost.passages), y(getattr(cost, name))) for cost in costs]
        path = " ".join(f"{px:.1f},{py:.1f}" for px, py in points)
        marks.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        marks += [f'<circle cx="{px:.1f}" cy="{py:.1f}" r="4" fill="{colour}"/>' for px, py in points]
        marks.append(f'<text x="{points[-1][0] + 10:.0f}" y="{points[-1][1] + 4:.0f}" fill="{colour}">{name}</text>')
    for size in set(GOALS) & set(sizes):
        at = y(GOALS[size])
        marks.append(
            f'<line x1="{x(size) - 14:.0f}" x2="{x(size) + 14:.0f}" y1="{at:.0f}" y2="{at:.0f}" stroke="#333"/>'
        )
        marks.append(f'<text x="{x(size) + 18:.0f}" y="{at + 4:.0f}">goal</text>')
    marks.append(f'<text x="{(left + right) / 2:.0f}" y="{height - 12}" text-anchor="middle">passages</text>')
    title = "Milliseconds a search takes, against the number of passages"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" '
        f'font-size="12" role="img"><title>{title}</title><rect width="100%" height="100%" fill="#fff"/>'
        + "".join(marks)
        + "</svg>\n"
    )

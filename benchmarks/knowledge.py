"""How well the knowledge search finds: the shop's questions and BANKING77, against each of its halves alone."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from sqlalchemy import text
from sqlalchemy.engine import Engine

from benchmarks.knowledge_data import Passage, Question, add_articles, add_passages, questions
from benchmarks.nlu_data import banking77
from benchmarks.report import percentile, table, write_section
from switchboard.database import embedded
from switchboard.database.engine import make_engine
from switchboard.database.migrate import migrate
from switchboard.knowledge import search as searching
from switchboard.knowledge.articles import import_folder
from switchboard.knowledge.embeddings import Embedder, as_text
from switchboard.knowledge.indexing import index
from switchboard.settings import Settings

ARTICLES = Path(__file__).parent.parent / "data" / "articles"
BATCH = 2_000

Ranked = Callable[[Question], list[str]]


def run() -> str:
    """Measure, write the section of docs/benchmarks.md and return it."""
    with database() as engine:
        import_folder(engine, ARTICLES)
        index(engine, Embedder(shared=True))
        asked = questions("knowledge_questions.yml")
        shop, sure = compared(engine, asked), certainty(engine, asked)
        with engine.begin() as connection:
            connection.execute(text("delete from switchboard.articles"))
        fill_banking(engine)
        banking = compared(engine, [Question(words, (intent,)) for words, intent in banking77("test")])
    body = described(shop, sure, banking)
    write_section("knowledge", "Knowledge search", body)
    return body


@contextmanager
def database(unsafe: bool = True) -> Iterator[Engine]:
    """An embedded server with our tables and nothing in them."""
    with tempfile.TemporaryDirectory() as folder, embedded.running(Settings(data_dir=folder), unsafe):
        settings = Settings(data_dir=folder)
        migrate(settings)
        engine = make_engine(settings, pool_size=1)
        yield engine
        engine.dispose()


def fill_banking(engine: Engine) -> None:
    """BANKING77's training messages as passages, an article an intent."""
    train = banking77("train")
    add_articles(engine, sorted({intent for _, intent in train}))
    embeddings = Embedder(shared=True).embed([words for words, _ in train])
    for first in range(0, len(train), BATCH):
        batch = [
            Passage(train[n][1], n, train[n][0], embeddings[n]) for n in range(first, min(first + BATCH, len(train)))
        ]
        with engine.begin() as connection:
            add_passages(connection, batch)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("vacuum analyze switchboard.passages"))


def compared(engine: Engine, asked: Sequence[Question]) -> list[list[str]]:
    """A row a way of searching: recall of the right article among the first one and three, MRR, and time."""
    ways = {
        "full text alone": lambda words, meaning: words,
        "vectors alone": lambda words, meaning: meaning,
        "ranks fused": lambda words, meaning: searching.fuse([words, meaning]),
    }
    slugs = slugs_of(engine)
    lists = [both_lists(engine, question.asked) for question in asked]
    rows = [
        row(name, asked, [unique(slugs[passage] for passage in way(*each)) for each in lists])
        for name, way in ways.items()
    ]
    times, found = [], []
    for question in asked:
        began = time.perf_counter()
        hits = searching.search(engine, Embedder(shared=True), question.asked, most=searching.CANDIDATES)
        times.append(1000 * (time.perf_counter() - began))
        found.append([hit.slug for hit in hits])
    return [*rows, row("hybrid, as it is used", asked, found, f"{percentile(times, 0.95):.1f}")]


def both_lists(engine: Engine, asked: str) -> tuple[list[int], list[int]]:
    """Passages by their words, and by their meaning."""
    numbers = as_text(Embedder(shared=True).embed([asked])[0])
    with engine.connect() as connection:
        terms = searching.terms_of(connection, asked, "en")
        return searching.by_words(connection, terms, "en"), searching.by_meaning(connection, numbers, "en")


def slugs_of(engine: Engine) -> dict[int, str]:
    query = "select passage_id, slug from switchboard.passages join switchboard.articles using (article_id)"
    with engine.connect() as connection:
        return dict(connection.execute(text(query)).all())


def unique(slugs: Iterator[str]) -> list[str]:
    return list(dict.fromkeys(slugs))


def row(name: str, asked: Sequence[Question], found: Sequence[Sequence[str]], p95: str = "") -> list[str]:
    ranks = np.array([rank(question.articles, slugs) for question, slugs in zip(asked, found, strict=True)])
    shares = (ranks <= 1).mean(), (ranks <= 3).mean()
    return [name, *(f"{100 * share:.1f} %" for share in shares), f"{(1 / ranks).mean():.3f}", p95]


def rank(right: Sequence[str], found: Sequence[str]) -> float:
    """The place of the first right article, from 1; infinite if there is none."""
    return next((float(n) for n, slug in enumerate(found, start=1) if slug in right), np.inf)


def certainty(engine: Engine, asked: Sequence[Question]) -> list[str]:
    """Shares of the questions: answered rightly, answered wrongly, offered with and without the right article, neither."""
    outcomes = [
        outcome(question, searching.search(engine, Embedder(shared=True), question.asked)) for question in asked
    ]
    return [f"{100 * outcomes.count(n) / len(outcomes):.1f} %" for n in range(5)]


def outcome(question: Question, hits: Sequence[searching.Hit]) -> int:
    """Which of the five that `certainty` counts."""
    if hits and hits[0].sure:
        return 0 if hits[0].slug in question.articles else 1
    offered = [hit.slug for hit in hits if hit.likely]
    return (2 if set(offered) & set(question.articles) else 3) if offered else 4


def described(shop: list[list[str]], sure: list[str], banking: list[list[str]]) -> str:
    header = ["", "recall@1", "recall@3", "MRR", "p95 ms"]
    return "\n\n".join(
        [
            "How often the right article is the first found, and among the first three, and the mean of 1 / its place. "
            "The time is of the whole search, the question's embedding included.",
            "200 questions written for Larkspur's articles before the search was "
            "(`tests/nlu/knowledge_questions.yml`; another 60 were tuned on):",
            table(header, shop),
            f"Of the 200, {sure[0]} are answered with a passage of a right article and {sure[1]} with one of a wrong "
            f"article; {sure[2]} are offered a choice with a right article in it and {sure[3]} one without; {sure[4]} get "
            "neither. In a conversation only questions come so far that understanding was not sure of.",
            "BANKING77 as retrieval: 10,003 training messages are the passages of 77 articles, its 3,080 test messages "
            "the questions:",
            table(header, banking),
        ]
    )

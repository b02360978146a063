"""Passages for the search's benchmark: real messages, then synthetic ones around them, up to a million."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.engine import Connection, Engine

from benchmarks.knowledge_data import Passage, add_articles, add_passages, near
from benchmarks.nlu_data import banking77, clinc150
from switchboard.knowledge.embeddings import Embedder

PER_ARTICLE = 10
BATCH = 10_000
DISTANCE = 0.6
"""From a synthetic passage's embedding to that of the real one it is made from: a cosine of 0.86 between them."""

INDEXES = {
    "passages_embedding_idx": "using hnsw (embedding halfvec_ip_ops)",
    "passages_words_idx": "using gin (words)",
    "passages_not_embedded_idx": "(passage_id) where embedding is null",
    "passages_article_id_ordinal_key": "(article_id, ordinal)",
}


@dataclass(frozen=True)
class Real:
    """Messages of people and their embeddings, which the passages are made from."""

    texts: list[str]
    embeddings: NDArray[np.float32]


def real_ones() -> Real:
    """BANKING77's and CLINC150's training messages."""
    texts = list(dict.fromkeys(words for words, _ in [*banking77("train"), *clinc150("train")]))
    return Real(texts, Embedder(shared=True).embed(texts))


def prepare(engine: Engine) -> None:
    """What counts words is switched off; they are counted once at the end of each growth."""
    with engine.begin() as connection:
        connection.execute(text("alter table switchboard.passages disable trigger user"))


def grow(engine: Engine, real: Real, size: int) -> float:
    """Add passages until there are so many; returns the seconds that their indexes took."""
    with engine.connect() as connection:
        there = connection.scalar(text("select count(*) from switchboard.passages"))
    add_articles(engine, [f"article-{n}" for n in range(there // PER_ARTICLE, size // PER_ARTICLE)])
    with engine.begin() as connection:
        connection.execute(text("set local statement_timeout = 0"))
        drop_indexes(connection)
        for first in range(there, size, BATCH):
            add_passages(connection, made(real, first, min(first + BATCH, size)))
        began = time.perf_counter()
        create_indexes(connection)
        seconds = time.perf_counter() - began
        count_words(connection)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("set statement_timeout = 0"))
        connection.execute(text("vacuum analyze switchboard.passages"))
        connection.execute(text("analyze switchboard.articles"))
        connection.execute(text("checkpoint"))
    return seconds


def made(real: Real, first: int, end: int) -> list[Passage]:
    """The passages with these numbers: the real messages as they are, then variations of them.

    A variation has the words of the message it is near to, those of another in between, and a word of its own.
    """
    random = np.random.default_rng(first)
    count = len(real.texts)
    numbers = np.arange(first, end)
    embeddings = real.embeddings[numbers % count]
    synthetic = numbers >= count
    embeddings = np.where(synthetic[:, None], near(embeddings, DISTANCE, random), embeddings)
    others = random.integers(0, count, end - first)
    texts = [
        f"{real.texts[n % count]} {real.texts[other]} no{n}" if n >= count else real.texts[n]
        for n, other in zip(numbers, others, strict=True)
    ]
    return [
        Passage(f"article-{n // PER_ARTICLE}", int(n % PER_ARTICLE), words, embedding)
        for n, words, embedding in zip(numbers, texts, embeddings, strict=True)
    ]


def drop_indexes(connection: Connection) -> None:
    connection.execute(
        text("alter table switchboard.passages drop constraint if exists passages_article_id_ordinal_key")
    )
    for name in INDEXES:
        connection.execute(text(f"drop index if exists switchboard.{name}"))


def create_indexes(connection: Connection) -> None:
    connection.execute(text("set local maintenance_work_mem = '4GB'"))
    connection.execute(text("set local max_parallel_maintenance_workers = 2"))
    for name, what in INDEXES.items():
        unique = "unique " if name.endswith("_key") else ""
        connection.execute(text(f"create {unique}index {name} on switchboard.passages {what}"))


def count_words(connection: Connection) -> None:
    connection.execute(text("truncate switchboard.passage_words"))
    connection.execute(
        text("""
            insert into switchboard.passage_words
            select word, count(*) from switchboard.passages, unnest(array_append(tsvector_to_array(words), '')) word
             group by word
        """)
    )

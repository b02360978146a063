"""What the knowledge search is measured on: the shop's questions, and passages by the thousand in the tables."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.engine import Connection, Engine

TESTS = Path(__file__).parent.parent / "tests" / "nlu"

FIRST_ARTICLE = "select coalesce(max(article_id), 0) from switchboard.articles"
ADD_ARTICLES = text("""
    insert into switchboard.articles (slug, title, body)
    select slug, slug, 'in passages' from unnest(cast(:slugs as text[])) with ordinality each (slug, n) order by n
""")
STAGE = "create temporary table staged (slug text, ordinal integer, body text, embedding halfvec(384)) on commit drop"
TAKE = text("""
    insert into switchboard.passages (article_id, version, ordinal, language, body, words, embedding)
    select a.article_id, 1, s.ordinal, 'en', s.body, to_tsvector('english', s.body), s.embedding
      from staged s join switchboard.articles a on a.slug = s.slug and a.language = 'en'
""")
HEADER = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)
END = struct.pack(">h", -1)


@dataclass(frozen=True)
class Question:
    """A question and the articles that answer it."""

    asked: str
    articles: tuple[str, ...]


@dataclass(frozen=True)
class Passage:
    """A passage to be written; `ordinal` is unique in its article."""

    slug: str
    ordinal: int
    body: str
    embedding: NDArray[Any]


def questions(name: str) -> list[Question]:
    """`knowledge_questions.yml`, which judges, or `knowledge_tuning.yml`."""
    groups = yaml.safe_load((TESTS / name).read_text(encoding="utf-8"))
    return [Question(asked, tuple(group["articles"])) for group in groups for asked in group["questions"]]


def add_articles(engine: Engine, slugs: Sequence[str]) -> None:
    """Articles whose passages are written by themselves, so that none of them is stale."""
    with engine.begin() as connection:
        connection.execute(ADD_ARTICLES, {"slugs": list(slugs)})
        connection.execute(
            text(
                "delete from switchboard.stale_articles where article_id in"
                " (select article_id from switchboard.articles where body = 'in passages')"
            )
        )


def add_passages(connection: Connection, passages: Sequence[Passage]) -> None:
    """Many passages in PostgreSQL's binary format; text would take ten times as long."""
    connection.execute(text(STAGE))
    with connection.connection.cursor() as cursor:
        cursor.copy_expert("copy staged from stdin (format binary)", io.BytesIO(b"".join(as_copy(passages))))
    connection.execute(TAKE)
    connection.execute(text("drop table staged"))


def as_copy(passages: Sequence[Passage]) -> Iterator[bytes]:
    """Rows for COPY: each value after its length; a halfvec is its size, a zero, and big-endian half floats."""
    yield HEADER
    for each in passages:
        numbers = struct.pack(">hh", len(each.embedding), 0) + each.embedding.astype(">f2").tobytes()
        values = (each.slug.encode(), struct.pack(">i", each.ordinal), each.body.encode(), numbers)
        yield struct.pack(">h", len(values)) + b"".join(struct.pack(">i", len(value)) + value for value in values)
    yield END


def near(embeddings: NDArray[np.float32], distance: float, random: np.random.Generator) -> NDArray[np.float32]:
    """Unit vectors at about that distance from the given ones, each in a direction of its own."""
    noise = random.standard_normal(embeddings.shape, np.float32)
    noise *= distance / np.linalg.norm(noise, axis=1, keepdims=True)
    moved = embeddings + noise
    return moved / np.linalg.norm(moved, axis=1, keepdims=True)

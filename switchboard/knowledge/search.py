"""The search: passages by their words and by their meaning, the two lists fused.

Words are found with PostgreSQL's full-text search and count by their rarity; meaning is the nearness of the MiniLM
embeddings, found with pgvector. What is far up in either list is read and put in order. Each step costs about the same
however many passages there are.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.engine import Connection, Engine

from switchboard.knowledge.embeddings import Embedder, as_text
from switchboard.knowledge.languages import configuration

FUSION = 60
"""The constant of reciprocal rank fusion (Cormack, Clarke and Büttcher 2009, who found 60)."""

CANDIDATES = 30
"""Passages taken from each list; as many of the fused list are read."""

COVERAGE_COUNTS = 0.15
"""How much a passage with all the question's words is better than one with none, in cosine. A sum orders better than
the ranks do (Bruch, Gai and Ingber 2023 found the same); `benchmarks/knowledge_calibration.py` chose the number."""

SURE, LIKELY = 0.55, 0.35
"""Scores from which a passage is an answer, and from which an article is worth offering. Chosen by the same program:
no question of the tuning set, and no message out of scope that gets as far as the search, was answered wrongly."""

LIKELY_BY_WORDS = 0.5
"""The coverage from which an article is worth offering where there are no embeddings."""

OFFERED = 3
"""Articles that are offered at most."""

MOST_WITH_WORDS = 1000
"""Passages that are looked at for their words. Words so frequent that this would be exceeded are left out: they say
little, and ranking all passages that have one is what makes full-text search slow."""

TERMS = text("""
    select word, coalesce(passages, 0), (select passages from switchboard.passage_words where word = '')
      from unnest(tsvector_to_array(to_tsvector(cast(:configuration as regconfig), :asked))) word
      left join switchboard.passage_words using (word)
     order by 2, 1
""")
BY_WORDS = text("""
    select passage_id
      from (select passage_id, words from switchboard.passages
             where words @@ cast(:any as tsquery) and language = :language limit :most) found,
           unnest(cast(:words as tsquery[]), cast(:weights as float[])) term (word, weight)
     where words @@ word
     group by passage_id order by sum(weight) desc, passage_id limit :candidates
""")
WIDEN = text(
    "select set_config('hnsw.ef_search', '300', true), set_config('hnsw.iterative_scan', 'strict_order', true)"
)
BY_MEANING = text("""
    select passage_id from switchboard.passages
     where language = :language order by embedding <#> cast(:numbers as halfvec) limit :candidates
""")
READ = text("""
    select a.slug, a.title, a.link, a.version, p.ordinal, p.body as passage,
           coalesce(-(p.embedding <#> cast(:numbers as halfvec)), 0) as nearness,
           coalesce((select sum(weight) from unnest(cast(:words as tsquery[]), cast(:weights as float[])) term (word, weight)
                      where p.words @@ word), 0) as coverage
      from switchboard.passages p join switchboard.articles a using (article_id, version)
     where passage_id = any(:passages) and a.status = 'published'
     order by passage_id
""")
"""A passage of an earlier version is passed over: what an article no longer says is not answered."""

PASSAGE = text("""
    select p.body from switchboard.passages p join switchboard.articles a using (article_id, version)
     where a.slug = :slug and a.language = :language and a.status = 'published' and p.ordinal = :ordinal
""")


@dataclass(frozen=True)
class Hit:
    """A passage that may answer.

    Attributes:
        ordinal: the passage's number in its article, from 1.
        passage: the text.
        nearness: cosine of its embedding and the question's; 0 where there is none.
        coverage: which share of the question's words it has, weighted by their rarity; 0 to 1.
    """

    slug: str
    title: str
    link: str | None
    version: int
    ordinal: int
    passage: str
    nearness: float
    coverage: float

    @property
    def score(self) -> float:
        return self.nearness + COVERAGE_COUNTS * self.coverage

    @property
    def sure(self) -> bool:
        return self.score >= SURE

    @property
    def likely(self) -> bool:
        return self.score >= LIKELY if self.nearness else self.coverage >= LIKELY_BY_WORDS


@dataclass(frozen=True)
class Term:
    """A word of the question in PostgreSQL's form, in how many passages it is, and its weight."""

    word: str
    passages: int
    weight: float

    @property
    def query(self) -> str:
        return "'" + self.word.replace("\\", "\\\\").replace("'", "''") + "'"


def search(engine: Engine, embedder: Embedder, asked: str, language: str = "en", most: int = OFFERED) -> list[Hit]:
    """The best passage of each of the best articles, best first."""
    embedded = embedder.embed([asked])
    numbers = None if embedded is None else as_text(embedded[0])
    with engine.connect() as connection:
        terms = terms_of(connection, asked, language)
        lists = [by_words(connection, terms, language), by_meaning(connection, numbers, language)]
        hits = read(connection, fuse(lists)[:CANDIDATES], terms, numbers)
    return best_of_each_article(hits)[:most]


def terms_of(connection: Connection, asked: str, language: str) -> list[Term]:
    """The question's words, rarest first. A word counts by its inverse document frequency, as in BM25."""
    rows = connection.execute(TERMS, {"asked": asked, "configuration": configuration(language)})
    return [Term(word, having, weight(having, total or 0)) for word, having, total in rows]


def weight(having: int, total: int) -> float:
    return math.log(1 + (max(total - having, 0) + 0.5) / (having + 0.5))


def by_words(connection: Connection, terms: list[Term], language: str) -> list[int]:
    """Passages with the question's words, those with the rarest and most first."""
    sought = selective(terms)
    if not sought:
        return []
    values = {
        "any": " | ".join(term.query for term in sought),
        "language": language,
        "most": MOST_WITH_WORDS,
        "candidates": CANDIDATES,
    }
    return list(connection.execute(BY_WORDS, values | weights(terms)).scalars())


def selective(terms: list[Term]) -> list[Term]:
    """The rarest words that are anywhere, as long as not too many passages have them."""
    sought, having = [], 0
    for term in terms:
        having += term.passages
        if term.passages and having <= MOST_WITH_WORDS:
            sought.append(term)
    return sought


def by_meaning(connection: Connection, numbers: str | None, language: str) -> list[int]:
    """Passages whose embeddings are nearest, nearest first."""
    if numbers is None:
        return []
    connection.execute(WIDEN)
    values = {"numbers": numbers, "language": language, "candidates": CANDIDATES}
    return list(connection.execute(BY_MEANING, values).scalars())


def fuse(lists: Iterable[list[int]]) -> list[int]:
    """One list: what is far up in both comes first (reciprocal rank fusion)."""
    scores: dict[int, float] = {}
    for found in lists:
        for rank, passage in enumerate(found, start=1):
            scores[passage] = scores.get(passage, 0.0) + 1 / (FUSION + rank)
    return sorted(scores, key=lambda passage: (-scores[passage], passage))


def read(connection: Connection, found: list[int], terms: list[Term], numbers: str | None) -> list[Hit]:
    """The passages' texts, and what speaks for them."""
    values = {"passages": found, "numbers": numbers} | weights(terms)
    whole = sum(term.weight for term in terms) or 1.0
    rows = connection.execute(READ, values).mappings()
    return [Hit(**{**row, "coverage": row["coverage"] / whole}) for row in rows]


def best_of_each_article(hits: list[Hit]) -> list[Hit]:
    """Best first; of each article only the best passage."""
    best: dict[str, Hit] = {}
    for hit in sorted(hits, key=lambda hit: -hit.score):
        best.setdefault(hit.slug, hit)
    return list(best.values())


def weights(terms: list[Term]) -> dict[str, object]:
    return {"words": [term.query for term in terms], "weights": [term.weight for term in terms]}


def passage_of(engine: Engine, slug: str, ordinal: int, language: str = "en") -> str | None:
    """A passage by its number, as long as its article is published and says so still."""
    with engine.connect() as connection:
        return connection.scalar(PASSAGE, {"slug": slug, "ordinal": ordinal, "language": language})

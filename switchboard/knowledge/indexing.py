"""Passages and their embeddings, made in the background when an article changes.

A trigger notes changed articles. First they are split, which takes milliseconds and makes them findable by their
words; whenever none is left to split, some passages without an embedding get one. Both steps skip what another worker
has locked.
"""

import logging
import threading

from sqlalchemy import bindparam, text
from sqlalchemy.engine import Engine, Row

from switchboard.database.engine import make_engine
from switchboard.database.listen import Listener
from switchboard.database.tables import passages
from switchboard.errors import first_line
from switchboard.knowledge.embeddings import Embedder, as_text
from switchboard.knowledge.languages import configuration
from switchboard.knowledge.passages import split
from switchboard.settings import Settings

log = logging.getLogger(__name__)

CHANNEL = "switchboard_articles"

POLL_SECONDS = 5.0
"""How long a change can stay unnoticed if its notification is lost."""

SPLIT_AT_ONCE, EMBED_AT_ONCE = 20, 16
"""Articles and passages in one transaction, so that others don't wait long for their locks."""

STALE = text("""
    select a.article_id, a.version, a.language, a.title, a.body, a.status
      from switchboard.stale_articles s join switchboard.articles a using (article_id)
     order by a.article_id limit :most
       for update of s skip locked for key share of a skip locked
""")
FORGET = text("delete from switchboard.passages where article_id = :article_id")
ADD = text("""
    insert into switchboard.passages (article_id, version, ordinal, language, body, words)
    select :article_id, :version, ordinal, :language, body,
           to_tsvector(cast(:configuration as regconfig), :title || ' ' || body)
      from unnest(cast(:bodies as text[])) with ordinality as each (body, ordinal)
""")
DONE = text("delete from switchboard.stale_articles where article_id = :article_id")
NOT_EMBEDDED = text("""
    select p.passage_id, a.title || '. ' || p.body
      from switchboard.passages p join switchboard.articles a using (article_id)
     where p.embedding is null order by p.passage_id limit :most for update of p skip locked
""")
EMBED = passages.update().where(passages.c.passage_id == bindparam("passage")).values(embedding=bindparam("numbers"))


def split_stale(engine: Engine) -> int:
    """Make the passages of some articles that changed; returns of how many.

    An article that is not published has none.
    """
    with engine.begin() as connection:
        stale = connection.execute(STALE, {"most": SPLIT_AT_ONCE}).all()
        for article in stale:
            connection.execute(FORGET, {"article_id": article.article_id})
            if article.status == "published":
                connection.execute(ADD, values_of(article))
            connection.execute(DONE, {"article_id": article.article_id})
    return len(stale)


def values_of(article: Row) -> dict[str, object]:
    return {
        "article_id": article.article_id,
        "version": article.version,
        "language": article.language,
        "configuration": configuration(article.language),
        "title": article.title,
        "bodies": split(article.body),
    }


def embed_some(engine: Engine, embedder: Embedder) -> int:
    """Give some passages that have no embedding theirs; returns how many. None where there is no encoder."""
    with engine.begin() as connection:
        waiting = connection.execute(NOT_EMBEDDED, {"most": EMBED_AT_ONCE}).all()
        numbers = embedder.embed([words for _, words in waiting]) if waiting else None
        if numbers is None:
            return 0
        rows = [
            {"passage": passage, "numbers": as_text(each)} for (passage, _), each in zip(waiting, numbers, strict=True)
        ]
        connection.execute(EMBED, rows)
    return len(waiting)


def index(engine: Engine, embedder: Embedder) -> None:
    """Bring the search up to date with the articles."""
    while index_some(engine, embedder):
        pass


def index_some(engine: Engine, embedder: Embedder) -> int:
    """One step of it, 0 if there is nothing to do. What changes meanwhile goes before the embeddings that are left."""
    return split_stale(engine) or embed_some(engine, embedder)


class Indexer(threading.Thread):
    """Keeps the search up to date until stopped. Several may run at once."""

    def __init__(self, settings: Settings, poll_seconds: float = POLL_SECONDS) -> None:
        super().__init__(name="indexer", daemon=True)
        self.engine, self.poll_seconds = make_engine(settings, pool_size=1), poll_seconds
        self._embedder = Embedder()
        self._stopped = threading.Event()
        self._news = threading.Event()
        self._listener = Listener(settings, CHANNEL, lambda _: self._news.set())

    def run(self) -> None:
        self._listener.start()
        while not self._stopped.is_set():
            self._news.clear()
            try:
                while not self._stopped.is_set() and index_some(self.engine, self._embedder):
                    pass
            except Exception as error:  # mostly the database is away; the thread must outlive that
                log.error("The search can't be brought up to date right now: %s", first_line(error))
            self._news.wait(self.poll_seconds)

    def stop(self) -> None:
        """End after the step under way."""
        self._stopped.set()
        self._listener.stop()
        self._news.set()
        if self.is_alive():
            self.join(self.poll_seconds)

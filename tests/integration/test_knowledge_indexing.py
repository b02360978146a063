"""Passages follow their articles: in the background, by several workers, and never with text that was replaced."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Engine

from switchboard.database.engine import make_engine
from switchboard.knowledge.articles import import_folder
from switchboard.knowledge.embeddings import Embedder
from switchboard.knowledge.indexing import Indexer, embed_some, index, split_stale
from switchboard.settings import Settings
from tests.knowing import counted, embedder, run, word_counts, write, written
from tests.talking import wait_until

BODIES = "select body, embedding is not null from switchboard.passages order by article_id, ordinal"


class NoEncoder(Embedder):
    """As where the encoder's packages are not installed."""

    def embed(self, texts: object) -> None:
        return None


class EditedMeanwhile(Embedder):
    """While it makes the first embeddings somebody edits an article; notes at each batch how many edits wait then."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(shared=True)
        self.engine, self.waiting = engine, list[object]()

    def embed(self, texts: Sequence[str]) -> Any:
        if not self.waiting:
            run(self.engine, "update switchboard.articles set body = 'Five dollars.' where slug = 'fees'")
        self.waiting += run(self.engine, "select count(*) from switchboard.stale_articles")
        return super().embed(texts)


@pytest.fixture
def indexer(settings: Settings) -> Iterator[Indexer]:
    """A running one that looks by itself only once a minute, so that it has to be told."""
    indexer = Indexer(settings, poll_seconds=60)
    indexer.start()
    yield indexer
    indexer.stop()
    assert not indexer.is_alive()


def test_a_new_article_gets_passages_with_embeddings(engine: Engine) -> None:
    write(engine, "fees", "Fees", "None. Never.")

    index(engine, embedder)

    assert run(engine, BODIES) == [("None. Never.", True)]
    assert run(engine, "select * from switchboard.stale_articles") == []


def test_a_long_article_is_split_and_numbered(engine: Engine) -> None:
    written(engine, "long", "Long", " ".join(f"This is sentence number {n} of it." for n in range(40)))

    ordinals = [ordinal for (ordinal,) in run(engine, "select ordinal from switchboard.passages order by passage_id")]
    assert ordinals == list(range(1, len(ordinals) + 1))
    assert len(ordinals) > 3


def test_an_edited_article_gets_new_passages(engine: Engine) -> None:
    written(engine, "fees", "Fees", "None.")

    run(engine, "update switchboard.articles set body = 'Five dollars.'")
    index(engine, embedder)

    assert run(engine, BODIES) == [("Five dollars.", True)]
    assert run(engine, "select distinct version from switchboard.passages") == [(2,)]


@pytest.mark.parametrize("change", ["status = 'archived'", "status = 'draft'"])
def test_an_article_that_is_withdrawn_has_no_passages(engine: Engine, change: str) -> None:
    written(engine, "fees", "Fees", "None.")

    run(engine, f"update switchboard.articles set {change}")
    index(engine, embedder)

    assert run(engine, BODIES) == []


def test_a_deleted_article_takes_its_passages_along(engine: Engine) -> None:
    written(engine, "fees", "Fees", "None.")

    run(engine, "delete from switchboard.articles")

    assert run(engine, BODIES) == []
    assert word_counts(engine) == {}


def test_what_does_not_touch_the_text_makes_nothing_stale(engine: Engine) -> None:
    written(engine, "fees", "Fees", "None.")

    run(engine, "update switchboard.articles set link = 'https://larkspur.example/fees'")

    assert run(engine, "select * from switchboard.stale_articles") == []


def test_words_are_counted_as_passages_come_and_go(engine: Engine) -> None:
    import_folder(engine, Path("data/articles"))
    index(engine, embedder)
    assert word_counts(engine) == counted(engine)

    run(engine, "update switchboard.articles set body = 'Quite another text.' where slug like '%refund%'")
    run(engine, "delete from switchboard.articles where slug like '%account%'")
    index(engine, embedder)

    assert word_counts(engine) == counted(engine)


def test_without_an_encoder_passages_wait_for_their_embeddings(engine: Engine) -> None:
    write(engine, "fees", "Fees", "None.")

    index(engine, NoEncoder())
    assert run(engine, BODIES) == [("None.", False)]

    index(engine, embedder)
    assert run(engine, BODIES) == [("None.", True)]


def test_several_workers_at_once_leave_each_article_indexed_once(engine: Engine, settings: Settings) -> None:
    for number in range(100):
        write(engine, f"article-{number}", f"Article {number}", f"This is said in article {number}.")
    engines = [make_engine(settings, pool_size=1) for _ in range(4)]

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda its: index(its, embedder), engines))
    index(engine, embedder)

    assert run(engine, "select count(*), count(embedding), count(distinct article_id) from switchboard.passages") == [
        (100, 100, 100)
    ]
    assert word_counts(engine) == counted(engine)
    for each in engines:
        each.dispose()


def test_what_another_worker_has_locked_is_left_to_it(engine: Engine) -> None:
    write(engine, "fees", "Fees", "None.")
    with engine.begin() as other:
        other.execute(text("select * from switchboard.stale_articles for update"))
        assert split_stale(engine) == 0
    assert split_stale(engine) == 1
    with engine.begin() as other:
        other.execute(text("select * from switchboard.passages for update"))
        assert embed_some(engine, embedder) == 0
    assert embed_some(engine, embedder) == 1


def test_an_edit_does_not_wait_for_the_embeddings_of_others(engine: Engine) -> None:
    write(engine, "fees", "Fees", "None.")
    for number in range(40):
        write(engine, f"article-{number}", f"Article {number}", f"This is said in article {number}.")
    meanwhile = EditedMeanwhile(engine)

    index(engine, meanwhile)

    assert meanwhile.waiting == [(1,), (0,), (0,)]


def test_an_edit_during_indexing_is_not_lost(engine: Engine) -> None:
    """The edit waits for the worker that has the article, and makes it stale again."""
    write(engine, "fees", "Fees", "None.")
    with engine.begin() as worker:
        worker.execute(text("select * from switchboard.stale_articles for update"))
        edit = threading.Thread(target=run, args=(engine, "update switchboard.articles set body = 'Five dollars.'"))
        edit.start()
        wait_until(lambda: run(engine, "select 1 from pg_stat_activity where wait_event_type = 'Lock'"))
        worker.execute(text("delete from switchboard.stale_articles"))
    edit.join()

    index(engine, embedder)

    assert run(engine, BODIES) == [("Five dollars.", True)]


def test_the_indexer_notices_a_new_article_at_once(engine: Engine, indexer: Indexer) -> None:
    write(engine, "fees", "Fees", "None.")

    wait_until(lambda: run(engine, BODIES) == [("None.", True)])


def test_the_indexer_takes_up_what_was_changed_before_it_started(engine: Engine, settings: Settings) -> None:
    write(engine, "fees", "Fees", "None.")
    indexer = Indexer(settings, poll_seconds=60)

    indexer.start()

    wait_until(lambda: run(engine, BODIES) == [("None.", True)])
    indexer.stop()


def test_the_indexer_survives_a_lost_connection(engine: Engine, indexer: Indexer) -> None:
    wait_until(lambda: run(engine, "select 1 from pg_stat_activity where query = 'listen switchboard_articles'"))
    run(
        engine,
        "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()",
    )

    write(engine, "fees", "Fees", "None.")

    wait_until(lambda: run(engine, BODIES) == [("None.", True)])

"""Steps that the tests about the knowledge search share."""

from sqlalchemy import text
from sqlalchemy.engine import Engine

from switchboard.knowledge.embeddings import Embedder
from switchboard.knowledge.indexing import index

embedder = Embedder(shared=True)
"""The real encoder, loaded once for all tests."""


def write(engine: Engine, slug: str, title: str, body: str, language: str = "en", **more: str) -> None:
    """An article, not yet indexed."""
    values = {"slug": slug, "title": title, "body": body, "language": language, **more}
    columns = ", ".join(values)
    with engine.begin() as connection:
        connection.execute(
            text(f"insert into switchboard.articles ({columns}) values ({', '.join(f':{name}' for name in values)})"),
            values,
        )


def written(engine: Engine, slug: str, title: str, body: str, language: str = "en", **more: str) -> None:
    """An article that can be found."""
    write(engine, slug, title, body, language, **more)
    index(engine, embedder)


def run(engine: Engine, statement: str, **values: object) -> list[tuple[object, ...]]:
    with engine.begin() as connection:
        result = connection.execute(text(statement), values)
        return [tuple(row) for row in result] if result.returns_rows else []


def word_counts(engine: Engine) -> dict[object, object]:
    """As the triggers keep them; without words that are in no passage any more."""
    return dict(run(engine, "select word, passages from switchboard.passage_words where passages <> 0"))


def counted(engine: Engine) -> dict[object, object]:
    """The same, counted anew."""
    return dict(
        run(
            engine,
            "select word, count(*) from switchboard.passages, unnest(array_append(tsvector_to_array(words), '')) word"
            " group by word",
        )
    )

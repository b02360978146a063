"""Articles: read from files once, edited in the table, served from the table. Nothing is cached, so an edit shows at once."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.sql import Select

from switchboard.database.tables import article_intents, articles
from switchboard.errors import BadArticle

FENCE = "---"
FIELDS = {"title", "intents", "language", "link"}

COLUMNS = (articles.c.slug, articles.c.title, articles.c.body, articles.c.version, articles.c.link)


@dataclass(frozen=True)
class Article:
    slug: str
    title: str
    body: str
    version: int
    link: str | None = None


@dataclass(frozen=True)
class ArticleFile:
    """An article as a file has it; `path` says where it is from."""

    path: Path
    slug: str
    title: str
    language: str
    intents: tuple[str, ...]
    body: str
    link: str | None = None


def answer_for(engine: Engine, intent: str, language: str = "en") -> Article | None:
    """The published article that answers an intent; of several the oldest."""
    query = (
        select(*COLUMNS)
        .join(article_intents, article_intents.c.article_id == articles.c.article_id)
        .where(article_intents.c.intent == intent, articles.c.language == language, articles.c.status == "published")
        .order_by(articles.c.article_id)
        .limit(1)
    )
    return first(engine, query)


def article_named(engine: Engine, slug: str, language: str = "en") -> Article | None:
    """The published article with this slug."""
    query = select(*COLUMNS).where(
        articles.c.slug == slug, articles.c.language == language, articles.c.status == "published"
    )
    return first(engine, query)


def first(engine: Engine, query: Select) -> Article | None:
    with engine.connect() as connection:
        row = connection.execute(query).first()
    return Article(*row) if row else None


def import_folder(engine: Engine, folder: Path) -> int:
    """Add the folder's articles that the table doesn't have, in one transaction; an article that exists is left as it is.

    Returns:
        How many were added.
    Raises:
        BadArticle: a file can't be read, or two files answer the same intent in the same language.
    """
    files = [read(path) for path in sorted(folder.glob("*.md"))]
    check_intents(files)
    with engine.begin() as connection:
        return sum(add(connection, file) for file in files)


def add(connection: Connection, file: ArticleFile) -> bool:
    """Insert an article with its intents; False when there is one with that slug and language."""
    values = {"slug": file.slug, "language": file.language, "title": file.title, "body": file.body, "link": file.link}
    article_id = connection.scalar(
        insert(articles).values(values).on_conflict_do_nothing().returning(articles.c.article_id)
    )
    if article_id is None:
        return False
    rows = [{"article_id": article_id, "intent": intent} for intent in file.intents]
    if rows:
        connection.execute(article_intents.insert(), rows)
    return True


def read(path: Path) -> ArticleFile:
    """A Markdown file: `---`, the fields title, intents, language and link as YAML, `---`, the body. Its name is the slug."""
    lines = text_of(path).splitlines()
    if not lines or lines[0].rstrip() != FENCE:
        raise BadArticle(f"{path}, line 1: an article starts with a line {FENCE!r} and its fields.")
    end = next((number for number, line in enumerate(lines) if number and line.rstrip() == FENCE), None)
    if end is None:
        raise BadArticle(f"{path}, line {len(lines)}: the fields are not closed by a line {FENCE!r}.")
    fields = fields_of(path, lines[1:end])
    body = "\n".join(lines[end + 1 :]).strip()
    if not body:
        raise BadArticle(f"{path}, line {len(lines)}: the article has no text.")
    intents = tuple(fields["intents"])
    return ArticleFile(path, path.stem, fields["title"], fields["language"], intents, body, fields["link"])


def text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BadArticle(f"{path}, byte {error.start}: not UTF-8.") from None


def fields_of(path: Path, lines: list[str]) -> dict[str, Any]:
    fields = parse(path, lines)
    unknown = sorted(map(str, fields.keys() - FIELDS))
    if unknown:
        raise BadArticle(
            f"{path}, field {unknown[0]!r}: there is no such field; there are {', '.join(sorted(FIELDS))}."
        )
    fields = {"intents": [], "language": "en", "link": None} | fields
    for name in ("title", "language", "link"):
        if fields.get(name) is None and name == "link":
            continue
        if not isinstance(fields.get(name), str) or not fields[name].strip():
            raise BadArticle(f"{path}, field {name!r}: a text is needed.")
    if not isinstance(fields["intents"], list) or not all(isinstance(intent, str) for intent in fields["intents"]):
        raise BadArticle(f"{path}, field 'intents': a list of names is needed.")
    return fields


def parse(path: Path, lines: list[str]) -> dict[str, Any]:
    try:
        fields = yaml.safe_load("\n".join(lines)) or {}
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise BadArticle(f"{path}, line {mark.line + 2 if mark else 1}: {error.problem or 'not YAML'}.") from None
    if not isinstance(fields, dict):
        raise BadArticle(f"{path}, line 2: fields look like 'title: …'.")
    return fields


def check_intents(files: list[ArticleFile]) -> None:
    """An intent has one answer a language, and a file names it once."""
    answered: dict[tuple[str, str], Path] = {}
    for file in files:
        for intent in file.intents:
            other = answered.setdefault((file.language, intent), file.path)
            if other is not file.path or file.intents.count(intent) > 1:
                raise BadArticle(f"{file.path}, field 'intents': {intent!r} is answered by {other.name} already.")

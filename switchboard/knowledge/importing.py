"""Articles from what a shop has already: folders of Markdown or HTML, and the pages of a sitemap.

What can be read is imported, and what can't is reported, each with its reason.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

import httpx
import yaml
from sqlalchemy import and_, or_
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DataError, IntegrityError

from switchboard.database.tables import articles
from switchboard.errors import BadArticle
from switchboard.knowledge.articles import FENCE, ArticleFile, add, check_intents, read, text_of
from switchboard.knowledge.pages import Page, read_html, read_markdown

Read = Callable[[], ArticleFile]

MARKDOWN, HTML = (".md", ".markdown"), (".html", ".htm")

TIMEOUT = httpx.Timeout(10.0, connect=5.0)

UNREADABLE = (OSError, ValueError, LookupError, AssertionError, RecursionError, yaml.YAMLError)
"""What reading a page can end in: the parsers of HTML, YAML, addresses and encodings don't agree on an error."""

MOST_BYTES = 5_000_000
"""Of one page."""


@dataclass(frozen=True)
class Report:
    """How many articles were added, changed and left as they were, and what could not be imported."""

    added: int
    changed: int
    kept: int
    problems: list[str]


def import_from(
    engine: Engine, source: Path, language: str = "en", overwrite: bool = False, http: httpx.Client | None = None
) -> Report:
    """Import a folder, or the pages that a sitemap names.

    Args:
        overwrite: whether the text of an article that exists is replaced; its earlier version is kept.
        http: how pages are fetched that are not beside the sitemap.
    Raises:
        BadArticle: the folder or sitemap can't be read, or two files answer the same intent.
    """
    problems: list[str] = []
    named = list(read_all(source, language, http or httpx.Client(timeout=TIMEOUT, follow_redirects=True), problems))
    check_intents([file for _, file in named])
    with engine.begin() as connection:
        outcomes = [put_or_report(connection, name, file, overwrite, problems) for name, file in named]
    return Report(outcomes.count("added"), outcomes.count("changed"), outcomes.count("kept"), problems)


def put_or_report(
    connection: Connection, name: str, file: ArticleFile, overwrite: bool, problems: list[str]
) -> str | None:
    try:
        with connection.begin_nested():
            return put(connection, file, overwrite)
    except (DataError, IntegrityError, ValueError):  # the driver refuses NUL and lone surrogates
        problems.append(f"{name}: the database can't hold it.")
    return None


def put(connection: Connection, file: ArticleFile, overwrite: bool) -> str:
    """Insert an article, or replace the text of the one that has its slug; says which."""
    if add(connection, file):
        return "added"
    return "changed" if overwrite and change(connection, file) else "kept"


def change(connection: Connection, file: ArticleFile) -> bool:
    """Replace an article's text, unless it is the same."""
    new = {"title": file.title, "body": file.body, "link": file.link}
    differs = or_(*(articles.c[name].is_distinct_from(value) for name, value in new.items()))
    its = and_(articles.c.slug == file.slug, articles.c.language == file.language)
    return bool(connection.execute(articles.update().where(its, differs).values(new)).rowcount)


def read_all(source: Path, language: str, http: httpx.Client, problems: list[str]) -> Iterator[tuple[str, ArticleFile]]:
    """Every article of the source with the name of its page; what can't be read is added to `problems`."""
    seen: dict[str, str] = {}
    for name, read_it in in_folder(source, language) if source.is_dir() else in_sitemap(source, language, http):
        try:
            file = read_it()
            if file.slug in seen:
                raise BadArticle(f"{name}: would have the same name as {seen[file.slug]}, {file.slug!r}.")
        except BadArticle as error:
            problems.append(error.message)
        except UNREADABLE as error:
            problems.append(f"{name}: can't be read: {error}.")
        else:
            seen[file.slug] = name
            yield name, file


def in_folder(folder: Path, language: str) -> Iterator[tuple[str, Read]]:
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in MARKDOWN + HTML and path.is_file():
            slug = slug_of(path.relative_to(folder).with_suffix("").as_posix())
            yield str(path), partial(read_file, path, slug, language)


def in_sitemap(file: Path, language: str, http: httpx.Client) -> Iterator[tuple[str, Read]]:
    for address in addresses_in(file):
        yield address, partial(read_page, file, http, address, language)


def read_page(sitemap: Path, http: httpx.Client, address: str, language: str) -> ArticleFile:
    slug = slug_of(urlsplit(address).path)
    path = beside(sitemap, address)
    file = read_file(path, slug, language) if path else fetch(http, address, slug, language)
    return replace(file, link=address)


def addresses_in(file: Path) -> list[str]:
    """The pages that a sitemap names.

    Raises:
        BadArticle: it is not a sitemap of http addresses.
    """
    try:
        root = ElementTree.fromstring(file.read_bytes())
    except OSError as error:
        raise BadArticle(f"{file}: {error.strerror}.") from None
    except ElementTree.ParseError as error:
        raise BadArticle(f"{file}: neither a folder nor a sitemap ({error}).") from None
    if not root.tag.endswith("urlset"):
        raise BadArticle(f"{file}: a sitemap has a `urlset`; of an index, import the sitemaps it names.")
    found = [(element.text or "").strip() for element in root.iterfind("{*}url/{*}loc")]
    if strange := next((address for address in found if not address.startswith(("http://", "https://"))), None):
        raise BadArticle(f"{file}: {strange!r} is not an address of a page.")
    return list(dict.fromkeys(found))


def beside(sitemap: Path, address: str) -> Path | None:
    """The file beside the sitemap that is this address's page, if there is one."""
    folder = sitemap.parent.resolve()
    page = folder / unquote(urlsplit(address).path).strip("/")
    candidates = (page, page / "index.html", page.parent / f"{page.name}.html", page.parent / f"{page.name}.htm")
    try:
        inside = (path for path in candidates if path.resolve().is_relative_to(folder))
        return next((path for path in inside if path.suffix.lower() in HTML and path.is_file()), None)
    except (OSError, ValueError):  # no file can have such a name
        return None


def fetch(http: httpx.Client, address: str, slug: str, language: str) -> ArticleFile:
    """A page from its server.

    Raises:
        BadArticle: it can't be had, or is no HTML page.
    """
    try:
        with http.stream("GET", address) as response:
            if response.status_code != httpx.codes.OK:
                raise BadArticle(f"{address}: the server says {response.status_code}.")
            if "html" not in response.headers.get("Content-Type", ""):
                raise BadArticle(f"{address}: not an HTML page.")
            content = first_bytes(response)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise BadArticle(f"{address}: can't be fetched: {error or type(error).__name__}.") from None
    text = content.decode(response.charset_encoding or "utf-8", "replace")
    return as_article(Path(address), address, slug, language, read_html(text))


def first_bytes(response: httpx.Response) -> bytes:
    content = b""
    for part in response.iter_bytes():
        content += part
        if len(content) > MOST_BYTES:
            raise BadArticle(f"{response.url}: longer than {MOST_BYTES // 1_000_000} MB.")
    return content


def read_file(path: Path, slug: str, language: str) -> ArticleFile:
    """A Markdown or HTML file; fields at the top of a Markdown file count more than what is found."""
    text = text_of(path)
    if path.suffix.lower() in HTML:
        return as_article(path, str(path), slug, language, read_html(text))
    if text.startswith(FENCE + "\n"):
        return replace(read(path), slug=slug)
    return as_article(path, str(path), slug, language, read_markdown(text))


def as_article(path: Path, name: str, slug: str, language: str, page: Page) -> ArticleFile:
    """The article that a page is.

    Raises:
        BadArticle: it has no title or no text.
    """
    for value, what in ((page.title, "title"), (page.body, "text")):
        if not value:
            raise BadArticle(f"{name}: the page has no {what}.")
    return ArticleFile(path, slug, page.title, language, (), page.body, page.link)


def slug_of(path: str) -> str:
    """A page's path as a name: `/Help/Returns/index.html` is `help-returns`."""
    bare = re.sub(r"(^|/)index$", "", re.sub(r"\.html?$", "", unquote(path)))
    return re.sub(r"[^\w]+", "-", bare.lower()).strip("-") or "home"

"""Folders and sitemaps become articles: what can be read, with a reason for what can't."""

import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from sqlalchemy.engine import Engine

from switchboard.errors import BadArticle
from switchboard.knowledge.articles import Article, answer_for, article_named
from switchboard.knowledge.importing import TIMEOUT, import_from
from tests.knowing import run

PAGE = "<html><head><title>{0}</title></head><body><nav>Menu</nav><main><h1>{0}</h1><p>{1}</p></main></body></html>"

PAGES = {
    "/help/returns": (200, "text/html; charset=utf-8", PAGE.format("Rücksendung", "Within 30 days.").encode()),
    "/help/old": (200, "text/html; charset=iso-8859-1", PAGE.format("Café", "Closed.").encode("latin-1")),
    "/help/gone": (404, "text/html", b"no"),
    "/help/manual.pdf": (200, "application/pdf", b"%PDF"),
    "/help/strange": (200, "text/html; charset=klingon", PAGE.format("Strange", "Words.").encode()),
    "/help/empty": (200, "text/html", b"<title>Nothing</title>"),
    "/help/endless": (200, "text/html", b"x" * 6_000_000),
}


class Site(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, kind, content = PAGES[self.path]
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.end_headers()
        with suppress(OSError):  # the reader has seen enough
            self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The address of a shop's own site."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def sitemap(folder: Path, *addresses: str) -> Path:
    entries = "".join(f"<url><loc>{address}</loc></url>" for address in addresses)
    file = folder / "sitemap.xml"
    file.write_text(
        f'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</urlset>'
    )
    return file


def put(folder: Path, name: str, content: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")


def test_a_folder_of_markdown_and_html_is_imported(engine: Engine, tmp_path: Path) -> None:
    put(tmp_path, "fees.md", "# Fees\n\nThere are **none**.")
    put(tmp_path, "returns/how.html", PAGE.format("How to return", "In a box."))
    put(tmp_path, "returns/picture.png", "not a page")

    report = import_from(engine, tmp_path)

    assert (report.added, report.problems) == (2, [])
    assert article_named(engine, "fees") == Article("fees", "Fees", "There are none.", 1)
    assert article_named(engine, "returns-how") == Article("returns-how", "How to return", "In a box.", 1)


def test_fields_at_the_top_of_a_markdown_file_count(engine: Engine, tmp_path: Path) -> None:
    fields = "title: Gebühren\nlanguage: de\nintents: [pricing]\nlink: https://larkspur.example/fees"
    put(tmp_path, "fees.md", f"---\n{fields}\n---\nKeine.")

    import_from(engine, tmp_path)

    assert answer_for(engine, "pricing", "de") == Article(
        "fees", "Gebühren", "Keine.", 1, "https://larkspur.example/fees"
    )


def test_what_can_not_be_read_is_reported_and_the_rest_imported(engine: Engine, tmp_path: Path) -> None:
    put(tmp_path, "good.md", "# Good\n\nText.")
    put(tmp_path, "a/untitled.md", "Only text.")
    put(tmp_path, "b/empty.html", "<title>Empty</title>")
    (tmp_path / "c.html").write_bytes(b"<title>caf\xe9</title>")
    put(tmp_path, "good.html", PAGE.format("Good", "Again."))

    report = import_from(engine, tmp_path)

    assert report.added == 1
    assert [problem.removeprefix(f"{tmp_path}/") for problem in report.problems] == [
        "a/untitled.md: the page has no title.",
        "b/empty.html: the page has no text.",
        "c.html, byte 10: not UTF-8.",
        f"good.md: would have the same name as {tmp_path}/good.html, 'good'.",
    ]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.html", PAGE.format("A", "one\0two"), "the database can't hold"),
        ("a.md", '---\ntitle: "\\uD800"\n---\nText.', "the database can't hold"),
        ("a.html", PAGE.format("A", "<![x[ y"), "can't be read"),
        ("a.md", "---\ntitle: 2026-99-99\n---\nText.", "can't be read"),
        ("a.md", "---\ntitle: \x07\n---\nText.", "can't be read"),
        ("a.md", f"---\ntitle: {'[' * 5_000}\n---\nText.", "can't be read"),
    ],
    ids=["nul", "surrogate", "html", "date", "control character", "depth"],
)
def test_one_bad_page_costs_no_other(engine: Engine, tmp_path: Path, name: str, content: str, reason: str) -> None:
    put(tmp_path, name, content)
    put(tmp_path, "good.md", "# Good\n\nText.")
    put(tmp_path, "0.md", "# First\n\nText.")

    report = import_from(engine, tmp_path)

    [problem] = report.problems
    assert problem.startswith(f"{tmp_path / name}: {reason}")
    assert report.added == 2
    assert article_named(engine, "good").title == "Good"


def test_a_bad_page_overwrites_nothing(engine: Engine, tmp_path: Path) -> None:
    put(tmp_path, "a.html", PAGE.format("A", "one"))
    import_from(engine, tmp_path)
    put(tmp_path, "a.html", PAGE.format("A", "one\0two"))

    report = import_from(engine, tmp_path, overwrite=True)

    assert (report.kept, len(report.problems)) == (0, 1)
    assert article_named(engine, "a").body == "one"


def test_importing_again_changes_nothing(engine: Engine, tmp_path: Path) -> None:
    put(tmp_path, "fees.md", "# Fees\n\nNone.")
    import_from(engine, tmp_path)
    put(tmp_path, "fees.md", "# Fees\n\nFive dollars.")

    assert import_from(engine, tmp_path).kept == 1
    assert article_named(engine, "fees").body == "None."


def test_with_overwrite_a_changed_text_is_a_new_version(engine: Engine, tmp_path: Path) -> None:
    put(tmp_path, "fees.md", "# Fees\n\nNone.")
    put(tmp_path, "same.md", "# Same\n\nSame.")
    import_from(engine, tmp_path)
    put(tmp_path, "fees.md", "# Fees\n\nFive dollars.")

    report = import_from(engine, tmp_path, overwrite=True)

    assert (report.added, report.changed, report.kept) == (0, 1, 1)
    assert article_named(engine, "fees") == Article("fees", "Fees", "Five dollars.", 2)
    assert run(engine, "select body from switchboard.article_versions") == [("None.",)]


def test_a_sitemaps_pages_are_taken_from_beside_it(engine: Engine, tmp_path: Path) -> None:
    put(tmp_path, "help/fees.html", PAGE.format("Fees", "None."))
    put(tmp_path, "help/returns/index.html", PAGE.format("Returns", "30 days."))
    file = sitemap(tmp_path, "https://larkspur.example/help/fees", "https://larkspur.example/help/returns/")

    report = import_from(engine, file)

    assert (report.added, report.problems) == (2, [])
    assert article_named(engine, "help-fees").link == "https://larkspur.example/help/fees"
    assert article_named(engine, "help-returns").body == "30 days."


def test_a_sitemap_can_not_name_files_elsewhere(engine: Engine, tmp_path: Path) -> None:
    put(tmp_path, "secret.html", PAGE.format("Secret", "Secret."))
    (tmp_path / "site").mkdir()
    refused = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(404)))

    report = import_from(engine, sitemap(tmp_path / "site", "https://larkspur.example/%2e%2e/secret"), http=refused)

    assert report.added == 0
    assert len(report.problems) == 1


def test_pages_that_are_not_beside_the_sitemap_are_fetched(engine: Engine, tmp_path: Path, site: str) -> None:
    report = import_from(engine, sitemap(tmp_path, f"{site}/help/returns", f"{site}/help/old"))

    assert (report.added, report.problems) == (2, [])
    assert article_named(engine, "help-returns") == Article(
        "help-returns", "Rücksendung", "Within 30 days.", 1, f"{site}/help/returns"
    )
    assert article_named(engine, "help-old").title == "Café"


def test_pages_that_can_not_be_fetched_are_reported(engine: Engine, tmp_path: Path, site: str) -> None:
    names = ("gone", "manual.pdf", "empty", "endless")
    away = "http://127.0.0.1:1/help"

    report = import_from(engine, sitemap(tmp_path, *(f"{site}/help/{name}" for name in names), away))

    assert report.added == 0
    assert report.problems[:4] == [
        f"{site}/help/gone: the server says 404.",
        f"{site}/help/manual.pdf: not an HTML page.",
        f"{site}/help/empty: the page has no text.",
        f"{site}/help/endless: longer than 5 MB.",
    ]
    assert report.problems[4].startswith(f"{away}: can't be fetched: ")


@pytest.mark.parametrize("path", ["%00", "x" * 300], ids=["nul", "long"])
def test_an_address_no_file_can_have_is_fetched(engine: Engine, tmp_path: Path, path: str) -> None:
    gone = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(404)))
    file = sitemap(tmp_path, f"https://larkspur.example/{path}")

    assert import_from(engine, file, http=gone).problems == [f"https://larkspur.example/{path}: the server says 404."]


@pytest.mark.parametrize("strange", ["http://[help", "SITE/help/strange"])
def test_one_bad_address_costs_no_other(engine: Engine, tmp_path: Path, site: str, strange: str) -> None:
    address = strange.replace("SITE", site)

    report = import_from(engine, sitemap(tmp_path, address, f"{site}/help/old"))

    [problem] = report.problems
    assert problem.startswith(f"{address}: can't be read")
    assert report.added == 1


def test_a_server_that_never_answers_is_given_up(engine: Engine, tmp_path: Path) -> None:
    def never(request: httpx.Request) -> httpx.Response:
        assert request.extensions["timeout"]["read"] == 10.0
        raise httpx.ReadTimeout("timed out")

    http = httpx.Client(transport=httpx.MockTransport(never), timeout=TIMEOUT)
    report = import_from(engine, sitemap(tmp_path, "https://larkspur.example/a"), http=http)

    assert report.problems == ["https://larkspur.example/a: can't be fetched: timed out."]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "neither a folder nor a sitemap"),
        ("<html></html>", "a sitemap has a `urlset`"),
        ("<sitemapindex></sitemapindex>", "of an index, import the sitemaps it names"),
        ("<urlset><url><loc>file:///etc/passwd</loc></url></urlset>", "is not an address of a page"),
    ],
)
def test_what_is_no_sitemap_is_refused(engine: Engine, tmp_path: Path, content: str, message: str) -> None:
    put(tmp_path, "sitemap.xml", content)

    with pytest.raises(BadArticle, match=message):
        import_from(engine, tmp_path / "sitemap.xml")


def test_a_missing_source_is_named(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(BadArticle, match=r"nowhere: No such file"):
        import_from(engine, tmp_path / "nowhere")

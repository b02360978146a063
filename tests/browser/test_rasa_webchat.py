"""A public chat client made for Rasa, as its makers publish it, against the real system."""

import hashlib
import re
import shutil
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.chat_page import ANSWER_MS
from tests.browser.conftest import OpenContext
from tests.servers import Web
from tests.system import STATUS_ANSWER

pytestmark = pytest.mark.slow

CLIENT = "rasa-webchat@1.0.1"
SHA256 = "bfedd788e4bd7df12f64b5bf2963e634f84bac1cb176b6cede60c507d3553f1e"
"""Of its one file, so that what is tested is what is published."""

CACHE = Path(__file__).parent / ".npm"

STATUS_QUESTION = "What is the status of order #12345?"
GIBBERISH = "flurb wazzle grob zint quax"
SOMETHING = re.compile(r"\w")

PAGE = """<!doctype html><title>A shop</title><h1>A shop</h1><script src="/rasa-webchat.js"></script>
<script>WebChat.default({ socketUrl: "%s", socketPath: "/socket.io/", title: "Help", customData: { language: "en" } }, null)</script>"""


@pytest.fixture(scope="session")
def client_file() -> Path:
    """The client's file, fetched once. Skips where there is no npm or it reaches no registry."""
    file = CACHE / CLIENT / "package/lib/index.js"
    if not file.is_file():
        fetch(file.parents[2])
    assert hashlib.sha256(file.read_bytes()).hexdigest() == SHA256
    return file


def fetch(folder: Path) -> None:
    """Get the package as it is published, without what it would need to be built again, and without running anything."""
    if not shutil.which("npm"):
        pytest.skip("RASA-WEBCHAT WAS NOT TESTED: there is no npm here; install Node")
    folder.mkdir(parents=True, exist_ok=True)
    command = ["npm", "pack", CLIENT, "--silent", "--ignore-scripts", "--pack-destination", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    if done.returncode:
        pytest.skip(f"RASA-WEBCHAT WAS NOT TESTED: npm could not fetch {CLIENT}: {done.stderr.strip()[-300:]}")
    with tarfile.open(folder / done.stdout.split()[-1]) as archive:
        archive.extract("package/lib/index.js", folder)


class Webchat:
    """The client's window on a page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.answers = page.locator(".rw-response")
        self.asked = page.locator(".rw-client")
        self.replies = page.locator(".rw-reply")
        self.typing = page.locator(".rw-typing-indication")

    def open(self) -> "Webchat":
        self.page.locator(".rw-launcher").click()
        expect(self.page.locator(".rw-new-message")).to_be_visible()
        return self

    def say(self, text: str) -> None:
        self.page.locator(".rw-new-message").fill(text)
        self.page.locator(".rw-send").click()

    def answer(self, text: str | re.Pattern[str]) -> Locator:
        return self.answers.filter(has_text=text)


class Site:
    """A shop's web site on this machine, whose page has the client on it and may be told which server to talk to."""

    def __init__(self, folder: Path, client_file: Path) -> None:
        self.folder = folder
        shutil.copy(client_file, folder / "rasa-webchat.js")
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Files, directory=str(folder)))
        self.origin = f"http://127.0.0.1:{self._server.server_port}"

    def talk_to(self, server: str) -> None:
        (self.folder / "shop.html").write_text(PAGE % server)

    def __enter__(self) -> "Site":
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class Files(SimpleHTTPRequestHandler):
    """Says nothing about what it serves."""

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def site(tmp_path: Path, client_file: Path) -> Iterator[Site]:
    with Site(tmp_path, client_file) as site:
        yield site


@pytest.fixture
def chat(site: Site, system: Any, open_context: OpenContext) -> Iterator[Webchat]:
    """The shop's page, opened. A second web process of the system allows the shop's site."""
    with Web(replace(system.settings, allowed_origins=site.origin)) as web:
        site.talk_to(web.url)
        chat = Webchat(open_context().new_page())
        chat.page.goto(f"{site.origin}/shop.html")
        yield chat.open()


def test_a_question_is_answered_and_a_quick_reply_works_and_a_reload_keeps_it(chat: Webchat) -> None:
    chat.say(STATUS_QUESTION)
    expect(chat.answer(STATUS_ANSWER)).to_have_count(1, timeout=ANSWER_MS)

    chat.say(GIBBERISH)
    expect(chat.replies.first).to_be_visible(timeout=ANSWER_MS)
    title = chat.replies.first.inner_text()
    before = chat.answers.count()
    chat.replies.first.click()
    expect(chat.asked.filter(has_text=title)).to_have_count(1)
    expect(chat.answers.nth(before)).to_have_text(SOMETHING, timeout=ANSWER_MS)
    expect(chat.typing).to_have_count(0)

    said = chat.page.locator(".rw-message").all_inner_texts()
    chat.page.reload()
    expect(chat.answer(STATUS_ANSWER)).to_have_count(1)
    chat.say(STATUS_QUESTION)
    expect(chat.answer(STATUS_ANSWER)).to_have_count(2, timeout=ANSWER_MS)
    shown = chat.page.locator(".rw-message").all_inner_texts()
    assert shown[: len(said)] == said
    assert len(shown) == len(said) + 2
    assert chat.errors == []


def test_a_site_that_is_not_allowed_is_not_connected(site: Site, system: Any, open_context: OpenContext) -> None:
    site.talk_to(system.url)
    page = open_context().new_page()
    with page.expect_event("requestfailed", lambda request: request.url.startswith(f"{system.url}/socket.io/")):
        page.goto(f"{site.origin}/shop.html")
    expect(page.locator(".rw-launcher")).to_be_hidden()

"""A headless Chromium, and Larkspur's page opened in it."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.chat_page import ChatPage
from tests.browser.desk_fixtures import *  # noqa: F403

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
"""A container has no sandbox to offer, and a test's browser talks to nobody but the system under test."""

DESKTOP = (1280, 860)
PHONE = (375, 720)

expect.set_options(timeout=15_000)  # the machine may be busy with other tests

OpenContext = Callable[..., BrowserContext]
OpenChat = Callable[..., ChatPage]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The browser. Skips where there is none.

    Playwright's event loop runs for as long as the browser does, and no other test could start one of its own: hence
    a browser a module, not a session.
    """
    if not CHROMIUM.is_file():
        pytest.skip(f"BROWSER TESTS DID NOT RUN: no Chromium at {CHROMIUM}; install one or set CHROMIUM to its path")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=str(CHROMIUM), args=QUIET)
        yield launched
        launched.close()


@pytest.fixture
def open_context(browser: Browser) -> Iterator[OpenContext]:
    """Opens a visitor's browser: storage of its own, a window size, a colour scheme, nothing that moves."""
    opened: list[BrowserContext] = []

    def open_one(size: tuple[int, int] = DESKTOP, scheme: str = "light", **options: Any) -> BrowserContext:
        viewport = {"width": size[0], "height": size[1]}
        opened.append(browser.new_context(viewport=viewport, color_scheme=scheme, reduced_motion="reduce", **options))
        return opened[-1]

    yield open_one
    for context in opened:
        context.close()


@pytest.fixture
def open_chat(open_context: OpenContext, system: Any) -> OpenChat:
    """A new visitor on Larkspur's page with the chat open."""

    def open_one(size: tuple[int, int] = DESKTOP, scheme: str = "light", **options: Any) -> ChatPage:
        return ChatPage(open_context(size, scheme, **options).new_page(), system.url).visit().open()

    return open_one


@pytest.fixture
def page(open_context: OpenContext, system: Any) -> Page:
    """Larkspur's page on a desktop, the chat still closed."""
    opened = open_context().new_page()
    opened.goto(system.url)
    return opened


@pytest.fixture
def chat(open_chat: OpenChat) -> ChatPage:
    """A new visitor on a desktop with the chat open."""
    return open_chat()

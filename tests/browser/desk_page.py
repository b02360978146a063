"""The desk as an agent sees it: what can be read, written and pressed."""

from functools import cache
from typing import Any

from playwright.sync_api import BrowserContext, Locator, Page, expect
from sqlalchemy.engine import Engine

from switchboard.desk.passwords import hash_password
from tests.talking import hire

PASSWORD = "a password for tests"

WIDE = (1440, 900)

SOON_MS = 15_000
"""How long a test waits for what comes by an event: generous, since the machine may be busy with other tests."""


@cache
def _hashed() -> str:
    return hash_password(PASSWORD)


def hire_signed(engine: Engine, name: str, *teams: str, **values: Any) -> int:
    """A new agent who can sign in; returns their id."""
    return hire(engine, name, *teams, password_hash=_hashed(), **values)


class DeskPage:
    """The desk in one tab."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.page: Page = context.new_page()
        self.url = url
        self.problems: list[str] = []
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on(
            "console", lambda said: self.problems.append(said.text) if "Content Security" in said.text else None
        )
        self.items: Locator = self.page.locator(".item")
        self.entries: Locator = self.page.locator("#entries .entry")
        self.pending: Locator = self.page.locator("#pending .entry")
        self.composer: Locator = self.page.locator("#composer textarea")

    def sign_in(self, name: str) -> "DeskPage":
        self.page.goto(f"{self.url}/desk")
        self.page.get_by_label("E-mail address").fill(f"{name.lower()}@larkspur.example")
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page.get_by_role("navigation", name="Views")).to_be_visible()
        return self

    def go(self, view: str) -> "DeskPage":
        self.page.goto(f"{self.url}/desk/inbox/{view}")
        return self

    def open(self, conversation: str, view: str = "mine") -> "DeskPage":
        self.page.goto(f"{self.url}/desk/conversations/{conversation}?view={view}")
        return self

    def entry(self, text: str) -> Locator:
        return self.entries.filter(has_text=text)

    def write(self, text: str) -> None:
        self.composer.fill(text)
        self.composer.press("Enter")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def dialog(self, name: str) -> Locator:
        return self.page.get_by_role("dialog", name=name)

    def focused(self) -> str:
        """What has the focus, by the conversation it opens or its own id."""
        found: str = self.page.evaluate("document.activeElement.dataset.id || document.activeElement.name || ''")
        return found

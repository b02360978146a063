"""The chat as a visitor sees it: what can be read, written and pressed."""

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

SCREENSHOTS = Path("results/screenshots")

ANSWER_MS = 20_000
"""How long a test waits for an answer: generous, since the machine may be busy with other tests."""

FOCUSED = """() => {
    let active = document.activeElement;
    while (active && active.shadowRoot && active.shadowRoot.activeElement) active = active.shadowRoot.activeElement;
    return active ? (active.getAttribute("aria-label") || active.id || active.textContent || "").trim() : "";
}"""
"""A name of what has the focus, also inside the chat's shadow root."""

FAINT_TEXT = """() => {
    const root = document.querySelector("switchboard-chat").shadowRoot;
    const channels = (colour) => (colour.match(/[\\d.]+/g) || [0, 0, 0, 0]).map(Number);
    const light = (colour) => channels(colour).slice(0, 3).map((part) => part / 255)
        .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
        .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
    const behind = (node) => {
        for (; node; node = node.parentElement) {
            const [, , , alpha = 1] = channels(getComputedStyle(node).backgroundColor);
            if (alpha) return getComputedStyle(node).backgroundColor;
        }
        return "rgb(255, 255, 255)";
    };
    const ratio = (one, other) => (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    const written = (node) => [...node.childNodes].some((each) => each.nodeType === 3 && each.data.trim());
    return [...root.querySelectorAll("*")]
        .filter((node) => node.tagName !== "STYLE" && written(node) && node.getClientRects().length && !node.disabled)
        .map((node) => ({ text: node.textContent, ratio: ratio(light(getComputedStyle(node).color), light(behind(node))) }))
        .filter((each) => each.ratio < 4.5);
}"""
"""Texts of the chat whose contrast with what is behind them is under 4.5:1 (WCAG 2.2, 1.4.3)."""

SMALL_TARGETS = """() => {
    const root = document.querySelector("switchboard-chat").shadowRoot;
    return [...root.querySelectorAll("button, textarea")].filter((node) => node.getClientRects().length)
        .map((node) => ({ name: node.getAttribute("aria-label") || node.textContent, box: node.getBoundingClientRect() }))
        .filter(({ box }) => box.width < 44 || box.height < 44).map(({ name }) => name);
}"""
"""Controls of the chat that are smaller than 44 pixels either way."""


class ChatPage:
    """One tab with the chat in it."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.launcher = page.get_by_role("button", name="Chat with us")
        self.dialog = page.get_by_role("dialog", name="Chat with Larkspur")
        self.input = page.get_by_label("Your message")
        self.log = page.get_by_role("log", name="Conversation")

    def visit(self) -> "ChatPage":
        self.page.goto(self.url)
        return self

    def open(self) -> "ChatPage":
        self.launcher.click()
        expect(self.dialog).to_be_visible()
        return self

    def say(self, text: str) -> None:
        self.input.fill(text)
        self.input.press("Enter")

    def sent(self, text: str) -> Locator:
        """The customer's messages with exactly this text."""
        return self.log.locator(".message.customer").filter(has=self.page.get_by_text(text, exact=True))

    @property
    def answers(self) -> Locator:
        """What the assistant has said, without the greeting and the typing sign."""
        return self.log.locator(".message.bot:not(:first-child)")

    @property
    def choices(self) -> Locator:
        """The buttons under the newest answer."""
        return self.answers.last.get_by_role("group", name="Choices").get_by_role("button")

    def expect_answer(self, text: str | re.Pattern[str]) -> None:
        expect(self.answers.filter(has_text=text)).to_have_count(1, timeout=ANSWER_MS)

    def expect_handled(self, text: str) -> None:
        expect(self.sent(text)).to_have_attribute("data-status", "handled", timeout=ANSWER_MS)

    def focused(self) -> str:
        return str(self.page.evaluate(FOCUSED))

    def faint_texts(self) -> list[object]:
        return list(self.page.evaluate(FAINT_TEXT))

    def small_targets(self) -> list[str]:
        return list(self.page.evaluate(SMALL_TARGETS))

    def screenshot(self, name: str) -> None:
        """Keeps a picture for people to look at."""
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png")

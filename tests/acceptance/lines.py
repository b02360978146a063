"""Ways to talk to the running system, and what it sends by mail."""

import re
import time
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any, Protocol

import httpx
from sqlalchemy.engine import Engine

from tests.acceptance import books
from tests.acceptance.customer import PATIENCE, Customer
from tests.system import System
from tests.talking import rows

Replies = list[dict[str, Any]]


class Line(Protocol):
    """A way to talk to the assistant: what is said, and what is answered, with its buttons."""

    def say(self, text: str, message_id: str) -> Replies: ...

    def press(self, title: str, message_id: str) -> Replies: ...

    def conversation(self, shop: Engine) -> str: ...


class Webhook:
    """The channel for programs. A pressed button is its title, as a program without buttons would send it."""

    def __init__(self, system: System) -> None:
        self.customer = Customer(system.url)

    def say(self, text: str, message_id: str) -> Replies:
        return self.customer.replies(text, message_id=message_id)

    def press(self, title: str, message_id: str) -> Replies:
        return self.say(title, message_id)

    def conversation(self, shop: Engine) -> str:
        query = "select conversation_id::text from switchboard.conversations where sender = :sender"
        [found] = books.told(shop, query, sender=f"local:{self.customer.sender}")
        return str(found)


class WebChat:
    """The chat's own API, with buttons that stand for more than their title."""

    def __init__(self, system: System) -> None:
        self.http = httpx.Client(base_url=system.url, timeout=PATIENCE)
        opened = self.http.post("/api/conversations").raise_for_status().json()
        self.id, self.http.headers["authorization"] = opened["conversation_id"], f"Bearer {opened['token']}"
        self.offered: dict[str, str] = {}

    def say(self, text: str, message_id: str) -> Replies:
        return self._send(message_id, text=text)

    def press(self, title: str, message_id: str) -> Replies:
        return self._send(message_id, button=self.offered[title])

    def conversation(self, shop: Engine) -> str:
        return self.id

    def send(self, message_id: str, **what: str) -> httpx.Response:
        """Send a message, and don't wait for what is answered."""
        return self.http.post(f"/api/conversations/{self.id}/messages", json={"client_message_id": message_id, **what})

    def _send(self, message_id: str, **what: str) -> Replies:
        sent = self.send(message_id, **what).raise_for_status().json()["seq"]
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            held = self.http.get(f"/api/conversations/{self.id}/messages", params={"after": sent - 1}).json()
            if sent not in held["pending"]:
                replies = [each for each in held["messages"] if each["in_reply_to"] == sent]
                self.offered |= {button["title"]: button["id"] for each in replies for button in each["buttons"]}
                return replies
            time.sleep(0.05)
        raise AssertionError("There was no answer.")


def code_sent(system: System, shop: Engine, email: str) -> str:
    """The latest one-time code to this customer: it waits in the outbox, or went out."""
    query = "select mail_id, body from switchboard.mails where recipient = :email order by mail_id desc limit 1"
    [(number, body)] = rows(shop, query, email=email)
    if not body:
        letter = (Path(system.settings.mail_folder) / f"{number}.eml").read_bytes()
        body = message_from_bytes(letter, policy=default).get_content()
    return re.findall(r"\d{6}", body)[0]

"""A customer in the chat, over HTTP, as the chat's own script talks with the server."""

from typing import Any
from uuid import uuid4

import httpx

from tests.talking import wait_until

PATIENCE = 30


class Visitor:
    """One conversation.

    Args:
        url: the system's address.
    """

    def __init__(self, url: str) -> None:
        self.http = httpx.Client(base_url=url, timeout=PATIENCE)
        begun = self.post("/api/conversations", {}).json()
        self.id = begun["conversation_id"]
        self.http.headers["Authorization"] = f"Bearer {begun['token']}"

    def post(self, path: str, body: Any) -> httpx.Response:
        return self.http.post(path, json=body).raise_for_status()

    def do(self, what: str, **body: Any) -> dict[str, Any]:
        """One of the calls about the conversation."""
        return dict(self.post(f"/api/conversations/{self.id}/{what}", body).json())

    def begin(self, words: str) -> int:
        """Say something and don't wait for what comes of it; returns its number."""
        return int(self.do("messages", client_message_id=str(uuid4()), text=words)["seq"])

    def say(self, words: str) -> str:
        """Say something, and wait until it is answered or passed on; returns the replies, a line each."""
        seq = self.begin(words)
        wait_until(lambda: self._outcome(seq), PATIENCE)
        return "\n".join(each["text"] for each in self.read()["messages"] if each["in_reply_to"] == seq)

    def read(self) -> dict[str, Any]:
        """The conversation's messages and state."""
        return dict(self.http.get(f"/api/conversations/{self.id}/messages").raise_for_status().json())

    def said(self, sender: str) -> list[str]:
        return [each["text"] for each in self.read()["messages"] if each["sender"] == sender]

    def _outcome(self, seq: int) -> Any:
        return next(each["outcome"] for each in self.read()["messages"] if each["seq"] == seq)

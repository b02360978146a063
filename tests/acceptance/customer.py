"""A customer who talks to the running system over HTTP."""

from typing import Any
from uuid import uuid4

import httpx

PATIENCE = 30


class Customer:
    """One sender on Rasa's REST webhook.

    Args:
        url: the system's address.
    """

    def __init__(self, url: str) -> None:
        self.http = httpx.Client(base_url=url, timeout=PATIENCE)
        self.sender = f"customer-{uuid4()}"

    def say(self, text: str) -> str:
        """Say something; returns everything that was answered, a reply a line."""
        return "\n".join(reply["text"] for reply in self.replies(text))

    def replies(self, text: str, **metadata: str) -> list[dict[str, Any]]:
        body = {"sender": self.sender, "message": text, "metadata": metadata}
        return self.http.post("/webhooks/rest/webhook", json=body).raise_for_status().json()

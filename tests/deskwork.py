"""Agents at the desk, as tests need them: over HTTP, against a real server."""

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import httpx
from sqlalchemy.engine import Engine

from switchboard.desk.passwords import hash_password
from tests.talking import call, give, hire, messages, say, start

PASSWORD = "correct horse battery"

PATIENCE_SECONDS = 20.0


@cache
def hashed(password: str = PASSWORD) -> str:
    return hash_password(password)


def hire_with_password(engine: Engine, name: str = "Sam", *teams: str, **values: Any) -> int:
    """A new agent who can sign in with `PASSWORD`; returns their id."""
    return hire(engine, name, *teams, password_hash=hashed(), **values)


def waiting(engine: Engine, words: str = "I want a person", team: str = "support", **values: Any) -> str:
    """A conversation that waits for a person."""
    conversation = start(engine)
    say(engine, conversation, words)
    call(engine, conversation, team, **values)
    return conversation


def with_sam(engine: Engine, sam: int, words: str = "I want a person") -> str:
    """A conversation that Sam has."""
    conversation = waiting(engine, words)
    give(engine, conversation, sam)
    return conversation


def told(engine: Engine, conversation: str) -> list[tuple[str, str]]:
    return [(message.sender, message.text) for message in messages(engine, conversation)]


class Desk(httpx.Client):
    """A browser at the desk. After `sign_in` every POST bears what a page of ours sends along."""

    def __init__(self, url: str, **options: Any) -> None:
        super().__init__(base_url=url, headers={"Origin": url}, timeout=20, **options)

    def sign_in(self, name: str = "Sam", password: str = PASSWORD, **fields: str) -> httpx.Response:
        form = {"email": f"{name.lower()}@larkspur.example", "password": password, **fields}
        response = self.post("/desk/sign-in", data=form)
        if response.status_code == 303:
            page = self.get("/desk/inbox/mine").text
            self.headers["X-CSRF-Token"] = re.search(r'name="csrf" content="(\w+)"', page)[1]
        return response

    def do(self, conversation: str, what: str, **body: Any) -> httpx.Response:
        """Act on a conversation."""
        return self.post(f"/desk/api/conversations/{conversation}/{what}", json=body)

    def say(self, conversation: str, text: str, client_id: str = "m-1") -> httpx.Response:
        return self.do(conversation, "messages", client_message_id=client_id, text=text)

    def look(self, conversation: str) -> dict[str, Any]:
        return self.get(f"/desk/api/conversations/{conversation}").json()

    def inbox(self, view: str) -> list[str]:
        """The ids in a list, in order."""
        return [item["conversation_id"] for item in self.get(f"/desk/api/inbox/{view}").json()["items"]]

    @contextmanager
    def events(self, **params: str) -> Iterator[Iterator[tuple[str, Any]]]:
        """Events by name, as they come."""
        with self.stream("GET", "/desk/events", params=params) as response:
            assert response.status_code == 200
            yield read_events(response)


def read_events(response: httpx.Response) -> Iterator[tuple[str, Any]]:
    name = ""
    for line in response.iter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


def signed_in(url: str, name: str = "Sam") -> Desk:
    """An agent at their desk."""
    desk = Desk(url)
    assert desk.sign_in(name).status_code == 303
    return desk


def until(news: Iterator[tuple[str, Any]], name: str, fits: Callable[[Any], object] = lambda data: True) -> Any:
    """The first event of this name that fits. Others come every few seconds, so the wait has an end of its own."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    for told, data in news:
        if told == name and fits(data):
            return data
        assert time.monotonic() < deadline, f"no such {name}"
    raise AssertionError(f"the stream ended without such {name}")

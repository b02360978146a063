"""The action server as a process of its own."""

import os
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest

from tests.system import ROOT, free_ports

TOKEN = {"X-Switchboard-Token": "secret"}


@pytest.fixture(scope="module")
def server() -> Iterator[httpx.Client]:
    [port] = free_ports(1)
    environ = os.environ | {
        "ACTIONS_PORT": str(port),
        "ACTIONS_TOKEN": "secret",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    }
    process = subprocess.Popen([sys.executable, "-m", "actions"], cwd=ROOT, env=environ, stderr=subprocess.DEVNULL)
    transport = httpx.HTTPTransport(retries=8)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10, transport=transport) as client:
        yield client
    process.terminate()
    process.wait(timeout=20)


def test_it_is_healthy_for_everyone(server: httpx.Client) -> None:
    assert server.get("/health").json() == {"status": "ok"}


@pytest.mark.parametrize("headers", [{}, {"X-Switchboard-Token": "wrong"}])
def test_it_acts_only_for_those_who_know_the_token(server: httpx.Client, headers: dict[str, str]) -> None:
    assert server.post("/webhook", json={"next_action": "action_handoff"}, headers=headers).status_code == 401
    assert server.get("/actions", headers=headers).status_code == 401


def test_an_action_that_fails_does_not_repeat_what_the_customer_wrote(server: httpx.Client) -> None:
    body = {"next_action": "action_handoff", "tracker": "my mail is olivia@example.com"}

    response = server.post("/webhook", json=body, headers=TOKEN)

    assert response.status_code == 500
    assert "olivia" not in response.text

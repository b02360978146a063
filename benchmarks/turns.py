"""How long a customer waits for the first reply, through everything: HTTP, queue, worker, Rasa, actions, database,
and back as a server-sent event."""

import asyncio
import json
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx

from benchmarks.report import percentile, table, write_section
from tests.system import running_system

AT_ONCE = (1, 8, 32)
CONVERSATIONS = 48
WARM_UP = 4

SCRIPT = (
    "hi there",
    "how much does the membership cost?",
    "What is the status of order #12345?",
    "my coffee grinder arrived broken, how do i get my money back",
    "i want to cancel an order",
    "do you charge anything for that?",
    "23456",
    "no, leave it",
    "can i pay with paypal",
    "thank you, bye",
)
"""A conversation as customers have them: answers from the knowledge base, an order looked up, a form with a question
in its middle."""


@dataclass(frozen=True)
class Round:
    """One run: seconds from sending a message to its first reply, and messages a second."""

    at_once: int
    waits: list[float]
    rate: float


def run() -> str:
    """Start the system, measure, write the section of docs/benchmarks.md and return it."""
    with tempfile.TemporaryDirectory() as folder, running_system(Path(folder)) as system:
        asyncio.run(converse(system.url, WARM_UP, WARM_UP))
        rounds = [asyncio.run(converse(system.url, at_once, CONVERSATIONS)) for at_once in AT_ONCE]
    body = described(rounds)
    write_section("turns", "Waiting for the first reply", body)
    return body


async def converse(url: str, at_once: int, conversations: int) -> Round:
    """Play the script in so many conversations, so many of them at once."""
    places, waits, began = asyncio.Semaphore(at_once), [], time.perf_counter()
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=url, timeout=60, limits=limits) as http:

        async def one() -> None:
            async with places:
                waits.extend(await play(http))

        await asyncio.gather(*(one() for _ in range(conversations)))
    return Round(at_once, waits, len(waits) / (time.perf_counter() - began))


async def play(http: httpx.AsyncClient) -> list[float]:
    """One conversation; seconds to the first reply of each message."""
    started = (await http.post("/api/conversations")).raise_for_status().json()
    path = f"/api/conversations/{started['conversation_id']}"
    headers = {"Authorization": f"Bearer {started['token']}"}
    waits = []
    async with http.stream("GET", f"{path}/events", headers=headers) as response:
        lines = response.aiter_lines()
        for text in SCRIPT:
            began = time.perf_counter()
            body = {"client_message_id": str(uuid4()), "text": text}
            seq = (await http.post(f"{path}/messages", json=body, headers=headers)).raise_for_status().json()["seq"]
            await first_reply(lines, seq)
            waits.append(time.perf_counter() - began)
    return waits


async def first_reply(lines, seq: int) -> None:  # type: ignore[no-untyped-def]
    async for line in lines:
        if line.startswith("data: ") and json.loads(line.removeprefix("data: ")).get("in_reply_to") == seq:
            return


def described(rounds: list[Round]) -> str:
    rows = [
        [
            str(each.at_once),
            str(len(each.waits)),
            *(f"{percentile(each.waits, share) * 1000:.0f} ms" for share in (0.5, 0.95, 0.99)),
            f"{max(each.waits) * 1000:.0f} ms",
            f"{each.rate:.0f}",
        ]
        for each in rounds
    ]
    header = ["conversations at once", "messages", "p50", "p95", "p99", "longest", "messages/s"]
    return (
        f"{CONVERSATIONS} conversations of {len(SCRIPT)} messages each: from sending a message to its first reply on "
        "the event stream, through web, queue, worker, Rasa, action server and PostgreSQL, all on this machine with "
        "the client. The goal is a p95 of 500 ms with 8 conversations at once.\n\n" + table(header, rows)
    )

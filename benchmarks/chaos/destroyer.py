"""Kills processes of a running system and notes when their successors are back."""

import asyncio
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from sqlalchemy import text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from benchmarks.chaos.customers import Progress
from benchmarks.chaos.plan import Blow
from switchboard.settings import Settings

SIGNS = {"database": "postgres", "rasa": "--auth-token", "actions": "actions", "worker": "worker", "web": "web"}
"""A word of the command line that tells what a process is."""

LOOK_SECONDS = 0.1
BACK_SECONDS = 180.0
SEEN = text("select exists (select from switchboard.workers where worker_id like :ending)")


@dataclass(frozen=True)
class Process:
    kind: str
    pid: int
    words: tuple[str, ...]


@dataclass(frozen=True)
class Strike:
    """One kill: what, and when (seconds since the epoch)."""

    kind: str
    at: float


@dataclass
class Outage:
    """The time in which one process was away: from the kill until a successor was ready, which may have been killed as
    well before it was."""

    kind: str
    at: float
    back: float | None = None


def processes(launcher: int) -> list[Process]:
    """A launcher's children."""
    found = []
    for task in Path(f"/proc/{launcher}/task").iterdir():
        for pid in (task / "children").read_text().split():
            words = words_of(pid)
            kinds = [kind for kind, sign in SIGNS.items() if any(sign in word for word in words[:6])]
            found += [Process(kinds[0], int(pid), words)] if kinds else []
    return found


def words_of(pid: str) -> tuple[str, ...]:
    """A process's command line; nothing when it has just ended."""
    try:
        return tuple(Path(f"/proc/{pid}/cmdline").read_text().split("\0"))
    except OSError:
        return ()


@dataclass
class Destroyer:
    """Strikes as planned, each time that enough messages are answered.

    Args:
        launcher: process id of `switchboard up`.
    """

    launcher: int
    settings: Settings
    engine: Engine
    dice: random.Random
    strikes: list[Strike] = field(default_factory=list)
    outages: list[Outage] = field(default_factory=list)
    ready: set[int] = field(default_factory=set)
    dead: set[int] = field(default_factory=set)
    watchers: list["asyncio.Task[None]"] = field(default_factory=list)

    async def run(self, blows: Sequence[Blow], progress: Progress) -> None:
        """Strike as planned; all processes are ready when this begins."""
        self.ready = {process.pid for process in processes(self.launcher)}
        for blow in blows:
            while progress.answered < blow.after:
                await asyncio.sleep(LOOK_SECONDS)
            self.strike(await self._victim(blow))

    async def settle(self) -> None:
        """Wait until everything that was killed is back."""
        await asyncio.gather(*self.watchers)

    def strike(self, victim: Process) -> None:
        """PostgreSQL takes SIGQUIT as an immediate shutdown: nothing is written, the next start recovers from its log."""
        os.kill(victim.pid, signal.SIGQUIT if victim.kind == "database" else signal.SIGKILL)
        self.strikes.append(Strike(victim.kind, time.time()))
        self.dead.add(victim.pid)
        if victim.pid in self.ready:
            self.ready.remove(victim.pid)
            outage = Outage(victim.kind, time.time())
            self.outages.append(outage)
            self.watchers.append(asyncio.create_task(self._watch(victim, outage)))

    async def _victim(self, blow: Blow) -> Process:
        """Any process of the sort; while there is none, wait for its return."""
        while True:
            found = [p for p in processes(self.launcher) if (p.kind == "database") == blow.database]
            if found:
                return self.dice.choice(found)
            await asyncio.sleep(LOOK_SECONDS)

    async def _watch(self, victim: Process, outage: Outage) -> None:
        """Note when a successor answers: a process of the same command line that nobody has noted yet."""
        async with httpx.AsyncClient(timeout=2) as http:
            while time.time() < outage.at + BACK_SECONDS:
                for process in processes(self.launcher):
                    new = process.words == victim.words and process.pid not in self.ready | self.dead
                    if new and await self._answers(http, process) and process.pid not in self.ready | self.dead:
                        self.ready.add(process.pid)
                        outage.back = time.time()
                        return
                await asyncio.sleep(LOOK_SECONDS)

    async def _answers(self, http: httpx.AsyncClient, process: Process) -> bool:
        if process.kind == "worker":
            return await asyncio.to_thread(self._found, {"ending": f"%-{process.pid}"})
        if process.kind == "database":
            return await asyncio.to_thread(self._found, {"ending": "%"})
        try:
            return (await http.get(self._address(process))).status_code == 200
        except httpx.HTTPError:
            return False

    def _address(self, process: Process) -> str:
        """Where a process says that it is ready."""
        if process.kind == "rasa":
            port = process.words[process.words.index("-p") + 1]
            return f"http://127.0.0.1:{port}/status?token={self.settings.rasa_token}"
        ports = {"web": (self.settings.port, "healthz"), "actions": (self.settings.actions_port, "health")}
        port, path = ports[process.kind]
        return f"http://127.0.0.1:{port}/{path}"

    def _found(self, values: dict[str, str]) -> bool:
        try:
            with self.engine.connect() as connection:
                return bool(connection.execute(SEEN, values).scalar_one())
        except SQLAlchemyError:
            return False


def standstills(outages: Iterable[Outage], running: Counter[str]) -> list[tuple[float, float]]:
    """The times in which some kind of process had none running, in order and without overlaps.

    Args:
        running: how many there are of each kind when all are up.
    """
    down: Counter[str] = Counter()
    changes = [(o.at, o.kind, 1) for o in outages] + [(o.back or float("inf"), o.kind, -1) for o in outages]
    found: list[tuple[float, float]] = []
    began: float | None = None
    for at, kind, change in sorted(changes):
        down[kind] += change
        stopped = any(down[each] >= running[each] for each in running)
        if stopped and began is None:
            began = at
        elif not stopped and began is not None:
            found.append((began, at))
            began = None
    return found

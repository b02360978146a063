"""One run from start to verdict."""

import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx

from benchmarks.chaos.checks import Findings, check_conversation, check_orders, interrupted, told_done
from benchmarks.chaos.customers import Customer, GivenUp, PollingCustomer, Progress, StreamCustomer, World
from benchmarks.chaos.destroyer import Destroyer, Strike, processes, standstills
from benchmarks.chaos.plan import Plan, blows, scripts
from benchmarks.chaos.shop import Shop
from benchmarks.chaos.sockets import SocketCustomer
from benchmarks.report import percentile, table, write_section
from switchboard.database.engine import make_engine
from tests.system import System, free_ports, running_system

KINDS: dict[str, type[Customer]] = {"polling": PollingCustomer, "events": StreamCustomer, "socketio": SocketCustomer}
"""Customers by the channel they use."""

READY_SECONDS = 120.0
SAY_SECONDS = 10.0
WITHIN_SECONDS = 15.0
OUTCOMES = ("sent", "acknowledged", "answered", "forwarded", "failed", "replies")
WRONG = ("lost", "repeated", "out of order", "effects wrong")
EFFECTS = ("orders to cancel", "cancelled")
BEST_EFFORT = ("doubtful", "taken twice", "shown twice", "not shown")
EXPLANATION = (
    "Lost is an acknowledged message without an outcome or a reply, and a reply that a stream skipped. The last four rows "
    "are about Socket.IO only, whose clients send no ids: messages whose acknowledgement was lost and that were answered, "
    "messages that were sent again and taken twice, and replies that were shown twice or not at all when a connection was "
    "lost."
)
MOST_PROBLEMS = 30


@dataclass(frozen=True)
class Result:
    """What a run showed.

    Attributes:
        waits: of interrupted messages, seconds from the kill to the outcome.
        up_waits: the same without the time in which some kind of process had none running.
    """

    plan: Plan
    findings: Findings
    progress: Progress
    strikes: list[Strike]
    seconds: float
    waits: list[float]
    up_waits: list[float]

    @property
    def right(self) -> bool:
        """Nothing lost, repeated, out of order or done twice, and interrupted messages did not wait for long."""
        return self.complete and (not self.up_waits or percentile(self.up_waits, 0.95) <= WITHIN_SECONDS)

    @property
    def complete(self) -> bool:
        """Nothing lost, repeated, out of order or done twice."""
        counts = self.findings.counts
        sent = counts["sent"] == counts["acknowledged"] + counts["doubtful"] == self.plan.messages
        return sent and not any(counts[what] for what in WRONG)


def run(plan: Plan, write: bool = True) -> tuple[str, bool]:
    """Start a system, play the plan, check; returns the report and whether all was as it has to be."""
    with tempfile.TemporaryDirectory() as folder, running_system(Path(folder), **variables(plan)) as system:
        result = asyncio.run(play(plan, system))
    body = described(result)
    if write:
        write_section("chaos", "Nothing lost, under fire", body)
    return body, result.right


def variables(plan: Plan) -> dict[str, str]:
    """Settings of the system that a plan needs."""
    replicas = {"WORKERS": str(plan.workers), "RASA_REPLICAS": str(plan.replicas)}
    return replicas | {"RASA_PORT": str(free_ports(plan.replicas)[0])}


async def play(plan: Plan, system: System) -> Result:
    """Play the plan against a running system, and check."""
    engine = make_engine(system.settings, pool_size=4)
    planned = scripts(plan, tuple(KINDS), tuple(name for name, kind in KINDS.items() if kind.exact))
    shop = Shop(engine, [script.order for script in planned if script.order])
    destroyer = Destroyer(system.process.pid, system.settings, engine, plan.random("destroyer"))
    await replicas_ready(system)
    running = Counter(process.kind for process in processes(system.process.pid))
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=plan.at_once)
    with ThreadPoolExecutor(2 * plan.at_once) as threads:
        async with httpx.AsyncClient(base_url=system.url, timeout=10, limits=limits) as http:
            world = World(http, engine, threads, plan.cut_share)
            customers = [KINDS[each.channel](each, world, plan.random(f"customer {each.number}")) for each in planned]
            began = time.monotonic()
            await under_fire(plan, customers, destroyer, world.progress)
            seconds = time.monotonic() - began
            findings = await check(customers, shop)
    engine.dispose()
    waits, up_waits = interrupted(findings.spans, destroyer.strikes, standstills(destroyer.outages, running))
    return Result(plan, findings, world.progress, destroyer.strikes, seconds, waits, up_waits)


async def replicas_ready(system: System) -> None:
    """Wait for every Rasa; `/readyz` is content with one."""
    deadline = time.monotonic() + READY_SECONDS
    async with httpx.AsyncClient(timeout=2, params={"token": system.settings.rasa_token}) as http:
        for address in system.settings.rasa_addresses:
            while not await answers(http, f"{address}/status"):
                if time.monotonic() > deadline:
                    raise RuntimeError(f"{address} does not answer.")
                await asyncio.sleep(0.5)


async def answers(http: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await http.get(url)).status_code == 200
    except httpx.HTTPError:
        return False


async def under_fire(plan: Plan, customers: Sequence[Customer], destroyer: Destroyer, progress: Progress) -> None:
    """All conversations, some at once, while the destroyer strikes; given up after the plan's time."""
    places = asyncio.Semaphore(plan.at_once)

    async def one(customer: Customer) -> None:
        async with places:
            await customer.play()

    destroying = asyncio.create_task(destroyer.run(blows(plan), progress))
    saying = asyncio.create_task(say(plan, progress, destroyer))
    try:
        await asyncio.wait_for(asyncio.gather(*map(one, customers)), plan.seconds)
    except asyncio.TimeoutError:
        print(f"Given up after {plan.seconds:.0f} s.", file=sys.stderr)
    finally:
        for task in (destroying, saying):
            task.cancel()
    await destroyer.settle()


async def say(plan: Plan, progress: Progress, destroyer: Destroyer) -> None:
    """Say now and then how far it is."""
    while True:
        await asyncio.sleep(SAY_SECONDS)
        struck = Counter(strike.kind for strike in destroyer.strikes)
        away = sum(outage.back is None for outage in destroyer.outages)
        line = f"{progress.answered} of {plan.messages} answered, killed {dict(struck)}, {away} not back yet"
        print(line, file=sys.stderr, flush=True)


async def check(customers: Sequence[Customer], shop: Shop) -> Findings:
    """Read everything anew and compare."""
    findings = Findings()
    told = dict.fromkeys(shop.orders, False)
    for each in customers:
        try:
            transcript = await each.transcript()
        except GivenUp:
            transcript = []
        check_conversation(findings, each, transcript)
        if each.script.order:
            told[each.script.order] = told_done(transcript)
    check_orders(findings, told, shop.became(), shop.put_back())
    return findings


def described(result: Result) -> str:
    """The report, in Markdown."""
    counts = result.findings.counts
    rows = [[what, f"{counts[what]:,}"] for what in (*OUTCOMES, *WRONG, *EFFECTS, *BEST_EFFORT)]
    parts = [
        happened(result),
        table(["counted from outside", ""], rows),
        EXPLANATION,
        waited("from the kill to the outcome", result.waits),
        waited("of that while at least one process of every kind was running", result.up_waits),
        f"Verdict: {'as it has to be' if result.right else 'NOT as it has to be'}.",
        "\n".join(f"- {problem}" for problem in result.findings.problems[:MOST_PROBLEMS]),
    ]
    return "\n\n".join(filter(None, parts))


def happened(result: Result) -> str:
    """What was played, and what was destroyed meanwhile."""
    plan, progress = result.plan, result.progress
    struck = Counter(strike.kind for strike in result.strikes)
    killed = ", ".join(f"{kind} {times}×" for kind, times in sorted(struck.items())) or "nothing"
    rate = result.findings.counts["acknowledged"] / result.seconds
    return (
        f"{plan.messages:,} messages in {plan.conversations:,} conversations, {plan.at_once} at once, over "
        f"{', '.join(KINDS)}, with {plan.workers} workers and {plan.replicas} Rasa replicas (seed {plan.seed}), took "
        f"{result.seconds:.0f} s, {rate:.1f} messages/s with all interruptions. Killed meanwhile: {killed}. The clients cut "
        f"{progress.cut} connections, sent {progress.resent} requests again, and were asked to come back later "
        f"{progress.refused} times."
    )


def waited(what: str, waits: Sequence[float]) -> str:
    """How long messages waited that were under way when something was killed."""
    if not waits:
        return f"Interrupted messages, {what}: none."
    shares = ", ".join(f"p{share * 100:.0f} {percentile(list(waits), share):.1f} s" for share in (0.5, 0.95, 0.99))
    return f"Interrupted messages, {what}: {len(waits):,}; {shares}, longest {max(waits):.1f} s."

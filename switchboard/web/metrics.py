"""`/metrics` for Prometheus: what waits, what became of messages, how long turns take. Never who or what.

Counts of this web process are its own. What workers have done they write down with their heartbeat, and the rest is
read from the database when it is asked for; so every web process tells the same about those, and one address is
enough for any number of workers.
"""

from collections.abc import Iterator
from itertools import accumulate
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, Gauge, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from sqlalchemy import text
from sqlalchemy.engine import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from switchboard.turns.tally import SECONDS
from switchboard.web.callers import caller
from switchboard.web.context import context

OPEN_STREAMS = Gauge("switchboard_open_streams", "Event streams that this process has open.")

WAITING = text("""
    select count(*) as conversations, coalesce(sum(waiting), 0) as messages
      from switchboard.conversations where claimable_at is not null
""")
OLDEST = text("""
    select coalesce(extract(epoch from now() - min(created_at)), 0)
      from switchboard.messages where sender = 'customer' and outcome is null
""")
DEAD_LETTERS = text("select count(*) from switchboard.messages where outcome = 'failed'")
HANDOFFS = text("select team, count(*) from switchboard.handoffs where ended_at is null group by team order by team")
WORKERS = text("""
    select worker_id, tally, seen_at > now() - interval '10 seconds' as seen
      from switchboard.workers order by worker_id
""")


class Read:
    """Families that were read already, in the shape `generate_latest` takes."""

    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> list[Metric]:
        return self._families


async def metrics(request: Request) -> Response:
    """What waits and what was done, in Prometheus' text format."""
    parts = context(request)
    caller(request, parts.settings)
    families = await parts.transaction(read)
    body = generate_latest(REGISTRY) + generate_latest(Read(families))  # type: ignore[arg-type]
    return Response(body, media_type=CONTENT_TYPE_LATEST)


def read(connection: Connection) -> list[Metric]:
    """Everything that is in the database."""
    workers = connection.execute(WORKERS).all()
    return [*_waiting(connection), _handoffs(connection), _alive(workers), *_done(workers)]


def _waiting(connection: Connection) -> Iterator[Metric]:
    waiting = connection.execute(WAITING).one()
    oldest = float(connection.execute(OLDEST).scalar_one())
    dead = connection.execute(DEAD_LETTERS).scalar_one()
    yield _gauge(
        "waiting_conversations", "Conversations with messages that wait for an outcome.", waiting.conversations
    )
    yield _gauge("waiting_messages", "Messages that wait for an outcome.", int(waiting.messages))
    yield _gauge("oldest_waiting_seconds", "How long the oldest of them has waited.", oldest)
    yield _gauge("dead_letters", "Messages that failed for good and were not replayed.", dead)


def _handoffs(connection: Connection) -> Metric:
    family = GaugeMetricFamily("switchboard_open_handoffs", "Conversations that people hold.", labels=["team"])
    for team, count in connection.execute(HANDOFFS):
        family.add_metric([team], count)
    return family


def _alive(workers: list[Any]) -> Metric:
    return _gauge("workers", "Workers seen in the last 10 seconds.", sum(row.seen for row in workers))


def _done(workers: list[Any]) -> Iterator[Metric]:
    outcomes = CounterMetricFamily("switchboard_outcomes", "Messages by outcome.", labels=["worker", "outcome"])
    retries = CounterMetricFamily(
        "switchboard_retries", "Failed tries that another follows, by what was the matter.", labels=["worker", "reason"]
    )
    turns = HistogramMetricFamily("switchboard_turn_seconds", "Seconds a turn took in Rasa.", labels=["worker"])
    for row in workers:
        tally = row.tally
        for outcome, count in tally.get("outcomes", {}).items():
            outcomes.add_metric([row.worker_id, outcome], count)
        for reason, count in tally.get("retries", {}).items():
            retries.add_metric([row.worker_id, reason], count)
        if "turns" in tally:
            turns.add_metric([row.worker_id], _buckets(tally["turns"]), tally["seconds"])
    yield from (outcomes, retries, turns)


def _buckets(counts: list[int]) -> list[tuple[str, float]]:
    """Prometheus' buckets count everything up to their bound."""
    bounds = [*map(str, SECONDS), "+Inf"]
    return list(zip(bounds, map(float, accumulate(counts)), strict=True))


def _gauge(name: str, doc: str, value: float) -> Metric:
    return GaugeMetricFamily(f"switchboard_{name}", doc, value=value)


routes = [Route("/metrics", metrics, methods=["GET"])]

"""Nothing is lost, doubled or out of order while processes are killed: a small run of `make chaos`."""

import asyncio
from pathlib import Path

import pytest

from benchmarks.chaos.plan import Plan
from benchmarks.chaos.run import described, play, variables
from tests.system import running_system

pytestmark = pytest.mark.slow

PLAN = Plan(messages=300, conversations=30, kills=5, restarts=1, seed=4, seconds=1200)


def test_under_fire_every_message_is_answered_once_and_every_order_cancelled_once(tmp_path: Path) -> None:
    with running_system(tmp_path, **variables(PLAN)) as system:
        result = asyncio.run(play(PLAN, system))

    assert len(result.strikes) == PLAN.kills + PLAN.restarts
    assert result.complete, described(result)
    assert result.findings.counts["cancelled"] > 0

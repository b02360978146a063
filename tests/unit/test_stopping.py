"""What a process waits for when it stops, ends."""

import asyncio

from switchboard.desk.live import Live
from switchboard.desk.views import Agent


def test_what_tells_the_desks_ends_also_in_the_moment_in_which_something_changes() -> None:
    async def stop_as_it_changes() -> None:
        live = Live(None, None)
        live.start(asyncio.get_running_loop())
        await asyncio.sleep(0.05)
        with live.open(Agent(1, "Sam", "sam@larkspur.example", "agent", "online"), None):
            pass
        await asyncio.sleep(0)
        await asyncio.wait({asyncio.ensure_future(live.stop())}, timeout=5)
        assert live._task.done()

    asyncio.run(stop_as_it_changes())

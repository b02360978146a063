"""`python -m switchboard webhooks`: deliveries that fail, on a terminal, and trying them again."""

import argparse

from switchboard.database.engine import make_engine
from switchboard.settings import Settings
from switchboard.webhooks.events import Failing, count_waiting, list_failing, try_all_again


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Show them, oldest first, or with `--retry` let them be tried now; the exit code is 1 if some were given up."""
    engine = make_engine(settings, pool_size=1)
    with engine.begin() as connection:
        if options.retry:
            try_all_again(connection)
        failing, waiting = list_failing(connection), count_waiting(connection)
    for event in failing:
        print(line(event))
    print(f"{len(failing)} failing, {waiting} more waiting." + (" All are tried now." if options.retry else ""))
    return 1 if any(event.given_up_at for event in failing) else 0


def line(event: Failing) -> str:
    what = f"{event.event_id}  {event.receiver}  {event.conversation_id}  {event.kind}"
    end = "  GIVEN UP" if event.given_up_at else ""
    return f"{what}  {event.created_at:%Y-%m-%d %H:%M:%S %Z}  {event.tries} tries  {event.error}{end}"

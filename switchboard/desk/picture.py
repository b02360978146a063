"""What all open desks want to know at once, read once for all of them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.engine import Connection

from switchboard.desk.counts import Tally, read_tally
from switchboard.desk.standing import Standing, read_standings
from switchboard.routing.sla import Alert, alerts

HELD = text("""
    select conversation_id, agent_id, crm, external_id from switchboard.conversations where holder = 'agent'
""")
NOW = text("select clock_timestamp()")

OVERLAP = timedelta(seconds=30)
"""An alert bears the time at which its transaction began, and is seen when that has ended."""


@dataclass(frozen=True)
class Held:
    """Who has a conversation, and whose it is, if the customer is known."""

    agent_id: int
    crm: str | None
    external_id: str | None


@dataclass(frozen=True)
class Picture:
    """How things stand.

    Attributes:
        at: by the database's clock.
        held: the conversations that agents have.
        recent: alerts of the last seconds and since the picture before.
        shown: the conversations that desks have open.
    """

    at: datetime
    tally: Tally
    held: Mapping[str, Held]
    recent: list[Alert]
    shown: Mapping[str, Standing]

    def gained(self, before: "Picture") -> dict[str, Held]:
        """The conversations that somebody has now who didn't before."""
        return {
            its: now
            for its, now in self.held.items()
            if its not in before.held or before.held[its].agent_id != now.agent_id
        }

    def news(self, before: "Picture") -> list[Alert]:
        """The alerts that the picture before did not have."""
        return [alert for alert in self.recent if alert not in before.recent]

    def promised(self, before: "Picture | None") -> set[str]:
        """The open conversations of which another promise stands now, and those that were not open before."""
        known = {its: standing.promise for its, standing in before.shown.items()} if before else {}
        return {its for its, standing in self.shown.items() if known.get(its) != standing.promise}


def look(connection: Connection, before: Picture | None, shown: Collection[str]) -> Picture:
    """The present picture, with these conversations open."""
    at = connection.execute(NOW).scalar_one()
    held = {str(its): Held(*rest) for its, *rest in connection.execute(HELD)}
    since = (before.at if before else at) - OVERLAP
    return Picture(at, read_tally(connection), held, alerts(connection, since), read_standings(connection, shown))


def alert_text(alert: Alert) -> str:
    """What supervisors are told."""
    what = alert.kind.replace("_", " ")
    return f"{alert.team.capitalize()}: the {what} is {'late' if alert.breached else 'due soon'}."

"""What a customer who waits can be told: their place, and how long it will take about."""

import time
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.engine import Connection


@dataclass(frozen=True)
class Flow:
    """How a team's queue moves.

    Attributes:
        present: whether somebody of the team is there for new conversations.
        seconds_a_place: how long its customers wait for each place; None if nobody is there or too little is known.
    """

    present: bool
    seconds_a_place: float | None


FEWEST = 3
"""Waits that must be known before anything is said from them."""

FRESH_SECONDS = 3.0
"""How long a team's flow is taken for the present one: each of its waiting customers wants to know it all the time."""

POSITION = text("""
    select (
        select count(*) from switchboard.handoffs h
         where h.team = mine.team and h.ended_at is null and h.assigned_at is null and h.priority > mine.priority
    ) + (
        select count(*) from switchboard.handoffs h
         where h.team = mine.team and h.ended_at is null and h.assigned_at is null and h.priority = mine.priority
           and (h.created_at, h.handoff_id) <= (mine.created_at, mine.handoff_id)
    )
      from switchboard.handoffs mine
     where mine.conversation_id = cast(:conversation_id as uuid) and mine.ended_at is null and mine.assigned_at is null
""")
"""In two parts, so that each reads only a range of the index."""

PACE = text("""
    with recent as (
        select created_at, first_assigned_at from switchboard.handoffs
         where team = :team and first_assigned_at > now() - interval '2 hours' and reason <> 'taken_over'
           and created_at > now() - interval '4 hours'
         order by first_assigned_at desc
         limit 50
    ), waits as (
        select extract(epoch from mine.first_assigned_at - mine.created_at) as seconds, (
            select count(*) from recent other
             where other.created_at <= mine.created_at and other.first_assigned_at >= mine.created_at
        ) as place
          from recent mine
    )
    select count(*), sum(seconds)::float / sum(place) from waits
""")
"""How long the team's latest customers waited for each place they had before them, their own counted. Who waited over
night says nothing about now, and who never waited, because an agent took over from the bot, nothing about the queue."""

PRESENT = text("""
    select exists (
        select from switchboard.team_members join switchboard.agents using (agent_id)
         where team = :team and active and presence = 'online'
    )
""")


class Flows:
    """What is known of each team's queue; shared by all threads of a process."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[float, Flow]] = {}

    def of(self, connection: Connection, team: str) -> Flow:
        """As it was at most `FRESH_SECONDS` ago."""
        now = time.monotonic()
        read_at, flow = self._known.get(team, (float("-inf"), None))
        if flow is None or now - read_at > FRESH_SECONDS:
            flow = read_flow(connection, team)
            self._known[team] = now, flow
        return flow


def position(connection: Connection, conversation_id: str) -> int | None:
    """The place of a conversation that waits, 1 for the next in turn; None for one that doesn't."""
    return connection.execute(POSITION, {"conversation_id": conversation_id}).scalar_one_or_none()


def read_flow(connection: Connection, team: str) -> Flow:
    """How a team's queue moves now."""
    there = present(connection, team)
    known, seconds = connection.execute(PACE, {"team": team}).one()
    return Flow(there, float(seconds) if there and known >= FEWEST else None)


def present(connection: Connection, team: str) -> bool:
    """Whether somebody of this team is there for new conversations."""
    return bool(connection.execute(PRESENT, {"team": team}).scalar_one())

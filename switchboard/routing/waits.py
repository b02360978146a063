"""What a customer who waits can be told: their place, and how long it will take about."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.engine import Connection


@dataclass(frozen=True)
class Place:
    """A place in a team's queue.

    Attributes:
        position: 1 for the next in turn.
        expected_seconds: until an agent comes; None if nobody is there or too little is known.
    """

    position: int
    expected_seconds: float | None


FEWEST = 3
"""Waits that must be known before anything is said from them."""

POSITION = text("""
    select mine.team, (
        select count(*) from switchboard.handoffs h
         where h.team = mine.team and h.ended_at is null and h.assigned_at is null
           and (-h.priority, h.created_at, h.handoff_id) <= (-mine.priority, mine.created_at, mine.handoff_id)
    ) as position
      from switchboard.handoffs mine
     where mine.conversation_id = cast(:conversation_id as uuid) and mine.ended_at is null and mine.assigned_at is null
""")
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


def position(connection: Connection, conversation_id: str) -> Place | None:
    """The place of a conversation that waits; None for one that doesn't."""
    row = connection.execute(POSITION, {"conversation_id": conversation_id}).one_or_none()
    if row is None:
        return None
    pace = _seconds_a_place(connection, row.team)
    return Place(row.position, None if pace is None else pace * row.position)


def present(connection: Connection, team: str) -> bool:
    """Whether somebody of this team is there for new conversations."""
    return bool(connection.execute(PRESENT, {"team": team}).scalar_one())


def _seconds_a_place(connection: Connection, team: str) -> float | None:
    known, seconds = connection.execute(PACE, {"team": team}).one()
    return float(seconds) if known >= FEWEST and present(connection, team) else None

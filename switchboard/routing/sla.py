"""What was promised for each handoff: timers that warn supervisors, then raise the conversation's priority.

The database stops them (triggers of revision 0009): an agent's answer the first two kinds, the end all of them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.engine import Connection

from switchboard.conversations.changes import announce_desk
from switchboard.routing.teams import Team

WARN_AFTER = 0.75
"""Of the time promised, when a warning comes."""

START = text("""
    insert into switchboard.sla_timers (handoff_id, kind, started_at, warn_at, due_at)
    values (:handoff_id, :kind, :started_at, :warn_at, :due_at)
    on conflict (handoff_id, kind) do update
       set started_at = excluded.started_at, warn_at = excluded.warn_at, due_at = excluded.due_at,
           warned_at = null, breached_at = null, met_at = null
""")
QUESTIONS = text("""
    select h.handoff_id, h.team, h.unanswered_since from switchboard.handoffs h
     where h.ended_at is null and h.unanswered_since is not null and h.first_response_at is not null
       and not exists (
           select from switchboard.sla_timers t
            where t.handoff_id = h.handoff_id and t.kind = 'next_response' and t.started_at = h.unanswered_since)
       and h.team = any(:teams)
     order by h.handoff_id
       for update of h skip locked
""")
DUE = text("""
    with due as (
        select t.handoff_id, t.kind, t.due_at <= now() as late from switchboard.sla_timers t
          join switchboard.handoffs h using (handoff_id)
         where t.met_at is null
           and ((t.warned_at is null and t.warn_at <= now()) or (t.breached_at is null and t.due_at <= now()))
         order by t.handoff_id
           for update of h skip locked
    )
    update switchboard.sla_timers t
       set warned_at = coalesce(t.warned_at, now()), breached_at = case when due.late then now() end
      from due
     where t.handoff_id = due.handoff_id and t.kind = due.kind and t.met_at is null
    returning t.handoff_id, t.kind, t.breached_at is not null as late
""")
"""The handoff is locked first, like by the triggers; one that is locked already can wait for the next sweep."""

RAISE = text("""
    update switchboard.handoffs
       set priority = case when handoff_id = any(:unresolved) then 3 else least(priority + 1, 3) end
     where handoff_id = any(:late)
""")
"""One that should be resolved by now is urgent. So everybody's turn comes, however many more urgent ones arrive."""

ALERTS = text("""
    select h.conversation_id::text, h.handoff_id, h.team, h.agent_id, t.kind, t.due_at,
           t.breached_at is not null as breached, coalesce(t.breached_at, t.warned_at) as at
      from switchboard.sla_timers t join switchboard.handoffs h using (handoff_id)
     where t.met_at is null and h.ended_at is null and coalesce(t.breached_at, t.warned_at) > :since
     order by at
""")


@dataclass(frozen=True)
class Alert:
    """A promise that is about to be broken, or is.

    Attributes:
        kind: of `teams.KINDS`.
        agent_id: who has, or had, the conversation.
        at: since when supervisors know.
    """

    conversation_id: str
    handoff_id: int
    team: str
    agent_id: int | None
    kind: str
    due_at: datetime
    breached: bool
    at: datetime


def start(connection: Connection, handoff_id: int, team: Team, kinds: Iterable[str], since: datetime) -> None:
    """Start timers, or start them again; they count the team's hours only."""
    for kind in kinds:
        seconds = team.sla[kind]
        values = {"warn_at": team.later(since, seconds * WARN_AFTER), "due_at": team.later(since, seconds)}
        connection.execute(START, {"handoff_id": handoff_id, "kind": kind, "started_at": since, **values})


def start_next_responses(connection: Connection, teams: Mapping[str, Team]) -> int:
    """A timer for each customer who wrote again after an agent had answered; returns how many."""
    questions = connection.execute(QUESTIONS, {"teams": list(teams)}).all()
    for row in questions:
        start(connection, row.handoff_id, teams[row.team], ["next_response"], row.unanswered_since)
    return len(questions)


def sweep(connection: Connection) -> int:
    """Warn of what is nearly due, raise the priority of what is overdue; returns how many timers that were."""
    due = connection.execute(DUE).all()
    late = [row.handoff_id for row in due if row.late]
    unresolved = [row.handoff_id for row in due if row.late and row.kind == "resolution"]
    if late:
        connection.execute(RAISE, {"late": late, "unresolved": unresolved})
    if due:
        announce_desk(connection)
    return len(due)


def alerts(connection: Connection, since: datetime) -> list[Alert]:
    """What supervisors have to know that came up after `since` and is still so, oldest first."""
    return [Alert(*row) for row in connection.execute(ALERTS, {"since": since})]

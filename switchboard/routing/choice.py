"""The choice: of all that wait the one whose turn it is, and the agent for it."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.engine import Connection


@dataclass(frozen=True)
class Choice:
    """Who should get which conversation."""

    handoff_id: int
    conversation_id: str
    team: str
    agent_id: int


CHOICE = text("""
    with loads as (
        select agent_id, count(*) as load from switchboard.conversations where holder = 'agent' group by agent_id
    ), known as materialized (
        select m.team, array_agg(distinct skill) as skills
          from switchboard.team_members m join switchboard.agents a using (agent_id), unnest(a.skills) skill
         where a.active
         group by m.team
    ), free as materialized (
        select m.team, agent_id, coalesce(l.load, 0) / a.capacity::float as share,
               array(select unnest(k.skills) except select unnest(a.skills)) as lacks
          from switchboard.agents a
          join switchboard.team_members m using (agent_id)
          left join loads l using (agent_id)
          left join known k on k.team = m.team
         where a.active and a.presence = 'online' and coalesce(l.load, 0) < a.capacity
    ), gaps as materialized (
        select distinct team, lacks from free
    ), first as (
        select h.*
          from (select distinct team from free) t
         cross join lateral (
            select h.handoff_id, h.conversation_id, h.team, h.priority, h.created_at, h.skills, h.agent_id, s.late
              from switchboard.handoffs h
             cross join lateral (
                select exists (
                    select from switchboard.sla_timers
                     where handoff_id = h.handoff_id and breached_at is not null and met_at is null) as late
             ) s
             where h.team = t.team and h.ended_at is null and h.assigned_at is null
               and (exists (select from gaps g where g.team = h.team and not g.lacks && h.skills) or s.late)
             order by h.priority desc, h.created_at, h.handoff_id
             limit 1
         ) h
         order by h.priority desc, h.created_at, h.handoff_id
         limit 1
    )
    select h.handoff_id, h.conversation_id::text, h.team, f.agent_id
      from first h
      join free f on f.team = h.team and (not f.lacks && h.skills or h.late)
     order by f.agent_id is not distinct from h.agent_id, f.share, random()
     limit 1
""")
"""In each team with somebody free, its queue is walked in order until one is found that a free agent can take; what they
lack is looked at, not each of them, since a whole team often lacks the same. A skill that nobody in the team has is not
asked for, nor is any while a promise to the customer is broken. Of equally busy agents any may be chosen, whoever gave the
conversation up last of all."""


def choose(connection: Connection) -> Choice | None:
    """Whose turn it is by what is committed now; None if nobody waits that a free agent could take."""
    row = connection.execute(CHOICE).one_or_none()
    return Choice(*row) if row else None

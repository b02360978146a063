"""The desk's lists: which conversations are in a view, in which order, and what is shown of each.

A page of a list costs the same however many conversations there are: each view reads its first rows from an index.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

from switchboard.conversations.holder import PRIORITIES
from switchboard.desk.names import Names
from switchboard.desk.views import Agent, Item, View
from switchboard.errors import NotFound

PAGE = 50
LAST_PAGE = 200
"""Further back nobody reads on; a customer's past conversations are in their card."""

PREVIEW_CHARS = 140

HELD = """
    (select conversation_id, updated_at from switchboard.conversations
      where holder = '{holder}' and {which} order by updated_at desc limit :last)
"""
THEIRS = "(team = any(:theirs) or agent_id = :agent_id)"
SAID_SOMETHING = "last_seq > 0"

OPEN = HELD.format(holder="queue", which=THEIRS) + "union all" + HELD.format(holder="agent", which=THEIRS)
BOT = HELD.format(holder="bot", which=SAID_SOMETHING)

VIEWS: dict[View, str] = {
    "waiting": """
        select conversation_id, row_number() over (order by priority desc, created_at, handoff_id) as place
          from switchboard.handoffs
         where ended_at is null and assigned_at is null and team = any(:theirs)
    """,
    "mine": """
        select conversation_id, row_number() over (order by updated_at desc) as place
          from switchboard.conversations where holder = 'agent' and agent_id = :agent_id
    """,
    "team": f"""
        select conversation_id, row_number() over (order by updated_at desc) as place from (
            {HELD.format(holder="queue", which="team = any(:own)")} union all
            {HELD.format(holder="agent", which="team = any(:own)")}) held
    """,
    "all": f"""
        select conversation_id, row_number() over (order by updated_at desc) as place from ({OPEN} union all {BOT}) held
    """,
    "bot": f"""
        select conversation_id, row_number() over (order by updated_at desc) as place from ({BOT}) held
    """,
    "resolved": f"""
        select conversation_id, row_number() over (order by updated_at desc) as place from (
            select closed.* from unnest(cast(:theirs as text[])) its (team)
             cross join lateral {HELD.format(holder="closed", which=f"team = its.team and {SAID_SOMETHING}")} closed
            union all {HELD.format(holder="closed", which=f"team is null and {SAID_SOMETHING}")}) held
    """,
}

ITEMS = """
    select chosen.place, c.conversation_id, c.holder, c.team, c.crm, c.external_id, c.updated_at, c.agent_id,
           a.name as agent, left(m.text, :preview) as preview, m.sender, h.priority, h.reason,
           h.created_at as called_at, h.assigned_at, h.ended_at, s.due, s.breached,
           coalesce(c.agent_id = :agent_id and h.read_seq < newest.seq, false) as unread,
           coalesce(c.identity_level > 0 and c.identity_until >
                    case when c.holder = 'bot' then now() else coalesce(h.created_at, now()) end, false) as verified
      from chosen join switchboard.conversations c using (conversation_id)
      left join switchboard.agents a on a.agent_id = c.agent_id
      left join lateral (select text, sender from switchboard.messages
            where conversation_id = c.conversation_id and not suppressed order by seq desc limit 1) m on true
      left join lateral (select seq from switchboard.messages
            where conversation_id = c.conversation_id and sender = 'customer' order by seq desc limit 1) newest on true
      left join lateral (select * from switchboard.handoffs
            where conversation_id = c.conversation_id order by handoff_id desc limit 1) h on true
      left join lateral (select min(due_at) as due, bool_or(breached_at is not null) as breached
            from switchboard.sla_timers where handoff_id = h.handoff_id and met_at is null) s on h.ended_at is null
     order by place
"""

ONE = "with chosen as (select cast(:conversation_id as uuid) as conversation_id, 1 as place)" + ITEMS


def read_page(
    connection: Connection, agent: Agent, teams: Sequence[str], view: View, number: int = 1
) -> tuple[list[Any], bool]:
    """The rows of a view's page, and whether another follows.

    Args:
        teams: every team there is: supervisors see them all.
        number: of the page, from 1.
    """
    statement = text(f"with chosen as ({VIEWS[view]} order by place limit :limit offset :offset)" + ITEMS)
    start = (min(number, LAST_PAGE) - 1) * PAGE
    values = {"limit": PAGE + 1, "offset": start, "last": start + PAGE + 1, **_who(agent, teams)}
    rows = connection.execute(statement, values).all()
    return rows[:PAGE], len(rows) > PAGE


def read_row(connection: Connection, agent: Agent, conversation_id: str) -> Any:
    """What a list shows of one conversation.

    Raises:
        NotFound: there is no such conversation.
    """
    values = {"conversation_id": conversation_id, "agent_id": agent.agent_id, "preview": PREVIEW_CHARS}
    row = connection.execute(text(ONE), values).one_or_none()
    if row is None:
        raise NotFound("There is no such conversation.")
    return row


def item(row: Any, names: Names) -> Item:
    """What a list shows of a row. Call it outside a transaction: the name may have to be asked for."""
    waits = row.holder == "queue" and row.ended_at is None
    return Item(
        conversation_id=str(row.conversation_id),
        title=names.of(row.crm, row.external_id) or visitor(str(row.conversation_id)),
        preview=row.preview or "",
        sender=row.sender or "",
        at=row.updated_at,
        team=row.team,
        priority="" if row.priority is None else PRIORITIES[row.priority],
        reason=row.reason or "",
        holder=row.holder,
        agent=row.agent,
        unread=row.unread,
        due=row.due,
        breached=bool(row.breached),
        waiting_since=row.called_at if waits else None,
    )


def visitor(conversation_id: str) -> str:
    """What somebody is called whom we don't know.

    >>> visitor("1a2b0000-0000-0000-0000-000000000000")
    'Visitor 1a2b'
    """
    return f"Visitor {conversation_id[:4]}"


def _who(agent: Agent, teams: Sequence[str]) -> dict[str, Any]:
    theirs = list(teams) if agent.sees_all else list(agent.teams)
    return {"agent_id": agent.agent_id, "own": list(agent.teams), "theirs": theirs, "preview": PREVIEW_CHARS}

"""How the conversations stand that desks have open: whoever shows something else reads the page's parts again."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

from switchboard.conversations.holder import PRIORITIES

STANDINGS = text("""
    select c.conversation_id::text, c.last_seq, c.holder, c.agent_id, h.priority, s.due
      from switchboard.conversations c
      left join lateral (select handoff_id, priority, ended_at from switchboard.handoffs
            where conversation_id = c.conversation_id order by handoff_id desc limit 1) h on true
      left join lateral (select min(due_at) as due
            from switchboard.sla_timers where handoff_id = h.handoff_id and met_at is null) s on h.ended_at is null
     where c.conversation_id = any(cast(:shown as uuid[]))
""")


@dataclass(frozen=True)
class Standing:
    """A conversation's state in short.

    Attributes:
        priority: as `views.Item` has it.
        due: when the next promise to the customer falls due, as the page's header writes it; empty if none does.
    """

    last_seq: int
    holder: str
    agent_id: int | None
    priority: str
    due: str

    @property
    def promise(self) -> tuple[str, str]:
        """What nobody says when it changes: time passes, and the sweep looks after it."""
        return self.priority, self.due


def read_standings(connection: Connection, shown: Collection[str]) -> dict[str, Standing]:
    """These conversations by their ids."""
    return {row.conversation_id: _standing(row) for row in connection.execute(STANDINGS, {"shown": list(shown)})}


def _standing(row: Any) -> Standing:
    priority = "" if row.priority is None else PRIORITIES[row.priority]
    return Standing(row.last_seq, row.holder, row.agent_id, priority, row.due.isoformat() if row.due else "")

"""What is done once for each handoff, and again in another team: its promises begin, and a customer who comes when nobody
is there is told so."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

from switchboard.conversations.holder import lock
from switchboard.conversations.saying import tell
from switchboard.routing import sla, words
from switchboard.routing.teams import Team
from switchboard.routing.waits import present

NEW = text("""
    select handoff_id, conversation_id::text from switchboard.handoffs
     where ended_at is null and noticed_at is null
     order by handoff_id
     limit 1
""")
NOTICE = text("""
    update switchboard.handoffs set noticed_at = now()
     where handoff_id = :handoff_id and ended_at is null and noticed_at is null
    returning handoff_id, conversation_id::text, team, promised_at, first_response_at, now() as now
""")


def notice_next(connection: Connection, teams: Mapping[str, Team]) -> bool:
    """Deal with the oldest handoff that is new, in a transaction of its own; returns whether there was one."""
    new = connection.execute(NEW).one_or_none()
    if new is None:
        return False
    holder, _ = lock(connection, new.conversation_id)
    handoff = connection.execute(NOTICE, {"handoff_id": new.handoff_id}).one_or_none()
    if handoff and handoff.team in teams:
        _begin(connection, handoff, teams[handoff.team], waits=holder == "queue")
    return True


def _begin(connection: Connection, handoff: Any, team: Team, waits: bool) -> None:
    answered = handoff.first_response_at is not None
    kinds = ["resolution"] if answered else ["first_response", "resolution"]
    sla.start(connection, handoff.handoff_id, team, kinds, handoff.promised_at)
    if waits and _nobody(connection, handoff.team, team, handoff.now):
        tell(connection, handoff.conversation_id, words.closed(team, handoff.handoff_id, handoff.now))


def _nobody(connection: Connection, name: str, team: Team, now: datetime) -> bool:
    return not team.open_at(now) and not present(connection, name)

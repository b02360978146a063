"""How many conversations each view has, for everybody at once: one reading serves every desk that is open."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.engine import Connection

from switchboard.desk.views import Agent

BOT_AT_MOST = 1000

HELD = text("""
    select holder, team, agent_id, count(*) from switchboard.conversations
     where holder in ('queue', 'agent') group by holder, team, agent_id
""")
BOT = text("""
    select count(*) from (select from switchboard.conversations
     where holder = 'bot' and last_seq > 0 limit :most) those
""")


@dataclass(frozen=True)
class Tally:
    """Conversations by who holds them: (holder, team, agent), and those of the bot, counted up to `BOT_AT_MOST`."""

    held: Counter[tuple[str, str, int | None]]
    bot: int

    def of(self, agent: Agent) -> dict[str, int]:
        """What the views of this agent count."""
        mine = self._count(agent_id=agent.agent_id)
        theirs = self._count(teams=None if agent.sees_all else agent.teams, agent_id=agent.agent_id)
        return {
            "waiting": self._count(holder="queue", teams=None if agent.sees_all else agent.teams),
            "mine": mine,
            "team": self._count(teams=agent.teams),
            "all": theirs + self.bot,
            "bot": self.bot,
        }

    def _count(self, holder: str | None = None, teams: Collection[str] | None = (), agent_id: int | None = None) -> int:
        """Of this holder, in these teams (None: in any) or held by this agent."""
        return sum(
            n
            for (held_by, team, whose), n in self.held.items()
            if holder in (None, held_by)
            and (teams is None or team in teams or (agent_id is not None and whose == agent_id))
        )


def read_tally(connection: Connection) -> Tally:
    """The conversations as they are held now."""
    held = Counter({(holder, team, agent_id): n for holder, team, agent_id, n in connection.execute(HELD)})
    return Tally(held, int(connection.execute(BOT, {"most": BOT_AT_MOST}).scalar_one()))

"""What an agent may see, and what they may do with it."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection

from switchboard.conversations.holder import lock
from switchboard.database.tables import conversations
from switchboard.desk.views import Action, Agent
from switchboard.errors import ConversationClosed, NotYours, UnknownConversation

ALWAYS: frozenset[Action] = frozenset({"note", "correct"})
HOLDERS: frozenset[Action] = frozenset({"send", "transfer", "resolve", "give_back"})
SUPERVISORS: frozenset[Action] = frozenset({"take", "transfer"})
ANYBODYS: frozenset[Action] = frozenset({"take"})


def visible(connection: Connection, agent: Agent, conversation_id: str) -> Any:
    """The conversation's row, if the agent may see it: of their own teams, or theirs; also the bot's and those that were
    the bot's alone, which are no team's. Supervisors and admins see all.

    Raises:
        UnknownConversation: there is none, or it is not theirs to see, which makes no difference.
    """
    columns = conversations.c.holder, conversations.c.team, conversations.c.agent_id, conversations.c.last_seq
    row = connection.execute(select(*columns).where(conversations.c.conversation_id == conversation_id)).one_or_none()
    if row is None or not may_see(agent, row):
        raise UnknownConversation
    return row


def allowed(agent: Agent, conversation: Any) -> frozenset[Action]:
    """What the agent may do with a conversation that they may see.

    Args:
        conversation: a row with `holder` and `agent_id`.
    """
    if conversation.holder == "agent" and conversation.agent_id == agent.agent_id:
        return ALWAYS | HOLDERS
    if conversation.holder in ("queue", "agent") and agent.sees_all:
        return ALWAYS | SUPERVISORS
    if conversation.holder in ("bot", "queue"):
        return ALWAYS | ANYBODYS
    return ALWAYS


def lock_own(connection: Connection, agent: Agent, conversation_id: str) -> None:
    """Lock a conversation that the agent has, so that they have it until the transaction ends.

    Raises:
        UnknownConversation: there is none that they may see.
        ConversationClosed: it has ended.
        NotYours: somebody else has it.
    """
    lock(connection, conversation_id)
    row = visible(connection, agent, conversation_id)
    if row.holder == "closed":
        raise ConversationClosed
    if row.agent_id != agent.agent_id:
        raise NotYours


def may_see(agent: Agent, conversation: Any) -> bool:
    """Whether the agent may see a conversation.

    Args:
        conversation: a row with `team` and `agent_id`.
    """
    theirs = conversation.team is None or conversation.team in agent.teams
    return agent.sees_all or theirs or conversation.agent_id == agent.agent_id

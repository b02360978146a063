"""What a customer really wanted, said by an agent where the assistant took it for something else."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import Connection

from switchboard.conversations.changes import announce
from switchboard.conversations.text import clean
from switchboard.database.tables import corrections, messages
from switchboard.desk.access import visible
from switchboard.desk.views import Agent, Intent
from switchboard.errors import BadRequest

LONGEST_COMMENT = 2000


def correct(
    connection: Connection,
    agent: Agent,
    intents: Sequence[Intent],
    conversation_id: str,
    seq: int,
    intent: str,
    comment: str | None = None,
) -> None:
    """Keep what message `seq` meant; said again it replaces what was said before.

    Raises:
        BadRequest: it is no customer's message, or there is no such intent.
        UnknownConversation: there is none that they may see.
    """
    visible(connection, agent, conversation_id)
    if intent not in {each.name for each in intents}:
        raise BadRequest(f"There is no intent {intent!r}.")
    values = {
        "understood": _understood(connection, conversation_id, seq),
        "intent": intent,
        "comment": clean(comment, LONGEST_COMMENT) if comment and comment.strip() else None,
        "agent_id": agent.agent_id,
    }
    added = upsert(corrections).values(conversation_id=conversation_id, seq=seq, **values)
    replaced = {**values, "created_at": func.now()}
    connection.execute(added.on_conflict_do_update(index_elements=["conversation_id", "seq"], set_=replaced))
    announce(connection, conversation_id)


def _understood(connection: Connection, conversation_id: str, seq: int) -> str | None:
    its = messages.c.conversation_id == conversation_id, messages.c.seq == seq, messages.c.sender == "customer"
    row = connection.execute(select(messages.c.intent).where(*its)).one_or_none()
    if row is None:
        raise BadRequest(f"Message {seq} is not the customer's.")
    return row.intent  # type: ignore[no-any-return]

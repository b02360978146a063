"""What agents do with conversations. Each is written down beside it, so that the next agent knows."""

from sqlalchemy import text
from sqlalchemy.engine import Connection

from switchboard.conversations import holder
from switchboard.conversations.changes import announce, announce_desk
from switchboard.conversations.reference import reference_of
from switchboard.conversations.saying import note, say, tell
from switchboard.conversations.text import clean
from switchboard.crm.notes import queue_note
from switchboard.desk.access import allowed, lock_own, visible
from switchboard.desk.views import Agent
from switchboard.errors import BadRequest, NotYours
from switchboard.routing import assignment
from switchboard.turns.resuming import resumption

OUTCOMES = ("resolved", "unresolved", "spam")
LONGEST_NOTE = 5000

TAKEN = {"bot": "took over from the assistant", "queue": "took this from the queue", "agent": "took this from {other}"}
RESOLVED = "{name} has marked this as resolved. Thank you for writing to us."
ENDED = "{name} has ended this conversation. Thank you for writing to us."
GIVEN_BACK = "{name} has left the conversation. You are talking with our assistant again."

HAS_IT = text("""
    select a.name from switchboard.conversations c join switchboard.agents a using (agent_id)
     where c.conversation_id = :conversation_id
""")
NAME = text("select name from switchboard.agents where agent_id = :agent_id")
READ = text("""
    update switchboard.handoffs h set read_seq = least(:seq, c.last_seq)
      from switchboard.conversations c
     where h.conversation_id = :conversation_id and c.conversation_id = h.conversation_id
       and h.ended_at is null and h.agent_id = :agent_id and h.read_seq < least(:seq, c.last_seq)
""")


def take(connection: Connection, agent: Agent, conversation_id: str) -> None:
    """Take a conversation that waits, the bot's, or as a supervisor another agent's.

    Raises:
        UnknownConversation: there is none that they may see.
        ConversationClosed, NotYours, AgentFull: they can't have it.
    """
    holder.lock(connection, conversation_id)
    before = visible(connection, agent, conversation_id)
    other = connection.execute(HAS_IT, {"conversation_id": conversation_id}).scalar_one_or_none()
    assignment.take(connection, conversation_id, agent.agent_id)
    if before.agent_id != agent.agent_id:
        _write_down(connection, agent, conversation_id, TAKEN[before.holder].format(other=other))


def send(connection: Connection, agent: Agent, conversation_id: str, words: str, client_id: str, longest: int) -> int:
    """Say something to the customer; the same `client_id` twice is one message. Returns its number.

    Raises:
        EmptyMessage, MessageTooLong: the text can't be sent.
        UnknownConversation, ConversationClosed, NotYours: only who has a conversation speaks in it.
    """
    cleaned = clean(words, longest)
    lock_own(connection, agent, conversation_id)
    return say(connection, conversation_id, agent.agent_id, cleaned, f"agent-{agent.agent_id}:{client_id}")


def write_note(connection: Connection, agent: Agent, conversation_id: str, words: str) -> int:
    """Note something that only agents see; returns its id.

    Raises:
        EmptyMessage, MessageTooLong: the text can't be kept.
        UnknownConversation: there is none that they may see.
    """
    cleaned = clean(words, LONGEST_NOTE)
    holder.lock(connection, conversation_id)
    visible(connection, agent, conversation_id)
    return note(connection, conversation_id, cleaned, agent.agent_id)


def transfer(
    connection: Connection,
    agent: Agent,
    conversation_id: str,
    team: str | None = None,
    to: int | None = None,
    why: str | None = None,
) -> None:
    """Pass a conversation on to a team, an agent, or an agent for a team.

    Raises:
        BadRequest: to nobody, or there is no such team.
        UnknownConversation, NotYours: it is not theirs to pass on.
        AgentAway, AgentFull, Forbidden: the other agent can't take it.
    """
    holder.lock(connection, conversation_id)
    if "transfer" not in allowed(agent, visible(connection, agent, conversation_id)):
        raise NotYours
    assignment.transfer(connection, conversation_id, agent.agent_id, team, to)
    name = connection.execute(NAME, {"agent_id": to}).scalar_one() if to is not None else None
    receiver = " for ".join(filter(None, (name, team)))
    _write_down(connection, agent, conversation_id, f"passed this on to {receiver}", why)


def resolve(connection: Connection, agent: Agent, conversation_id: str, outcome: str, why: str | None = None) -> None:
    """End a conversation; the customer is told, and the business system what was noted, unless it was no customer.

    Raises:
        BadRequest: there is no such outcome.
        UnknownConversation, ConversationClosed, NotYours: only who has a conversation ends it.
    """
    if outcome not in OUTCOMES:
        raise BadRequest(f"The outcome must be one of {', '.join(OUTCOMES)}.")
    reason = _cleaned(why)
    lock_own(connection, agent, conversation_id)
    if outcome != "spam":
        words = RESOLVED if outcome == "resolved" else ENDED
        tell(connection, conversation_id, words.format(name=agent.name))
        if reason:
            chat = reference_of(connection, conversation_id)
            queue_note(connection, conversation_id, f"{agent.name} ended chat {chat} as {outcome}: {reason}")
    _write_down(connection, agent, conversation_id, f"ended this as {outcome}", reason)
    holder.close(connection, conversation_id, outcome, reason)  # type: ignore[arg-type]


def give_back(connection: Connection, agent: Agent, conversation_id: str, why: str | None = None) -> None:
    """Let the assistant go on, with what has come up.

    Raises:
        UnknownConversation, ConversationClosed, NotYours: only who has a conversation gives it back.
    """
    lock_own(connection, agent, conversation_id)
    resume = resumption(connection, conversation_id)
    tell(connection, conversation_id, GIVEN_BACK.format(name=agent.name))
    _write_down(connection, agent, conversation_id, "gave this back to the assistant", why)
    holder.take_back(connection, conversation_id, "given_back", resume)


def has_read(connection: Connection, agent: Agent, conversation_id: str, seq: int) -> None:
    """The agent who has it has seen its messages up to this number."""
    values = {"conversation_id": conversation_id, "agent_id": agent.agent_id, "seq": seq}
    if connection.execute(READ, values).rowcount:
        announce(connection, conversation_id)


def _write_down(connection: Connection, agent: Agent, conversation_id: str, what: str, why: str | None = None) -> None:
    reason = _cleaned(why)
    note(connection, conversation_id, f"{agent.name} {what}{f': {reason}' if reason else '.'}")
    announce_desk(connection)


def _cleaned(words: str | None) -> str | None:
    return clean(words, LONGEST_NOTE) if words and words.strip() else None

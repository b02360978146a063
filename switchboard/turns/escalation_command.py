"""`python -m switchboard escalation`: why people were called, on a terminal, and whether the rules can be used."""

import argparse
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.engine import Connection

from switchboard.conversations.holder import PRIORITIES
from switchboard.database.engine import make_engine
from switchboard.database.tables import conversations, handoffs
from switchboard.errors import BadRequest, UnknownConversation
from switchboard.escalation.conditions import shown
from switchboard.routing.teams import load_teams
from switchboard.settings import Settings
from switchboard.turns.escalating import load_rules


def run(settings: Settings, options: argparse.Namespace) -> None:
    """Check the rules, or explain what was decided by them."""
    if options.ask == "check":
        rules = load_rules(settings, load_teams(settings.teams_file))
        print(f"{rules.file}: {len(rules.rules)} rules, {len(rules.at_once)} of them asked at once. They can be used.")
        return
    with make_engine(settings, pool_size=1).begin() as connection:
        for line in explained(connection, parse(options.conversation)):
            print(line)


def parse(conversation: str) -> str:
    """A conversation's id.

    Raises:
        BadRequest: it isn't one.
    """
    try:
        return str(UUID(conversation))
    except ValueError:
        raise BadRequest(f"{conversation!r} is no conversation's id.") from None


def explained(connection: Connection, conversation_id: str) -> Iterator[str]:
    """Every handoff of a conversation, what it was decided from and why so; a line each.

    Raises:
        UnknownConversation: no such conversation.
    """
    its = select(conversations.c.conversation_id).where(conversations.c.conversation_id == conversation_id)
    if connection.execute(its).first() is None:
        raise UnknownConversation
    query = select(handoffs).where(handoffs.c.conversation_id == conversation_id).order_by(handoffs.c.handoff_id)
    found = connection.execute(query).all()
    if not found:
        yield "Nobody was called in this conversation."
    for handoff in found:
        yield from _explained(handoff)


def _explained(handoff: Any) -> Iterator[str]:
    facts = dict(handoff.facts)
    decided = facts.pop("decided", {})
    now = f"{handoff.team}, {PRIORITIES[handoff.priority]} priority"
    then = "{team}, {priority} priority".format(**decided) if "team" in decided else now
    yield f"Message {handoff.seq}, {handoff.created_at:%Y-%m-%d %H:%M:%S %Z}: {then}, because of {handoff.reason}"
    if now != then:
        yield f"  now: {now}"
    yield f"  rule: {handoff.rule} ({decided.get('where', 'no file')})" if handoff.rule else "  no rule is about this"
    for name, value in facts.items():
        yield f"  {name}: {shown(tuple(value) if isinstance(value, list) else value)}"
    if decided.get("passed_over"):
        yield "  not, because:"
        yield from (f"    {line}" for line in decided["passed_over"])

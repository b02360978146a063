"""What customers are told about their conversation beside its messages."""

from datetime import datetime, timezone
from math import ceil

import msgspec
from sqlalchemy import text
from sqlalchemy.engine import Connection

from switchboard.conversations import transcript
from switchboard.conversations.contacts import masked
from switchboard.conversations.reference import reference
from switchboard.routing.teams import Team, Teams
from switchboard.routing.waits import Flow, Flows, position

OWN = text("""
    select (select score from switchboard.ratings where conversation_id = :conversation_id) as rating,
           (select email from switchboard.contacts where conversation_id = :conversation_id) as email,
           (select max(handoff_id) from switchboard.handoffs where conversation_id = :conversation_id) as handoff_id
""")


STEP_SECONDS = 30
"""Waits are told in these steps: they are no more exact, and each other figure would be news to every reader."""


class Waiting(msgspec.Struct):
    """A place in a team's queue: 1 is next. `expected_seconds` comes from recent waits, in half minutes; null if too
    little is known."""

    position: int
    expected_seconds: int | None


class CustomerState(transcript.State):
    """Who holds the conversation, and what its customer should know of that.

    `place`, `open` and `opens_at` are there while it waits for a person: `open` says whether somebody can come, because
    the team is within its hours or an agent is there all the same, `opens_at` when the hours begin if not. `reference`
    names the request once a person was called. `typing` is the name of the agent who types. `rating` is the customer's
    own, `contact` the address they left, masked.
    """

    place: Waiting | None = None
    open: bool | None = None
    opens_at: datetime | None = None
    reference: str | None = None
    typing: str | None = None
    rating: int | None = None
    contact: str | None = None


def read_customer_state(connection: Connection, teams: Teams, flows: Flows, conversation_id: str) -> CustomerState:
    """What is stored; who types isn't.

    Raises:
        UnknownConversation: no such conversation.
    """
    held = transcript.read_state(connection, conversation_id)
    state = CustomerState(held.holder, held.team, held.pending, held.agent)
    own = connection.execute(OWN, {"conversation_id": conversation_id}).one()
    state.rating = own.rating
    state.contact = masked(own.email) if own.email else None
    state.reference = reference(own.handoff_id) if own.handoff_id else None
    if held.holder == "queue" and held.team:
        flow = flows.of(connection, held.team)
        state.place = _place(position(connection, conversation_id), flow)
        if held.team in teams:
            _tell_the_hours(teams[held.team], flow, state)
    return state


def _place(position: int | None, flow: Flow) -> Waiting | None:
    if position is None:
        return None
    pace = flow.seconds_a_place
    return Waiting(position, None if pace is None else _rounded(pace * position))


def _tell_the_hours(team: Team, flow: Flow, state: CustomerState) -> None:
    now = datetime.now(timezone.utc)
    state.open = team.open_at(now) or flow.present
    state.opens_at = None if state.open else team.opens_next(now)


def _rounded(seconds: float) -> int:
    return max(1, ceil(seconds / STEP_SECONDS)) * STEP_SECONDS

"""What the desk's templates show and its JSON says. Times are in UTC."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from switchboard.crm.contract import Ticket

View = Literal["waiting", "mine", "team", "all", "bot", "resolved"]
VIEWS: tuple[View, ...] = ("waiting", "mine", "team", "all", "bot", "resolved")

Role = Literal["agent", "supervisor", "admin"]
ROLES: tuple[Role, ...] = ("agent", "supervisor", "admin")

Action = Literal["take", "send", "note", "transfer", "resolve", "give_back", "correct"]


@dataclass(frozen=True)
class Agent:
    """Who is signed in. `teams` are their own."""

    agent_id: int
    name: str
    email: str
    role: Role
    presence: str
    teams: tuple[str, ...] = ()
    demo: bool = False

    @property
    def sees_all(self) -> bool:
        """Whether every team's conversations are theirs to see."""
        return self.role in ("supervisor", "admin")


@dataclass(frozen=True)
class Team:
    team: str
    title: str


@dataclass(frozen=True)
class Colleague:
    """Somebody a conversation can be given to. `load` is how many they have, of at most `capacity`."""

    agent_id: int
    name: str
    presence: str
    load: int
    capacity: int
    teams: tuple[str, ...] = ()


@dataclass(frozen=True)
class Intent:
    """Something a customer can want."""

    name: str
    title: str


@dataclass(frozen=True)
class Item:
    """A conversation in a list.

    Attributes:
        title: the customer's name, or `Visitor` and the start of the conversation's id.
        preview: the start of the latest message.
        sender: who wrote that: customer, bot, agent or system.
        at: when something last happened.
        priority: low, normal, high or urgent; empty if no person was called.
        reason: why one was.
        agent: name of who has it.
        unread: the customer wrote something that its agent, who is you, has not seen.
        due: when the next promise to the customer falls due.
        breached: one was not kept.
        waiting_since: since when it waits for a person.
    """

    conversation_id: str
    title: str
    preview: str
    sender: str
    at: datetime
    team: str | None
    priority: str
    reason: str
    holder: str
    agent: str | None
    unread: bool = False
    due: datetime | None = None
    breached: bool = False
    waiting_since: datetime | None = None


@dataclass(frozen=True)
class Understood:
    """What the assistant took a customer's message for, and what it did."""

    intent: str
    confidence: float | None
    stage: str | None
    actions: list[str]


@dataclass(frozen=True)
class Entry:
    """A line of the conversation.

    Attributes:
        id: `m12` for message 12, `n5` for note 5; an entry that is read again keeps it.
        kind: `message`, `system` (from us to the customer) or `note` (agents only).
        seq: the message's number; a note's is that of the message before it.
        sender: customer, bot, agent or system.
        name: the agent's, if one wrote it.
        suppressed: a reply of the bot that a person overtook: the customer never saw it.
        corrected: the intent that an agent chose instead.
        outcome: how the customer's message ended: answered, forwarded or failed; None while it waits.
    """

    id: str
    kind: Literal["message", "system", "note"]
    seq: int
    sender: str
    name: str | None
    text: str
    at: datetime
    buttons: list[str] = field(default_factory=list)
    understood: Understood | None = None
    suppressed: bool = False
    corrected: str | None = None
    outcome: str | None = None


@dataclass(frozen=True)
class Handoff:
    """Why a person was called. `facts` are what was known, label and value; `explanation` says which rule decided;
    `note` is what the agent who ended it noted.
    """

    reason: str
    rule: str | None
    facts: list[tuple[str, str]]
    explanation: list[str]
    summary: list[str]
    priority: str
    at: datetime
    team: str
    note: str | None = None


@dataclass(frozen=True)
class ShopOrder:
    number: str
    state: str
    total: str
    placed: date | None


@dataclass(frozen=True)
class Past:
    """An earlier conversation of the same customer; `visible` if you may open it."""

    conversation_id: str
    at: datetime
    reason: str | None
    outcome: str | None
    visible: bool


@dataclass(frozen=True)
class Card:
    """The customer. `note` says why there is less than usual, that the CRM is away, say.

    `tickets` are what the business system remembers, of a verified customer only. `found_by` is the e-mail address that an unverified customer was looked up with: they gave it, and nothing proves it.
    """

    name: str
    email: str | None
    phone: str | None = None
    tier: str | None = None
    since: date | None = None
    verified: bool = False
    found_by: str | None = None
    orders: list[ShopOrder] = field(default_factory=list)
    past: list[Past] = field(default_factory=list)
    tickets: list[Ticket] = field(default_factory=list)
    note: str | None = None


@dataclass(frozen=True)
class Rating:
    score: int
    comment: str | None


@dataclass(frozen=True, kw_only=True)
class Conversation(Item):
    """The conversation that is open in the desk: an item and all there is to it. `can` is what you may do with it now."""

    channel: str
    agent_id: int | None
    last_seq: int
    read_seq: int
    entries: list[Entry]
    handoff: Handoff | None
    customer: Card | None
    can: frozenset[Action]
    rating: Rating | None = None
    outcome: str | None = None


@dataclass(frozen=True)
class Page:
    """The desk: a list, and beside it the conversation that is open.

    Attributes:
        counts: conversations in each view but `resolved`, which is not counted.
        number: of the list's page, from 1; `more` tells whether another follows.
        teams: all teams; `agents` all active colleagues, you among them, while a conversation is open.
    """

    agent: Agent
    csrf: str
    counts: dict[str, int]
    view: str
    items: list[Item]
    conversation: Conversation | None
    teams: list[Team]
    agents: list[Colleague]
    intents: list[Intent]
    number: int = 1
    more: bool = False


@dataclass(frozen=True)
class Person:
    """An agent as the page about people shows them."""

    agent_id: int
    name: str
    email: str
    role: Role
    teams: tuple[str, ...]
    capacity: int
    skills: tuple[str, ...]
    presence: str
    seen_at: datetime | None
    load: int
    active: bool
    demo: bool


@dataclass(frozen=True)
class PeoplePage:
    """Everybody who works in the desk; `may_edit` is true for admins."""

    agent: Agent
    csrf: str
    counts: dict[str, int]
    people: list[Person]
    teams: list[Team]
    may_edit: bool


@dataclass(frozen=True)
class SignInPage:
    """`next` is where to go afterwards; `message` what was wrong with the last try."""

    next: str
    email: str = ""
    message: str = ""


@dataclass(frozen=True)
class ErrorPage:
    status: int
    message: str

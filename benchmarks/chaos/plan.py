"""What is going to happen in a run: who says what, over which channel, and what is killed after how many messages."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

QUESTIONS = (
    "hi there",
    "how much does the membership cost?",
    "What is the status of order #12345?",
    "can i pay with paypal",
    "how long does delivery take?",
    "what is your refund policy?",
    "how do I get the newsletter?",
    "how can I reset my password?",
    "where can I see my invoice?",
    "which delivery options do you have?",
    "thank you",
)
"""What the demo assistant answers by itself, whatever was said before."""

PERSON = "let me talk to a real person"
CANCEL, REASON, YES = "i want to cancel my order", "ordered by mistake", "yes please"
LONGEST_BURST = 3
"""Messages a customer sends without waiting for a reply."""

CANCELLING = 5
"""One conversation in so many ends in a cancelled order."""

ASKING_FOR_A_PERSON = 20
"""One of the other conversations in so many asks for a person in its middle; what follows is forwarded."""


@dataclass(frozen=True)
class Plan:
    """A run. Two runs of one plan differ only in what the machine makes of it.

    Attributes:
        kills: processes ended with SIGKILL; workers, Rasas, action server and web.
        restarts: immediate shutdowns of PostgreSQL.
        cut_share: share of requests and of streamed events after which the client's connection is cut.
        at_once: conversations that run at the same time.
        seconds: when the run is given up.
    """

    messages: int = 10_000
    conversations: int = 1_000
    kills: int = 50
    restarts: int = 3
    cut_share: float = 0.02
    at_once: int = 32
    workers: int = 2
    replicas: int = 2
    seed: int = 1
    seconds: float = 3_600.0

    def random(self, name: str) -> random.Random:
        """A source of chance of its own for each part, so that they don't disturb each other."""
        return random.Random(f"{self.seed} {name}")


@dataclass(frozen=True)
class Order:
    """A pending order made for this run."""

    number: str
    email: str


@dataclass(frozen=True)
class Script:
    """What one customer says: bursts of messages, each sent when the one before is answered."""

    number: int
    channel: str
    bursts: tuple[tuple[str, ...], ...]
    order: Order | None = None


@dataclass(frozen=True)
class Blow:
    """What is destroyed once so many messages are answered: `database`, or any other process."""

    after: int
    database: bool


def order_of(number: int) -> Order:
    return Order(f"W{9_000_000 + number}", f"chaos-{number}@example.com")


def scripts(plan: Plan, channels: tuple[str, ...], exact: tuple[str, ...]) -> list[Script]:
    """The conversations, spread evenly over the channels; orders are cancelled over the `exact` ones, where a message that
    is sent again is one message."""
    dice = plan.random("scripts")
    size, more = divmod(plan.messages, plan.conversations)
    return [script(dice, n, channel_of(n, channels, exact), size + (n < more)) for n in range(plan.conversations)]


def channel_of(number: int, channels: tuple[str, ...], exact: tuple[str, ...]) -> str:
    among = channels if number % CANCELLING else exact
    return among[(number // CANCELLING + number % CANCELLING) % len(among)]


def script(dice: random.Random, number: int, channel: str, size: int) -> Script:
    """A conversation of `size` messages; one in five ends in a cancelled order."""
    if number % CANCELLING == 0 and size >= 5:
        order = order_of(number)
        asked = bursts(dice, [dice.choice(QUESTIONS) for _ in range(size - 5)])
        return Script(number, channel, (*asked, (CANCEL, order.number, order.email, REASON), (YES,)), order)
    texts = [dice.choice(QUESTIONS) for _ in range(size)]
    if number % ASKING_FOR_A_PERSON == 1:
        texts[size // 2] = PERSON
    return Script(number, channel, tuple(bursts(dice, texts)))


def bursts(dice: random.Random, texts: list[str]) -> Iterator[tuple[str, ...]]:
    while texts:
        length = dice.randint(1, LONGEST_BURST)
        yield tuple(texts[:length])
        texts = texts[length:]


def blows(plan: Plan) -> list[Blow]:
    """When to strike, in order: at random over the run, and never after its last tenth."""
    dice = plan.random("blows")
    span = range(plan.messages // 20, plan.messages * 9 // 10)
    kinds = [True] * plan.restarts + [False] * plan.kills
    dice.shuffle(kinds)
    return [Blow(after, kind) for after, kind in zip(sorted(dice.choices(span, k=len(kinds))), kinds, strict=True)]

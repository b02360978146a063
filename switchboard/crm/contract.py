"""What Switchboard asks of a business system. Every adapter passes tests/contracts/test_crm.py."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal, Protocol

State = Literal["pending", "processing", "shipped", "delivered", "cancelled", "returned"]
Refusal = Literal["unknown_order", "too_late", "already_cancelled"]

NUMBER = re.compile(r"(?:order|number|no\.?|[\s#:])*([0-9]{5}|W[0-9]{7})[\s.,;!?]*", re.IGNORECASE)
LONGEST_NUMBER = 60


@dataclass(frozen=True)
class OrderStatus:
    """All that an order number alone may tell."""

    number: str
    state: State
    expected_ship_on: date | None
    expected_delivery_on: date | None


@dataclass(frozen=True)
class Refund:
    """Money that goes back the way it was paid: at once to a gift card, otherwise in 5 to 7 business days."""

    amount: Decimal
    way: str
    at_once: bool


@dataclass(frozen=True)
class OrderLine:
    product: str
    variant: str
    quantity: int
    unit_price: Decimal


@dataclass(frozen=True)
class Order:
    """An order as its customer may see it. `refund` is what would go back if it were cancelled now; None if nothing was paid."""

    number: str
    customer: str
    state: State
    total: Decimal
    lines: tuple[OrderLine, ...]
    refund: Refund | None

    @property
    def cancellable(self) -> bool:
        return self.state == "pending"


@dataclass(frozen=True)
class Cancellation:
    """Cancelled, with the refund (None if nothing was paid), or refused and why."""

    cancelled: bool
    refused: Refusal | None = None
    refund: Refund | None = None


@dataclass(frozen=True)
class EffectKey:
    """Names one effect for good: the customer's message it is for, the action, and which of the action's effects it is."""

    message_id: str
    action: str
    ordinal: int = 0


class Crm(Protocol):
    """A business system. Every method raises CrmUnavailable when it can't be reached; trying again later is safe."""

    name: str

    def order_status(self, number: str) -> OrderStatus | None:
        """State and expected dates of an order, by its number in any spelling; None when there is none."""

    def find_order(self, number: str, email: str) -> Order | None:
        """The order, for someone who knows its number and the e-mail address on it; None doesn't tell which was wrong."""

    def cancel_order(self, number: str, email: str, effect: EffectKey, reason: str | None = None) -> Cancellation:
        """Cancel a pending order and refund what was paid. With the same `effect` it happens once, and says the same each time."""


def normalise_number(text: str) -> str | None:
    """An order number as stored, `12345` or `W1234567`; None when the text is something else.

    >>> normalise_number("order #12345"), normalise_number("w1234567"), normalise_number("my order")
    ('12345', 'W1234567', None)
    """
    match = NUMBER.fullmatch(unicodedata.normalize("NFKC", text[:LONGEST_NUMBER]))
    return match[1].upper() if match else None

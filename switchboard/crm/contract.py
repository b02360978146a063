"""What Switchboard asks of a business system. Every adapter passes tests/contracts/test_crm.py.

Money is in the shop's currency, as Decimal. Ids are the business system's own, as text: `external_id` names a customer.
What a customer can have changed is in changes.py, what the shop allows of it in policy.py.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, Protocol

from switchboard.crm.changes import Address, ChangeName, EffectKey, Refund, Request, Result

State = Literal["pending", "processing", "shipped", "delivered", "cancelled", "returned"]
Tier = Literal["standard", "plus"]

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
class Customer:
    """Who somebody is to the shop. A membership is paid until `plus_until` and ends then, unless it `plus_renews`."""

    external_id: str
    name: str
    email: str
    phone: str | None = None
    tier: Tier = "standard"
    since: date | None = None
    plus_since: date | None = None
    plus_until: date | None = None
    plus_renews: bool = False
    address: Address | None = None
    deletion_requested: bool = False


@dataclass(frozen=True)
class PaymentMethod:
    """A way to pay that a customer has stored. `balance` is what is left on a gift card; None for all others."""

    method_id: str
    kind: str
    last_four: str | None = None
    is_default: bool = False
    balance: Decimal | None = None


@dataclass(frozen=True)
class Variant:
    """One way a product is sold. `price` is the list price; Plus members may pay less."""

    variant_id: str
    product_id: str
    sku: str
    title: str
    price: Decimal
    stock: int


@dataclass(frozen=True)
class Product:
    product_id: str
    name: str
    category: str
    variants: tuple[Variant, ...] = ()


@dataclass(frozen=True)
class Counts:
    """How much the shop sells."""

    products: int
    variants: int


@dataclass(frozen=True)
class OrderLine:
    """`returned` is how many of the quantity are sent back already, or are on their way."""

    product: str
    variant: str
    quantity: int
    unit_price: Decimal
    variant_id: str = ""
    product_id: str = ""
    sku: str = ""
    returned: int = 0


@dataclass(frozen=True)
class Payment:
    """Money for an order. `paid` is False while a bank transfer is awaited; `method_id` is None if the method isn't stored."""

    payment_id: str
    kind: str
    amount: Decimal
    refunded: Decimal = Decimal(0)
    paid: bool = True
    method_id: str | None = None
    last_four: str | None = None

    @property
    def left(self) -> Decimal:
        """What was paid and has not gone back."""
        return self.amount - self.refunded if self.paid else Decimal(0)

    def refund(self, amount: Decimal, after_arrival: bool = False) -> Refund:
        """So much of it, back the way it came."""
        return Refund(amount, self.kind, self.kind == "gift_card", self.last_four, after_arrival)


@dataclass(frozen=True)
class Return:
    """Items on their way back, or back; an exchange sends others instead. `refunds` go out when the parcel has arrived."""

    reference: str
    kind: Literal["return", "exchange"]
    requested_on: date
    received_on: date | None
    amount: Decimal


@dataclass(frozen=True)
class Order:
    """An order as its customer may see it. `allowed` names the changes that its state and age allow now."""

    number: str
    customer: str
    state: State
    total: Decimal
    lines: tuple[OrderLine, ...]
    address: Address | None = None
    payments: tuple[Payment, ...] = ()
    delivery: str = "standard"
    delivery_fee: Decimal = Decimal(0)
    placed_at: datetime | None = None
    expected_ship_on: date | None = None
    expected_delivery_on: date | None = None
    delivered_at: datetime | None = None
    cancelled_at: datetime | None = None
    returned_at: datetime | None = None
    refunded_at: datetime | None = None
    carrier: str | None = None
    tracking_number: str | None = None
    items_changed: bool = False
    returns: tuple[Return, ...] = ()
    allowed: tuple[ChangeName, ...] = ()

    @property
    def refunded(self) -> Decimal:
        """What has gone back so far."""
        return sum((payment.refunded for payment in self.payments), Decimal(0))

    @property
    def unpaid(self) -> bool:
        """Whether nothing was paid. Of an order without payments that isn't known: not every business system tells them."""
        return bool(self.payments) and not any(payment.paid for payment in self.payments)

    @property
    def standing(self) -> tuple[Payment, ...]:
        """The payments that have not gone back whole, awaited ones too."""
        return tuple(payment for payment in self.payments if payment.refunded < payment.amount)

    @property
    def paid_with(self) -> Payment | None:
        """The payment that most of it is paid with."""
        return max(self.standing or self.payments, key=lambda payment: payment.amount - payment.refunded, default=None)


@dataclass(frozen=True)
class Invoice:
    """Made when the order is shipped."""

    invoice_number: str
    order_number: str
    issued_on: date
    lines: tuple[OrderLine, ...]
    delivery_fee: Decimal
    total: Decimal


@dataclass(frozen=True)
class Ticket:
    """Something the business system remembers of a customer: a past request, or a note we wrote. `closed_at` is None while open."""

    reference: str
    kind: Literal["ticket", "note"]
    subject: str
    text: str
    created_at: datetime
    closed_at: datetime | None = None


class Crm(Protocol):
    """A business system. Every method raises CrmUnavailable when it can't be reached; trying again later is safe.

    Order numbers may come in any spelling that `normalise_number` knows. A wrong number, e-mail address or id is never an
    error: there is simply nothing to find, and never a hint which part was wrong.
    """

    name: str

    def order_status(self, number: str) -> OrderStatus | None:
        """State and expected dates of an order, by its number alone; None when there is none."""

    def find_customer(self, email: str) -> Customer | None:
        """The customer with this e-mail address, in any case."""

    def identify(self, number: str, email: str) -> Customer | None:
        """The customer, for someone who knows an order's number and the e-mail address it belongs to."""

    def identify_by_name(self, name: str, postcode: str) -> Customer | None:
        """The customer with this full name and a postcode of theirs, if exactly one fits; case and spaces don't matter."""

    def customer(self, external_id: str) -> Customer | None:
        """The customer with this id."""

    def orders(self, external_id: str, limit: int = 10) -> list[Order]:
        """Their orders, newest first."""

    def order(self, number: str, external_id: str) -> Order | None:
        """The order, if it is theirs."""

    def payment_methods(self, external_id: str) -> list[PaymentMethod]:
        """Their stored ways to pay, the default one first."""

    def products(self, words: str, limit: int = 10) -> list[Product]:
        """The products that fit all the words, in name, category or variant, by name; all products for no words."""

    def product(self, product_id: str) -> Product | None:
        """The product with its variants."""

    def product_counts(self) -> Counts:
        """How many products and variants are sold."""

    def tickets(self, external_id: str, limit: int = 10) -> list[Ticket]:
        """What is remembered of them, newest first."""

    def invoice(self, number: str, external_id: str) -> Invoice | None:
        """The invoice of an order of theirs; None before it is shipped."""

    def quote(self, request: Request) -> Result:
        """What `carry_out` would do now, or why it would refuse, without doing it."""

    def carry_out(self, request: Request, effect: EffectKey, agreed: Result | None = None) -> Result:
        """Do it, or refuse. With the same `effect` it is done once, and says the same each time.

        Args:
            agreed: the quote that the customer said yes to; if it would be another now, it is refused as `changed`.

        Raises:
            EffectMismatch: the effect was used for another request.
            EffectUnknown: nobody can say whether it was done; a person must look. Only adapters to other systems.
        """


def normalise_number(text: str) -> str | None:
    """An order number as stored, `12345` or `W1234567`; None when the text is something else.

    >>> normalise_number("order #12345"), normalise_number("w1234567"), normalise_number("my order")
    ('12345', 'W1234567', None)
    """
    match = NUMBER.fullmatch(unicodedata.normalize("NFKC", text[:LONGEST_NUMBER]))
    return match[1].upper() if match else None

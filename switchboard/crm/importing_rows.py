"""What a row of an imported file holds, and what must be so in it alone. docs/crm.md describes the fields."""

from collections.abc import Hashable, Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta, Struct

from switchboard.crm.contract import State, normalise_number

Words = Annotated[str, Meta(min_length=1, max_length=200)]
Email = Annotated[str, Meta(pattern=r"^[^@\s]+@[^@\s]+$", max_length=254)]
Digits = Annotated[str, Meta(pattern="^[0-9]{4}$")]
Count = Annotated[int, Meta(ge=1, le=10_000)]
Stock = Annotated[int, Meta(ge=0, le=10_000_000)]
Moment = Annotated[datetime, Meta(tz=True)]
Country = Literal["US", "CA", "GB", "DE", "FR", "NL"]
Kind = Literal["visa", "mastercard", "american_express", "paypal", "bank_transfer", "gift_card"]
Delivery = Literal["standard", "express", "pickup", "international"]

LARGEST = Decimal(99_999_999)
CARDS = ("visa", "mastercard", "american_express")
LEFT_THE_SHOP = ("shipped", "delivered", "returned")


class Place(Struct, forbid_unknown_fields=True):
    street: Words
    city: Words
    postcode: Words
    country: Country
    region: Words | None = None


class StoredMethod(Struct, forbid_unknown_fields=True):
    kind: Kind
    last_four: Digits | None = None
    balance: Decimal | None = None

    def __post_init__(self) -> None:
        need((self.kind in CARDS) == (self.last_four is not None), "last_four goes with cards, and only with them")
        need(
            (self.kind == "gift_card") == (self.balance is not None), "balance goes with gift cards, and only with them"
        )
        check_money(self.balance, "balance")


class CustomerRow(Struct, forbid_unknown_fields=True):
    email: Email
    first_name: Words
    last_name: Words
    phone: Words | None = None
    plus_since: date | None = None
    plus_until: date | None = None
    plus_renews: bool | None = None
    address: Place | None = None
    payment_methods: list[StoredMethod] = []

    def __post_init__(self) -> None:
        need((self.plus_since is None) == (self.plus_until is None), "plus_since and plus_until go together")
        need(self.plus_since is not None or not self.plus_renews, "plus_renews needs plus_since")
        signs = (signs_of(method, place) for place, method in enumerate(self.payment_methods))
        need_different(signs, "payment_methods", "a way to pay is there twice and can't be told apart")


class VariantRow(Struct, forbid_unknown_fields=True):
    sku: Words
    title: Words
    price: Decimal
    stock: Stock = 0

    def __post_init__(self) -> None:
        check_money(self.price, "price")


class ProductRow(Struct, forbid_unknown_fields=True):
    name: Words
    category: Words
    variants: Annotated[list[VariantRow], Meta(min_length=1)]

    def __post_init__(self) -> None:
        need_different((variant.sku for variant in self.variants), "variants", "an sku is there twice")


class LineRow(Struct, forbid_unknown_fields=True):
    sku: Words
    quantity: Count
    unit_price: Decimal

    def __post_init__(self) -> None:
        check_money(self.unit_price, "unit_price")


class PaymentRow(Struct, forbid_unknown_fields=True):
    kind: Kind
    paid_at: Moment | None = None
    refunded: Decimal = Decimal(0)
    refunded_at: Moment | None = None

    def __post_init__(self) -> None:
        check_money(self.refunded, "refunded")
        need((self.refunded > 0) == (self.refunded_at is not None), "refunded and refunded_at go together")


class OrderRow(Struct, forbid_unknown_fields=True):
    number: Words
    email: Email
    state: State
    placed_at: Moment
    lines: Annotated[list[LineRow], Meta(min_length=1)]
    payment: PaymentRow
    address: Place | None = None
    delivery: Delivery = "standard"
    delivery_fee: Decimal = Decimal(0)
    expected_ship_on: date | None = None
    expected_delivery_on: date | None = None
    carrier: Words | None = None
    tracking_number: Words | None = None
    shipped_at: Moment | None = None
    delivered_at: Moment | None = None
    returned_at: Moment | None = None
    cancelled_at: Moment | None = None
    cancel_reason: Words | None = None

    def __post_init__(self) -> None:
        need(normalise_number(self.number) == self.number, "number must be five digits, or W and seven")
        check_money(self.delivery_fee, "delivery_fee")
        need_different((line.sku for line in self.lines), "lines", "an sku is there twice")
        self._check_state()

    def _check_state(self) -> None:
        gone = self.state in LEFT_THE_SHOP
        for name in ("carrier", "tracking_number", "shipped_at"):
            need(
                (getattr(self, name) is not None) == gone,
                f"{name} goes with an order that left the shop, and only with it",
            )
        need(
            (self.delivered_at is not None) == (self.state in ("delivered", "returned")),
            "delivered_at goes with a delivered order",
        )
        need((self.returned_at is not None) == (self.state == "returned"), "returned_at goes with a returned order")
        need((self.cancelled_at is not None) == (self.state == "cancelled"), "cancelled_at goes with a cancelled order")
        need(self.cancel_reason is None or self.state == "cancelled", "cancel_reason goes with a cancelled order")

    @property
    def total(self) -> Decimal:
        return sum((line.quantity * line.unit_price for line in self.lines), self.delivery_fee)


def need(held: bool, reason: str) -> None:
    if not held:
        raise ValueError(reason)


def signs_of(method: StoredMethod, place: int) -> Hashable:
    """What tells a way to pay from the customer's others; of gift cards that are spent there may be several."""
    return (method.kind, place, "spent") if method.balance == 0 else (method.kind, method.last_four, method.balance)


def need_different(values: Iterable[Hashable], name: str, reason: str) -> None:
    """The reason names the second of two alike as msgspec's do."""
    first: dict[Hashable, int] = {}
    for place, value in enumerate(values):
        need(first.setdefault(value, place) == place, f"{reason} - at `$.{name}[{place}]`")


def check_money(amount: Decimal | None, name: str) -> None:
    if amount is not None:
        need(amount.is_finite() and 0 <= amount <= LARGEST, f"{name} must be between 0 and {LARGEST}")
        need(amount == round(amount, 2), f"{name} must have two decimals at most")

"""What a customer can have changed in the business system: one request a change, and one result for all of them.

A request is a value: quote it, read the result to the customer, and carry out that same value after the yes.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import ClassVar, Literal

ChangeName = Literal[
    "cancel_order",
    "change_order_address",
    "change_order_payment",
    "change_items",
    "return_items",
    "exchange_items",
    "change_profile_address",
    "change_email",
    "cancel_membership",
    "request_deletion",
    "add_note",
]

Refusal = Literal[
    "unknown_order",  # there is none with this number, or it is somebody else's
    "unknown_customer",
    "too_late",  # it is being packed or further
    "already_cancelled",
    "already_changed",  # items can be changed once
    "not_delivered",  # nothing can be sent back yet
    "window_over",  # too long ago to send back
    "already_returned",  # all of that item is on its way back or back
    "unknown_item",  # not in this order
    "too_many",  # more than the order has of it
    "nothing_to_change",  # it is so already, or nothing was named
    "unknown_variant",
    "other_product",  # only variants of the same product can be swapped
    "out_of_stock",
    "unknown_payment_method",
    "payment_method_not_allowed",  # a refund goes back the way it was paid, or to a gift card
    "gift_card_too_small",
    "bad_address",
    "other_country",  # delivery costs and takes something else there
    "bad_email",
    "email_taken",
    "not_a_member",
    "membership_ended",  # it is cancelled already and runs out
    "open_orders",  # an account with orders under way can't be deleted
    "already_requested",
    "changed",  # it would not be what the customer agreed to any more
    "unsupported",  # this business system can't do that
]


@dataclass(frozen=True)
class EffectKey:
    """Names one effect for good: the customer's message it is for, or the handoff (`handoff:7`) whose agent's note it is, the
    action, and which of the action's effects it is."""

    message_id: str
    action: str
    ordinal: int = 0


@dataclass(frozen=True)
class Address:
    """`country` is the two-letter code, `US`."""

    street: str
    city: str
    postcode: str
    country: str
    region: str | None = None


@dataclass(frozen=True)
class Item:
    """So many of an order's line; all that can be meant if `quantity` is None."""

    variant_id: str
    quantity: int | None = None


@dataclass(frozen=True)
class Swap:
    """An order's line, or part of it, for another variant of the same product."""

    variant_id: str
    to_variant_id: str
    quantity: int | None = None


@dataclass(frozen=True)
class CancelOrder:
    """A pending order; what was paid goes back."""

    external_id: str
    number: str
    reason: str | None = None
    name: ClassVar[ChangeName] = "cancel_order"


@dataclass(frozen=True)
class ChangeOrderAddress:
    """A pending order's address, within the same country."""

    external_id: str
    number: str
    address: Address
    name: ClassVar[ChangeName] = "change_order_address"


@dataclass(frozen=True)
class ChangeOrderPayment:
    """A pending order's payment: the old one goes back, the new one is charged."""

    external_id: str
    number: str
    method_id: str
    name: ClassVar[ChangeName] = "change_order_payment"


@dataclass(frozen=True)
class ChangeItems:
    """A pending order's items, once. What costs more is charged to `pay_with` (None: as the order was paid)."""

    external_id: str
    number: str
    swaps: tuple[Swap, ...]
    pay_with: str | None = None
    name: ClassVar[ChangeName] = "change_items"


@dataclass(frozen=True)
class ReturnItems:
    """Delivered items; refunded to `refund_to` (None: as the order was paid) when they have arrived."""

    external_id: str
    number: str
    items: tuple[Item, ...]
    refund_to: str | None = None
    name: ClassVar[ChangeName] = "return_items"


@dataclass(frozen=True)
class ExchangeItems:
    """Delivered items for other variants. What costs more is charged to `pay_with` (None: as the order was paid)."""

    external_id: str
    number: str
    swaps: tuple[Swap, ...]
    pay_with: str | None = None
    name: ClassVar[ChangeName] = "exchange_items"


@dataclass(frozen=True)
class ChangeProfileAddress:
    """The address new orders start with; orders under way keep theirs."""

    external_id: str
    address: Address
    name: ClassVar[ChangeName] = "change_profile_address"


@dataclass(frozen=True)
class ChangeEmail:
    external_id: str
    email: str
    name: ClassVar[ChangeName] = "change_email"


@dataclass(frozen=True)
class CancelMembership:
    """Runs on until the paid period ends."""

    external_id: str
    name: ClassVar[ChangeName] = "cancel_membership"


@dataclass(frozen=True)
class RequestDeletion:
    """Asks for the account to be deleted; people do it within 30 days."""

    external_id: str
    name: ClassVar[ChangeName] = "request_deletion"


@dataclass(frozen=True)
class AddNote:
    """A note for the people who look after this customer."""

    external_id: str
    text: str
    name: ClassVar[ChangeName] = "add_note"


OrderRequest = CancelOrder | ChangeOrderAddress | ChangeOrderPayment | ChangeItems | ReturnItems | ExchangeItems
ProfileRequest = ChangeProfileAddress | ChangeEmail | CancelMembership | RequestDeletion | AddNote
Request = OrderRequest | ProfileRequest


@dataclass(frozen=True)
class Refund:
    """Money that goes back: at once to a gift card, otherwise in 5 to 7 business days; counted from the arrival of what is sent back if `after_arrival`."""

    amount: Decimal
    way: str
    at_once: bool
    last_four: str | None = None
    after_arrival: bool = False


@dataclass(frozen=True)
class Charge:
    """Money that is taken now; by bank transfer it is `awaited`."""

    amount: Decimal
    way: str
    last_four: str | None = None
    method_id: str | None = None

    @property
    def awaited(self) -> bool:
        return self.way == "bank_transfer"


@dataclass(frozen=True)
class ChangedLine:
    """Of which line how many are meant, for which price each; `to_` is what comes instead, and its price."""

    product: str
    variant_id: str
    variant: str
    quantity: int
    unit_price: Decimal
    to_variant_id: str | None = None
    to_variant: str | None = None
    to_unit_price: Decimal | None = None


@dataclass(frozen=True)
class Result:
    """What was done, or with `quote` what would be; or why it is refused.

    `difference` is what the customer's bill grows by (negative: shrinks), `total` what a pending order then costs, `until`
    how long a membership runs on, `reference` the business system's name for what came into being.
    """

    change: ChangeName
    refused: Refusal | None = None
    number: str | None = None
    lines: tuple[ChangedLine, ...] = ()
    difference: Decimal = Decimal(0)
    total: Decimal | None = None
    refunds: tuple[Refund, ...] = ()
    charge: Charge | None = None
    until: date | None = None
    reference: str | None = None

    @property
    def done(self) -> bool:
        return self.refused is None

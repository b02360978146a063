"""The demo company's business system: Larkspur's shop. Only the SQL adapter of the CRM contract touches it.

A state and what it implies are held together here: an order that left the shop has a shipment, a delivered one a time of
delivery, a cancelled one a time of cancelling, and no other order has them.
"""

from decimal import Decimal

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    MetaData,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)

from switchboard.database.tables import NAMING

metadata = MetaData(schema="shop", naming_convention=NAMING)

COUNTRIES = ("US", "CA", "GB", "DE", "FR", "NL")
STATES = ("pending", "processing", "shipped", "delivered", "cancelled", "returned")
WAYS_TO_PAY = ("visa", "mastercard", "american_express", "paypal", "bank_transfer", "gift_card")
DELIVERIES = ("standard", "express", "pickup", "international")
PLUS_PRICE = Decimal("0.9")
"""What a Plus member pays of a list price."""
NUMBER = "^([0-9]{5}|W[0-9]{7})$"
"""As stored: five digits from the site, W and seven from the app."""


def key(name: str) -> Column:
    return Column(name, BigInteger, Identity(), primary_key=True)


def money(name: str) -> Column:
    """An amount in US dollars, never negative."""
    return Column(name, Numeric(10, 2), CheckConstraint(f"{name} >= 0", name=name), nullable=False)


def one_of(name: str, values: tuple[str, ...]) -> Column:
    allowed = ", ".join(f"'{value}'" for value in values)
    return Column(name, Text, CheckConstraint(f"{name} in ({allowed})", name=name), nullable=False)


def filled(name: str) -> Column:
    return Column(name, Text, CheckConstraint(f"{name} <> ''", name=name), nullable=False)


def time(name: str) -> Column:
    return Column(name, DateTime(timezone=True))


customers = Table(
    "customers",
    metadata,
    key("customer_id"),
    Column("email", Text, CheckConstraint(r"email ~ '^[^@\s]+@[^@\s]+$'", name="email"), nullable=False),
    filled("first_name"),
    filled("last_name"),
    Column("phone", Text),
    Column("plus_since", Date),
    Column("plus_until", Date),
    Column("plus_renews", Boolean, nullable=False, server_default=text("false")),
    time("deletion_requested_at"),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint("(plus_since is null) = (plus_until is null)", name="membership_has_an_end"),
    CheckConstraint("plus_since <= plus_until", name="membership_ends_after_it_begins"),
    CheckConstraint("plus_renews <= (plus_since is not null)", name="only_memberships_renew"),
    Index("customers_email_key", text("lower(email)"), unique=True),
    Index("customers_name_idx", text("lower(first_name || ' ' || last_name)")),
)
"""A Plus membership is paid until `plus_until`, and is renewed then if `plus_renews`."""

addresses = Table(
    "addresses",
    metadata,
    key("address_id"),
    Column("customer_id", BigInteger, ForeignKey(customers.c.customer_id, ondelete="CASCADE"), nullable=False),
    filled("street"),
    filled("city"),
    Column("region", Text),
    filled("postcode"),
    one_of("country", COUNTRIES),
    Column("is_default", Boolean, nullable=False, server_default=text("false")),
    UniqueConstraint("address_id", "customer_id"),
    Index("addresses_default_key", "customer_id", unique=True, postgresql_where=text("is_default")),
)

payment_methods = Table(
    "payment_methods",
    metadata,
    key("payment_method_id"),
    Column("customer_id", BigInteger, ForeignKey(customers.c.customer_id, ondelete="CASCADE"), nullable=False),
    one_of("kind", WAYS_TO_PAY),
    Column("last_four", Text, CheckConstraint("last_four ~ '^[0-9]{4}$'", name="last_four")),
    Column("balance", Numeric(10, 2), CheckConstraint("balance >= 0", name="balance")),
    Column("is_default", Boolean, nullable=False, server_default=text("false")),
    CheckConstraint("(kind = 'gift_card') = (balance is not null)", name="gift_cards_have_a_balance"),
    CheckConstraint(
        "(kind in ('visa', 'mastercard', 'american_express')) = (last_four is not null)", name="cards_have_digits"
    ),
    Index("payment_methods_default_key", "customer_id", unique=True, postgresql_where=text("is_default")),
    Index(None, "customer_id"),
)
"""Of a card only the last four digits are kept."""

products = Table(
    "products",
    metadata,
    key("product_id"),
    filled("name"),
    filled("category"),
    UniqueConstraint("name"),
)

variants = Table(
    "variants",
    metadata,
    key("variant_id"),
    Column("product_id", BigInteger, ForeignKey(products.c.product_id, ondelete="CASCADE"), nullable=False),
    filled("sku"),
    filled("title"),
    money("price"),
    Column("stock", Integer, CheckConstraint("stock >= 0", name="stock"), nullable=False),
    UniqueConstraint("sku"),
    UniqueConstraint("product_id", "title"),
)

shipments = Table(
    "shipments",
    metadata,
    key("shipment_id"),
    filled("carrier"),
    filled("tracking_number"),
    Column("shipped_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("tracking_number"),
)

orders = Table(
    "orders",
    metadata,
    key("order_id"),
    Column("number", Text, CheckConstraint(f"number ~ '{NUMBER}'", name="number"), nullable=False),
    Column("customer_id", BigInteger, ForeignKey(customers.c.customer_id), nullable=False),
    Column("address_id", BigInteger, nullable=False),
    one_of("state", STATES),
    one_of("delivery", DELIVERIES),
    money("delivery_fee"),
    Column("total", Numeric(10, 2), nullable=False),
    Column("placed_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("expected_ship_on", Date),
    Column("expected_delivery_on", Date),
    Column("shipment_id", BigInteger, ForeignKey(shipments.c.shipment_id)),
    time("delivered_at"),
    time("returned_at"),
    time("cancelled_at"),
    Column("cancel_reason", Text),
    time("items_changed_at"),
    UniqueConstraint("number"),
    UniqueConstraint("shipment_id"),
    ForeignKeyConstraint(
        ["address_id", "customer_id"], [addresses.c.address_id, addresses.c.customer_id], name="orders_address_fkey"
    ),
    CheckConstraint("delivery_fee <= total", name="fee_within_total"),
    CheckConstraint("(state in ('shipped', 'delivered', 'returned')) = (shipment_id is not null)", name="shipped"),
    CheckConstraint("(state in ('delivered', 'returned')) = (delivered_at is not null)", name="delivered"),
    CheckConstraint("(state = 'returned') = (returned_at is not null)", name="returned"),
    CheckConstraint("(state = 'cancelled') = (cancelled_at is not null)", name="cancelled"),
    CheckConstraint("state = 'cancelled' or cancel_reason is null", name="reason_only_when_cancelled"),
    CheckConstraint("expected_ship_on <= expected_delivery_on", name="ships_before_it_arrives"),
    CheckConstraint("least(delivered_at, cancelled_at) >= placed_at", name="nothing_before_it_is_placed"),
    CheckConstraint("returned_at >= delivered_at", name="returned_after_delivery"),
    Index(None, "customer_id"),
)

order_lines = Table(
    "order_lines",
    metadata,
    Column("order_id", BigInteger, ForeignKey(orders.c.order_id, ondelete="CASCADE"), primary_key=True),
    Column("variant_id", BigInteger, ForeignKey(variants.c.variant_id), primary_key=True),
    Column("quantity", Integer, CheckConstraint("quantity > 0", name="quantity"), nullable=False),
    money("unit_price"),
)

payments = Table(
    "payments",
    metadata,
    key("payment_id"),
    Column("order_id", BigInteger, ForeignKey(orders.c.order_id, ondelete="CASCADE"), nullable=False),
    Column("payment_method_id", BigInteger, ForeignKey(payment_methods.c.payment_method_id, ondelete="SET NULL")),
    one_of("kind", WAYS_TO_PAY),
    money("amount"),
    time("paid_at"),
    Column(
        "refunded",
        Numeric(10, 2),
        CheckConstraint("refunded between 0 and amount", name="refunded"),
        nullable=False,
        server_default="0",
    ),
    time("refunded_at"),
    CheckConstraint("(refunded > 0) = (refunded_at is not null)", name="refund_has_a_time"),
    CheckConstraint("refunded_at >= paid_at", name="refunded_after_it_was_paid"),
    CheckConstraint("refunded = 0 or paid_at is not null", name="only_what_was_paid_is_refunded"),
    Index(None, "order_id"),
    Index("payments_awaited_key", "order_id", unique=True, postgresql_where=text("paid_at is null")),
)
"""Money for an order, and what of it went back. A bank transfer isn't paid until the money is there; one is awaited at a time."""

returns = Table(
    "returns",
    metadata,
    key("return_id"),
    Column("order_id", BigInteger, ForeignKey(orders.c.order_id, ondelete="CASCADE"), nullable=False),
    one_of("kind", ("return", "exchange")),
    money("amount"),
    Column("refund_to", BigInteger, ForeignKey(payment_methods.c.payment_method_id, ondelete="SET NULL")),
    Column("requested_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    time("received_at"),
    UniqueConstraint("return_id", "order_id"),
    CheckConstraint("received_at >= requested_at", name="received_after_it_was_requested"),
    Index(None, "order_id"),
)
"""What a customer sends back. `amount` goes back when it has arrived: to `refund_to`, else as the order was paid."""

return_lines = Table(
    "return_lines",
    metadata,
    key("return_line_id"),
    Column("return_id", BigInteger, nullable=False),
    Column("order_id", BigInteger, nullable=False),
    Column("variant_id", BigInteger, nullable=False),
    Column("quantity", Integer, CheckConstraint("quantity > 0", name="quantity"), nullable=False),
    Column("to_variant_id", BigInteger, ForeignKey(variants.c.variant_id)),
    CheckConstraint("to_variant_id <> variant_id", name="something_else_comes"),
    ForeignKeyConstraint(
        ["return_id", "order_id"],
        [returns.c.return_id, returns.c.order_id],
        name="return_lines_return_fkey",
        ondelete="CASCADE",
    ),
    ForeignKeyConstraint(
        ["order_id", "variant_id"],
        [order_lines.c.order_id, order_lines.c.variant_id],
        name="return_lines_order_line_fkey",
        ondelete="CASCADE",
    ),
    Index(None, "return_id"),
    Index(None, "order_id", "variant_id"),
)
"""Which of the order's lines come back, and for an exchange what is sent instead."""

tickets = Table(
    "tickets",
    metadata,
    key("ticket_id"),
    Column("customer_id", BigInteger, ForeignKey(customers.c.customer_id, ondelete="CASCADE"), nullable=False),
    one_of("kind", ("ticket", "note")),
    filled("subject"),
    filled("text"),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    time("closed_at"),
    CheckConstraint("closed_at >= created_at", name="closed_after_it_was_opened"),
    Index(None, "customer_id"),
)
"""What the shop remembers of a customer: earlier requests, and notes."""

seeding = Table(
    "seeding",
    metadata,
    Column("one", Boolean, CheckConstraint("one", name="one"), primary_key=True, server_default=text("true")),
    Column("seeded_on", Date, nullable=False),
    Column("last_order_id", BigInteger, nullable=False),
)
"""The day the demo's dates are relative to, and the last of the orders that move with it. At most one row."""

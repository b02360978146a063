"""The shop's rows: an order for each cancellation before the run, and what has become of them after it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import text
from sqlalchemy.engine import Connection, Engine

from benchmarks.chaos.plan import Order

PRICE = Decimal("20.00")

ADD = text("""
    with customer as (
        insert into shop.customers (email, first_name, last_name) values (:email, 'Chris', 'Chaos')
        returning customer_id),
    address as (
        insert into shop.addresses (customer_id, street, city, postcode, country)
        select customer_id, '1 Test Street', 'Springfield', '12345', 'US' from customer
        returning address_id, customer_id),
    new_order as (
        insert into shop.orders (number, customer_id, address_id, state, delivery, delivery_fee, total)
        select :number, customer_id, address_id, 'pending', 'standard', 0, :price from address
        returning order_id),
    line as (
        insert into shop.order_lines (order_id, variant_id, quantity, unit_price)
        select order_id, :variant, 1, :price from new_order)
    insert into shop.payments (order_id, kind, amount, paid_at)
    select order_id, 'paypal', :price, now() from new_order
""")
STATE = text("""
    select o.state = 'cancelled' as cancelled, p.refunded = p.amount as refunded,
           (select count(*) from switchboard.effects e where e.request->>'number' = o.number) as effects
      from shop.orders o join shop.payments p using (order_id)
     where o.number = :number
""")
VARIANT = text("select min(variant_id) from shop.variants")
STOCK = text("select stock from shop.variants where variant_id = :variant")


@dataclass(frozen=True)
class Became:
    """What has become of an order."""

    cancelled: bool
    refunded: bool
    effects: int

    @property
    def once(self) -> bool:
        return self.cancelled and self.refunded and self.effects == 1

    @property
    def untouched(self) -> bool:
        return not (self.cancelled or self.refunded)


class Shop:
    """The orders of one run, all of one piece of the same article, so that its stock counts the cancellations."""

    def __init__(self, engine: Engine, orders: Sequence[Order]) -> None:
        self.engine, self.orders = engine, orders
        with engine.begin() as connection:
            self.variant = connection.execute(VARIANT).scalar_one()
            self.stock_before = self._stock(connection)
            rows = [{"number": o.number, "email": o.email, "price": PRICE, "variant": self.variant} for o in orders]
            for row in rows:
                connection.execute(ADD, row)

    def became(self) -> dict[Order, Became]:
        return {order: became(self.engine, order) for order in self.orders}

    def put_back(self) -> int:
        """How many pieces have come back to the shelf."""
        with self.engine.begin() as connection:
            return self._stock(connection) - self.stock_before

    def _stock(self, connection: Connection) -> int:
        return int(connection.execute(STOCK, {"variant": self.variant}).scalar_one())


def became(engine: Engine, order: Order) -> Became:
    with engine.begin() as connection:
        return Became(*connection.execute(STATE, {"number": order.number}).one())

"""The CRM contract over the demo company's own tables. What is read is in sql_customers, sql_orders and sql_products."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import select
from sqlalchemy.engine import Connection, Engine

from switchboard.crm import sql_customers, sql_orders, sql_products
from switchboard.crm.changes import EffectKey, Request, Result
from switchboard.crm.contract import (
    Counts,
    Customer,
    Invoice,
    Order,
    OrderStatus,
    PaymentMethod,
    Product,
    Ticket,
)
from switchboard.crm.sql_changes import carry_out, quote
from switchboard.crm.sql_customers import customer_where, has_email, has_id, has_name, has_order, has_postcode
from switchboard.database.engine import DATABASE_AWAY
from switchboard.database.shop import orders
from switchboard.errors import CrmUnavailable


class SqlCrm:
    """Larkspur's shop, in the schema `shop` of our own database."""

    name = "shop"

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def order_status(self, number: str) -> OrderStatus | None:
        columns = orders.c.number, orders.c.state, orders.c.expected_ship_on, orders.c.expected_delivery_on
        with self._transaction() as connection:
            row = connection.execute(select(*columns).where(orders.c.number == sql_orders.canonical(number))).first()
        return OrderStatus(**row._mapping) if row else None

    def find_customer(self, email: str) -> Customer | None:
        with self._transaction() as connection:
            return customer_where(connection, has_email(email))

    def identify(self, number: str, email: str) -> Customer | None:
        with self._transaction() as connection:
            return customer_where(connection, has_email(email), has_order(sql_orders.canonical(number)))

    def identify_by_name(self, name: str, postcode: str) -> Customer | None:
        with self._transaction() as connection:
            return customer_where(connection, has_name(name), has_postcode(postcode))

    def customer(self, external_id: str) -> Customer | None:
        with self._transaction() as connection:
            return customer_where(connection, has_id(external_id))

    def orders(self, external_id: str, limit: int = 10) -> list[Order]:
        with self._transaction() as connection:
            customer = customer_where(connection, has_id(external_id))
            return sql_orders.orders_of(connection, customer, limit) if customer else []

    def order(self, number: str, external_id: str) -> Order | None:
        with self._transaction() as connection:
            return sql_orders.order_of(connection, number, customer_where(connection, has_id(external_id)))

    def payment_methods(self, external_id: str) -> list[PaymentMethod]:
        with self._transaction() as connection:
            return sql_customers.methods_of(connection, external_id)

    def products(self, words: str, limit: int = 10) -> list[Product]:
        with self._transaction() as connection:
            return sql_products.products_for(connection, words, limit)

    def product(self, product_id: str) -> Product | None:
        with self._transaction() as connection:
            return sql_products.product_of(connection, product_id)

    def product_counts(self) -> Counts:
        with self._transaction() as connection:
            return sql_products.counts(connection)

    def tickets(self, external_id: str, limit: int = 10) -> list[Ticket]:
        with self._transaction() as connection:
            return sql_customers.tickets_of(connection, external_id, limit)

    def invoice(self, number: str, external_id: str) -> Invoice | None:
        with self._transaction() as connection:
            order = sql_orders.order_of(connection, number, customer_where(connection, has_id(external_id)))
            return sql_orders.invoice_of(connection, order) if order else None

    def quote(self, request: Request) -> Result:
        with self._transaction() as connection:
            return quote(connection, request)

    def carry_out(self, request: Request, effect: EffectKey, agreed: Result | None = None) -> Result:
        with self._transaction() as connection:
            return carry_out(connection, request, effect, agreed)

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        try:
            with self.engine.begin() as connection:
                yield connection
        except DATABASE_AWAY as error:
            raise CrmUnavailable from error

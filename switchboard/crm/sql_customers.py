"""The shop's customers, their stored ways to pay, and what is remembered of them."""

from datetime import datetime, timezone
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.engine import Connection, Row
from sqlalchemy.sql import Select

from switchboard.crm.changes import Address
from switchboard.crm.contract import Customer, PaymentMethod, Ticket
from switchboard.crm.text import plain_email, plain_name, plain_postcode
from switchboard.database.shop import addresses, customers, orders, payment_methods, tickets

ADDRESS = (addresses.c.street, addresses.c.city, addresses.c.region, addresses.c.postcode, addresses.c.country)
LONGEST_ID = 18


def customer_where(connection: Connection, *conditions: Any, lock: bool = False) -> Customer | None:
    """The one customer that fits; None if there is none, or several."""
    query = select(customers, *ADDRESS).outerjoin(addresses, default_address()).where(*conditions)
    rows = connection.execute(locked(query, lock).limit(2)).all()
    return as_customer(rows[0]) if len(rows) == 1 else None


def has_id(external_id: str) -> Any:
    return customers.c.customer_id == key_of(external_id)


def has_email(email: str) -> Any:
    return func.lower(customers.c.email) == plain_email(email)


def has_order(number: str) -> Any:
    return customers.c.customer_id.in_(select(orders.c.customer_id).where(orders.c.number == number))


def has_name(name: str) -> Any:
    return func.lower(customers.c.first_name + " " + customers.c.last_name) == plain_name(name)


def has_postcode(postcode: str) -> Any:
    """At any address of theirs."""
    stored = func.upper(func.replace(addresses.c.postcode, " ", ""))
    return customers.c.customer_id.in_(select(addresses.c.customer_id).where(stored == plain_postcode(postcode)))


def methods_of(connection: Connection, external_id: str, lock: bool = False) -> list[PaymentMethod]:
    columns = payment_methods.c
    query = select(payment_methods).where(columns.customer_id == key_of(external_id))
    query = query.order_by(columns.is_default.desc(), columns.payment_method_id)
    return [as_method(row) for row in connection.execute(query.with_for_update() if lock else query)]


def tickets_of(connection: Connection, external_id: str, limit: int) -> list[Ticket]:
    query = select(tickets).where(tickets.c.customer_id == key_of(external_id))
    rows = connection.execute(query.order_by(tickets.c.created_at.desc(), tickets.c.ticket_id.desc()).limit(limit))
    return [Ticket(str(row.ticket_id), row.kind, row.subject, row.text, row.created_at, row.closed_at) for row in rows]


def key_of(external_id: str) -> int | None:
    """The number in the table; None, which no row has, for an id that isn't ours."""
    ours = external_id.isascii() and external_id.isdigit() and len(external_id) <= LONGEST_ID
    return int(external_id) if ours else None


def locked(query: Select, lock: bool) -> Select:
    return query.with_for_update(of=customers, key_share=True) if lock else query


def default_address() -> Any:
    return (addresses.c.customer_id == customers.c.customer_id) & addresses.c.is_default


def as_address(row: Row) -> Address | None:
    return Address(row.street, row.city, row.postcode, row.country, row.region) if row.street else None


def as_customer(row: Row) -> Customer:
    return Customer(
        external_id=str(row.customer_id),
        name=f"{row.first_name} {row.last_name}",
        email=row.email,
        phone=row.phone,
        tier="plus" if is_member(row) else "standard",
        since=row.created_at.date(),
        plus_since=row.plus_since,
        plus_until=row.plus_until,
        plus_renews=row.plus_renews,
        address=as_address(row),
        deletion_requested=row.deletion_requested_at is not None,
    )


def is_member(row: Row) -> bool:
    return row.plus_since is not None and (row.plus_renews or row.plus_until >= datetime.now(timezone.utc).date())


def as_method(row: Row) -> PaymentMethod:
    return PaymentMethod(str(row.payment_method_id), row.kind, row.last_four, row.is_default, row.balance)

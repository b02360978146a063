"""Changes of a customer's own data in the shop."""

from dataclasses import replace
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from switchboard.crm import changes
from switchboard.crm.changes import Address, Result
from switchboard.crm.policy import Facts
from switchboard.crm.sql_customers import has_id, key_of
from switchboard.crm.text import storable
from switchboard.database.shop import addresses, customers, tickets

DELETION = "The account is to be deleted"
NOTE = "Note from the chat"


def change_address(
    connection: Connection, request: changes.ChangeProfileAddress, facts: Facts, result: Result
) -> Result:
    address_id = address_row(connection, request.external_id, request.address)
    make_default(connection, key_of(request.external_id), address_id)
    return result


def make_default(connection: Connection, customer_id: int | None, address_id: int) -> None:
    """New orders of the customer start with this address."""
    theirs = addresses.c.customer_id == customer_id
    connection.execute(addresses.update().where(theirs, addresses.c.is_default).values(is_default=False))
    connection.execute(addresses.update().where(addresses.c.address_id == address_id).values(is_default=True))


def address_row(connection: Connection, external_id: str, address: Address) -> int:
    """The customer's address of exactly these words, made if it isn't there."""
    values = {name: value and storable(value).strip() for name, value in vars(address).items()}
    same = [addresses.c[name].is_not_distinct_from(value) for name, value in values.items()]
    theirs = addresses.c.customer_id == key_of(external_id)
    query = select(addresses.c.address_id).where(theirs, *same).order_by(addresses.c.address_id)
    found = connection.scalar(query.limit(1))
    return found or insert_row(connection, addresses, customer_id=key_of(external_id), **values)


def change_email(connection: Connection, request: changes.ChangeEmail, facts: Facts, result: Result) -> Result:
    statement = customers.update().where(has_id(request.external_id)).values(email=request.email.strip())
    try:
        with connection.begin_nested():
            connection.execute(statement)
    except IntegrityError:  # somebody else took it since the decision
        return replace(result, refused="email_taken")
    return result


def cancel_membership(
    connection: Connection, request: changes.CancelMembership, facts: Facts, result: Result
) -> Result:
    connection.execute(customers.update().where(has_id(request.external_id)).values(plus_renews=False))
    return result


def request_deletion(connection: Connection, request: changes.RequestDeletion, facts: Facts, result: Result) -> Result:
    asked = {"deletion_requested_at": func.now()}
    connection.execute(customers.update().where(has_id(request.external_id)).values(asked))
    return remember(connection, request.external_id, result, kind="ticket", subject=DELETION, text=DELETION)


def add_note(connection: Connection, request: changes.AddNote, facts: Facts, result: Result) -> Result:
    return remember(
        connection, request.external_id, result, kind="note", subject=NOTE, text=storable(request.text).strip()
    )


def remember(connection: Connection, external_id: str, result: Result, **values: Any) -> Result:
    ticket_id = insert_row(connection, tickets, customer_id=key_of(external_id), **values)
    return replace(result, reference=str(ticket_id))


def insert_row(connection: Connection, table: Any, **values: Any) -> int:
    """Insert it; returns its key."""
    key = next(iter(table.primary_key.columns))
    return connection.execute(table.insert().values(values).returning(key)).scalar_one()

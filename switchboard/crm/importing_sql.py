"""Imported rows in the shop's tables. Each function returns whether it was new."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Connection

from switchboard.crm.changes import Address
from switchboard.crm.importing_rows import CustomerRow, LineRow, OrderRow, Place, ProductRow, StoredMethod, VariantRow
from switchboard.crm.sql_customers import has_email
from switchboard.crm.sql_profile import address_row, insert_row, make_default
from switchboard.database.shop import (
    addresses,
    customers,
    order_lines,
    orders,
    payment_methods,
    payments,
    products,
    shipments,
    variants,
)

OF_CUSTOMER = ("email", "first_name", "last_name", "phone", "plus_since", "plus_until", "plus_renews")
OF_ORDER = (
    "number", "state", "delivery", "delivery_fee", "placed_at", "expected_ship_on", "expected_delivery_on",
    "delivered_at", "returned_at", "cancelled_at", "cancel_reason",
)  # fmt: skip


class NotThere(Exception):
    """What a row refers to isn't there; says what."""


def write_customer(connection: Connection, row: CustomerRow) -> bool:
    """A known customer becomes what the row says."""
    values = values_of(row, OF_CUSTOMER)
    known = connection.scalar(select(customers.c.customer_id).where(has_email(row.email)))
    if known:
        connection.execute(customers.update().where(customers.c.customer_id == known).values(values))
    customer_id = known or insert_row(connection, customers, **values)
    if row.address:
        make_default(connection, customer_id, place_row(connection, customer_id, row.address))
    for method in row.payment_methods:
        write_method(connection, customer_id, method)
    return not known


def write_method(connection: Connection, customer_id: int, method: StoredMethod) -> None:
    """Stored once: a customer's methods are told apart by kind and last digits. The first one is the default."""
    columns = payment_methods.c
    theirs = connection.execute(select(payment_methods).where(columns.customer_id == customer_id)).all()
    for known in theirs:
        if (known.kind, known.last_four) == (method.kind, method.last_four):
            same = columns.payment_method_id == known.payment_method_id
            connection.execute(payment_methods.update().where(same).values(balance=method.balance))
            return
    values = values_of(method, ("kind", "last_four", "balance"))
    insert_row(connection, payment_methods, customer_id=customer_id, is_default=not theirs, **values)


def write_product(connection: Connection, row: ProductRow) -> bool:
    """A known product becomes what the row says; variants that the row doesn't name stay."""
    known = connection.scalar(select(products.c.product_id).where(products.c.name == row.name))
    if known:
        same = products.c.product_id == known
        connection.execute(products.update().where(same).values(category=row.category))
    product_id = known or insert_row(connection, products, name=row.name, category=row.category)
    for variant in row.variants:
        write_variant(connection, product_id, variant)
    return not known


def write_variant(connection: Connection, product_id: int, variant: VariantRow) -> None:
    values = {"product_id": product_id, **values_of(variant, ("sku", "title", "price", "stock"))}
    statement = insert(variants).values(values)
    mine = variants.c.product_id == product_id
    written = connection.execute(
        statement.on_conflict_do_update(constraint="variants_sku_key", set_=values, where=mine)
    )
    if not written.rowcount:
        raise NotThere("this sku belongs to another product")


def write_order(connection: Connection, row: OrderRow) -> bool:
    """A known order is left as it is: what happened to it since is known here, not in the file."""
    if connection.scalar(select(orders.c.order_id).where(orders.c.number == row.number)):
        return False
    customer_id = connection.scalar(select(customers.c.customer_id).where(has_email(row.email)))
    if customer_id is None:
        raise NotThere("there is no customer with this email")
    values = values_of(row, OF_ORDER) | {"customer_id": customer_id, "total": row.total}
    values |= {"address_id": address_of(connection, customer_id, row), "shipment_id": shipment_of(connection, row)}
    order_id = insert_row(connection, orders, **values)
    for line in row.lines:
        write_line(connection, order_id, line)
    write_payment(connection, order_id, customer_id, row)
    return True


def address_of(connection: Connection, customer_id: int, row: OrderRow) -> int:
    if row.address:
        return place_row(connection, customer_id, row.address)
    theirs = addresses.c.customer_id == customer_id, addresses.c.is_default
    address_id = connection.scalar(select(addresses.c.address_id).where(*theirs))
    if address_id is None:
        raise NotThere("neither the order nor its customer has an address")
    return address_id


def shipment_of(connection: Connection, row: OrderRow) -> int | None:
    parcel = values_of(row, ("carrier", "tracking_number", "shipped_at"))
    return insert_row(connection, shipments, **parcel) if row.shipped_at else None


def write_line(connection: Connection, order_id: int, line: LineRow) -> None:
    variant_id = connection.scalar(select(variants.c.variant_id).where(variants.c.sku == line.sku))
    if variant_id is None:
        raise NotThere(f"there is no variant with the sku {line.sku!r}")
    values = values_of(line, ("quantity", "unit_price"))
    connection.execute(order_lines.insert().values(order_id=order_id, variant_id=variant_id, **values))


def write_payment(connection: Connection, order_id: int, customer_id: int, row: OrderRow) -> None:
    """Of the whole order, by the customer's stored method of that kind if there is one."""
    columns = payment_methods.c
    theirs = columns.customer_id == customer_id, columns.kind == row.payment.kind
    method = select(func.min(columns.payment_method_id)).where(*theirs).scalar_subquery()
    values = values_of(row.payment, ("kind", "paid_at", "refunded", "refunded_at"))
    connection.execute(
        payments.insert().values(order_id=order_id, payment_method_id=method, amount=row.total, **values)
    )


def place_row(connection: Connection, customer_id: int, place: Place) -> int:
    address = Address(place.street, place.city, place.postcode, place.country, place.region)
    return address_row(connection, str(customer_id), address)


def values_of(row: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}

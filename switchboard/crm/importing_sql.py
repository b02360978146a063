"""Imported rows in the shop's tables. What writes one returns whether it was new, and is told when the import began."""

from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy import false, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Connection, Row

from switchboard.crm.changes import Address
from switchboard.crm.importing_rows import CustomerRow, LineRow, OrderRow, Place, ProductRow, StoredMethod, VariantRow
from switchboard.crm.sql_customers import has_email, has_name
from switchboard.crm.sql_profile import address_row, insert_row, make_default
from switchboard.crm.text import plain_name
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

OF_CUSTOMER = ("first_name", "last_name", "phone", "plus_since", "plus_until")
OF_ORDER = (
    "number", "state", "delivery", "delivery_fee", "placed_at", "expected_ship_on", "expected_delivery_on",
    "delivered_at", "returned_at", "cancelled_at", "cancel_reason",
)  # fmt: skip

MOVED = (
    "a customer of this name and address or phone is here under another e-mail address; "
    "if they changed it here, the file needs the new one"
)


STRANGER = (
    "a customer of another name, phone and address is here under this e-mail address; "
    "one of the two has to change before this one can come in"
)


class Refused(Exception):
    """A row doesn't go with what is there; says why."""


class Stranger(Refused):
    """The row's e-mail address is somebody else's here."""


def write_customer(connection: Connection, row: CustomerRow, started: datetime) -> bool:
    """A known customer becomes what the row says, but for what the customer can change here: that is known better here."""
    query = select(customers).where(has_email(row.email)).with_for_update(key_share=True)
    known = connection.execute(query).first()
    said = {name: value for name, value in values_of(row, OF_CUSTOMER).items() if value is not None}
    if known:
        refuse_stranger(connection, row, known)
        values = said | {"plus_renews": renews(row, known)}
        connection.execute(customers.update().where(customers.c.customer_id == known.customer_id).values(values))
        customer_id = known.customer_id
    else:
        refuse_moved(connection, row, started)
        customer_id = insert_row(connection, customers, email=row.email, plus_renews=bool(row.plus_renews), **said)
    if row.address:
        write_address(connection, customer_id, row.address)
    write_methods(connection, customer_id, row.payment_methods)
    return known is None


def renews(row: CustomerRow, known: Row) -> bool:
    """Whether the membership is to be renewed: the row can end that, and begin it only with a new membership."""
    if row.plus_since not in (None, known.plus_since):
        return bool(row.plus_renews)
    return known.plus_renews and row.plus_renews is not False


def refuse_moved(connection: Connection, row: CustomerRow, started: datetime) -> None:
    """Who was here before this import with the same name, and address or phone, changed the e-mail address here.

    Raises:
        Refused: there is such a customer.
    """
    name = has_name(f"{row.first_name} {row.last_name}")
    if connection.scalar(select(func.count()).where(name, customers.c.created_at < started, has_sign(row))):
        raise Refused(MOVED)


def refuse_stranger(connection: Connection, row: CustomerRow, known: Row) -> None:
    """Somebody else can have made the e-mail address theirs here before the row's customer came in.

    Raises:
        Stranger: neither a name, nor the phone, nor an address is the same.
    """
    names = (row.first_name, known.first_name), (row.last_name, known.last_name)
    if any(plain_name(said) == plain_name(stored) for said, stored in names):
        return
    same = customers.c.customer_id == known.customer_id, has_sign(row)
    if not connection.scalar(select(func.count()).select_from(customers).where(*same)):
        raise Stranger(STRANGER)


def has_sign(row: CustomerRow) -> Any:
    """A customer with the row's phone, or its address."""
    signs = [false()]
    if row.phone:
        signs.append(customers.c.phone == row.phone)
    if row.address:
        same = (addresses.c[name] == getattr(row.address, name) for name in ("street", "postcode", "country"))
        signs.append(customers.c.customer_id.in_(select(addresses.c.customer_id).where(*same)))
    return or_(*signs)


def write_address(connection: Connection, customer_id: int, place: Place) -> None:
    """A new one becomes the default; one that is known stays what it is, for the customer may have another one by now."""
    query = select(addresses.c.address_id, addresses.c.is_default).where(addresses.c.customer_id == customer_id)
    theirs = {row.address_id: row.is_default for row in connection.execute(query)}
    address_id = place_row(connection, customer_id, place)
    if address_id not in theirs or not any(theirs.values()):
        make_default(connection, customer_id, address_id)


def write_methods(connection: Connection, customer_id: int, methods: list[StoredMethod]) -> None:
    """Adds what isn't there: a second gift card is the same as the second one there. The first way to pay is the default."""
    columns = payment_methods.c
    query = select(columns.kind, columns.last_four).where(columns.customer_id == customer_id)
    theirs = Counter((row.kind, row.last_four) for row in connection.execute(query))
    is_default = not theirs
    for method in methods:
        if theirs[method.kind, method.last_four]:
            theirs[method.kind, method.last_four] -= 1
            continue
        values = values_of(method, ("kind", "last_four", "balance"))
        insert_row(connection, payment_methods, customer_id=customer_id, is_default=is_default, **values)
        is_default = False


def write_product(connection: Connection, row: ProductRow, started: datetime) -> bool:
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
        raise Refused("this sku belongs to another product")


def write_order(connection: Connection, row: OrderRow, started: datetime) -> bool:
    """A known order is left as it is: what happened to it since is known here, not in the file."""
    owner = connection.scalar(select(orders.c.customer_id).where(orders.c.number == row.number))
    customer_id = connection.scalar(select(customers.c.customer_id).where(has_email(row.email)))
    if owner:
        if customer_id not in (None, owner):
            raise Refused("this number belongs to another customer's order")
        return False
    if customer_id is None:
        raise Refused("there is no customer with this email")
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
        raise Refused("neither the order nor its customer has an address")
    return address_id


def shipment_of(connection: Connection, row: OrderRow) -> int | None:
    parcel = values_of(row, ("carrier", "tracking_number", "shipped_at"))
    return insert_row(connection, shipments, **parcel) if row.shipped_at else None


def write_line(connection: Connection, order_id: int, line: LineRow) -> None:
    variant_id = connection.scalar(select(variants.c.variant_id).where(variants.c.sku == line.sku))
    if variant_id is None:
        raise Refused(f"there is no variant with the sku {line.sku!r}")
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

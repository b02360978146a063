"""What the shop sells."""

from itertools import groupby
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.engine import Connection, Row
from sqlalchemy.sql import Select

from switchboard.crm.contract import Counts, Product, Variant
from switchboard.crm.sql_customers import key_of
from switchboard.crm.text import singular, storable
from switchboard.database.shop import products, variants


def products_for(connection: Connection, words: str, limit: int) -> list[Product]:
    """Those that have every word in their name, category or one of their variants."""
    query = select(products.c.product_id)
    for word in storable(words).split():
        query = query.where(text_of_product().contains(singular(word.lower()), autoescape=True))
    ids = connection.execute(query.order_by(products.c.name).limit(limit)).scalars().all()
    return as_products(connection.execute(on_sale().where(products.c.product_id.in_(ids))).all())


def product_of(connection: Connection, product_id: str) -> Product | None:
    found = as_products(connection.execute(on_sale().where(products.c.product_id == key_of(product_id))).all())
    return found[0] if found else None


def variants_with(connection: Connection, ids: list[str], lock: bool = False) -> dict[str, Variant]:
    """The variants by id; if `lock`, their stock stays until the transaction ends. In one order, so that two can't block each other."""
    keys = [key_of(variant_id) for variant_id in ids]
    query = select(variants).where(variants.c.variant_id.in_(keys)).order_by(variants.c.variant_id)
    rows = connection.execute(query.with_for_update() if lock else query)
    return {str(row.variant_id): as_variant(row) for row in rows}


def counts(connection: Connection) -> Counts:
    query = select(
        select(func.count()).select_from(products).scalar_subquery(),
        select(func.count()).select_from(variants).scalar_subquery(),
    )
    return Counts(*connection.execute(query).one())


def text_of_product() -> Any:
    titles = select(func.string_agg(variants.c.title, " ")).where(variants.c.product_id == products.c.product_id)
    return func.lower(func.concat_ws(" ", products.c.name, products.c.category, titles.scalar_subquery()))


def on_sale() -> Select:
    return (
        select(products.c.name, products.c.category, variants)
        .select_from(products.join(variants))
        .order_by(products.c.name, products.c.product_id, variants.c.variant_id)
    )


def as_products(rows: list[Row]) -> list[Product]:
    """Rows of `on_sale` as products with their variants."""
    result = []
    for product_id, sold_as in groupby(rows, key=lambda row: row.product_id):
        found = list(sold_as)
        result.append(Product(str(product_id), found[0].name, found[0].category, tuple(map(as_variant, found))))
    return result


def as_variant(row: Row) -> Variant:
    return Variant(str(row.variant_id), str(row.product_id), row.sku, row.title, row.price, row.stock)

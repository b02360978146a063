"""What the rows say at the end of a conversation, in words short enough for a table of expectations."""

from collections.abc import Callable
from typing import Any

from sqlalchemy.engine import Engine

from tests.talking import rows

STATE = "select state from shop.orders where number = :number"

REASON = "select cancel_reason from shop.orders where number = :number"

PAYMENTS = """
    select kind || ' ' || amount || case when paid_at is null then ' awaited' else '' end
        || case when refunded > 0 then ', back ' || refunded else '' end
    from shop.payments join shop.orders using (order_id) where number = :number order by payment_id
"""

ITEMS = """
    select l.quantity || ' ' || p.name || ' (' || v.title || ')' from shop.orders
    join shop.order_lines l using (order_id) join shop.variants v using (variant_id) join shop.products p using (product_id)
    where number = :number order by p.name, v.title
"""

ADDRESS = """
    select concat_ws(', ', street, city, region, postcode, country)
    from shop.orders join shop.addresses using (address_id) where number = :number
"""

RETURNS = """
    select r.kind || ' ' || l.quantity || ' ' || p.name || ' (' || v.title || ')' || coalesce(' to ' || t.title, '')
    from shop.orders join shop.returns r using (order_id) join shop.return_lines l using (return_id)
    join shop.variants v on v.variant_id = l.variant_id join shop.products p using (product_id)
    left join shop.variants t on t.variant_id = l.to_variant_id where number = :number order by p.name, v.title
"""

ORDER = {
    "state": STATE,
    "reason": REASON,
    "payments": PAYMENTS,
    "items": ITEMS,
    "address": ADDRESS,
    "returns": RETURNS,
}
"""What can be expected of an order."""

PROFILE = {
    "email": "select email from shop.customers where customer_id = :customer",
    "renews": "select plus_renews from shop.customers where customer_id = :customer",
    "deletion": "select deletion_requested_at is not null from shop.customers where customer_id = :customer",
    "address": """
        select concat_ws(', ', street, city, region, postcode, country) from shop.addresses
        where customer_id = :customer and is_default""",
    "gift card": "select balance::text from shop.payment_methods where customer_id = :customer and kind = 'gift_card'",
}
"""What can be expected of the customer's account."""

EFFECTS = """
    select action || coalesce(' ' || (request->>'number'), '') || coalesce(': ' || (result->>'refused'), '')
    from switchboard.effects where message_id like :conversation || ':%' order by created_at
"""

ATTEMPTS = """
    select count(*) from switchboard.attempts where kind = '{}' and subject = 'conversation:' || :conversation
"""

CONVERSATION = {
    "effects": EFFECTS,
    "level": "select identity_level from switchboard.conversations where conversation_id = :conversation",
    "customer": "select external_id from switchboard.conversations where conversation_id = :conversation",
    "handed over": "select reason from switchboard.handoffs where conversation_id = :conversation order by handoff_id",
    "mails": "select recipient from switchboard.mails where conversation_id = :conversation order by mail_id",
    "wrong details": ATTEMPTS.format("details"),
    "order numbers": ATTEMPTS.format("order_number"),
}
"""What can be expected of the conversation."""

TABLES = ("customers", "addresses", "payment_methods", "orders", "order_lines", "payments", "returns", "return_lines")

MINE = {
    "order_lines": "order_id in (select order_id from shop.orders where customer_id = :customer)",
    "payments": "order_id in (select order_id from shop.orders where customer_id = :customer)",
    "returns": "order_id in (select order_id from shop.orders where customer_id = :customer)",
    "return_lines": "order_id in (select order_id from shop.orders where customer_id = :customer)",
}


def told(shop: Engine, query: str, **values: Any) -> list[Any]:
    """The first column."""
    return [row[0] for row in rows(shop, query, **values)]


def mine(shop: Engine, customer: int) -> str:
    """All rows of a customer in the shop, as one digest."""
    return _digest(shop, customer, lambda condition: condition)


def everybody_elses(shop: Engine, customer: int) -> str:
    """All rows of the others."""
    return _digest(shop, customer, lambda condition: f"not ({condition})")


def _digest(shop: Engine, customer: int, which: Callable[[str], str]) -> str:
    parts = []
    for table in TABLES:
        condition = which(MINE.get(table, "customer_id = :customer"))
        query = (
            f"select md5(coalesce(string_agg(t::text, '|' order by t::text), '')) from shop.{table} t where {condition}"
        )
        parts += told(shop, query, customer=customer)
    return " ".join(parts)

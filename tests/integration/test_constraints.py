"""What must always hold is held by the database: each statement here tries to break a rule and must be refused by it."""

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError

PENDING, PROCESSING, SHIPPED, DELIVERED, CANCELLED, RETURNED = (
    "'12346'",
    "'12345'",
    "'23456'",
    "'34567'",
    "'45678'",
    "'56789'",
)
AWAITED = "'67890'"
ORDER_OF = "order_id = (select order_id from shop.orders where number = {})"

SHOP = {
    "orders_number_check": [
        f"update shop.orders set number = '{number}' where number = {PENDING}"
        for number in ("#12346", "1234", "w1234567", "W123456", "123456")
    ],
    "orders_number_key": f"update shop.orders set number = {PROCESSING} where number = {PENDING}",
    "orders_state_check": f"update shop.orders set state = 'lost' where number = {PENDING}",
    "orders_delivery_check": f"update shop.orders set delivery = 'pigeon' where number = {PENDING}",
    "orders_delivery_fee_check": f"update shop.orders set delivery_fee = -1 where number = {PENDING}",
    "orders_fee_within_total_check": [
        f"update shop.orders set delivery_fee = total + 1 where number = {PENDING}",
        f"update shop.orders set delivery_fee = 0, total = -1 where number = {PENDING}",
    ],
    "orders_shipped_check": [
        f"update shop.orders set state = 'shipped' where number = {PENDING}",
        f"update shop.orders set shipment_id = null where number = {SHIPPED}",
        f"update shop.orders set state = 'processing' where number = {SHIPPED}",
    ],
    "orders_shipment_id_key": f"update shop.orders set shipment_id = (select shipment_id from shop.orders where number = {DELIVERED}) where number = {SHIPPED}",
    "orders_delivered_check": [
        f"update shop.orders set state = 'delivered' where number = {SHIPPED}",
        f"update shop.orders set delivered_at = null where number = {DELIVERED}",
    ],
    "orders_returned_check": [
        f"update shop.orders set state = 'returned' where number = {DELIVERED}",
        f"update shop.orders set returned_at = null where number = {RETURNED}",
    ],
    "orders_returned_after_delivery_check": f"update shop.orders set returned_at = delivered_at - interval '1 day' where number = {RETURNED}",
    "orders_cancelled_check": [
        f"update shop.orders set state = 'cancelled' where number = {PENDING}",
        f"update shop.orders set cancelled_at = now() where number = {PENDING}",
        f"update shop.orders set cancelled_at = null where number = {CANCELLED}",
    ],
    "orders_reason_only_when_cancelled_check": f"update shop.orders set cancel_reason = 'why' where number = {PENDING}",
    "orders_ships_before_it_arrives_check": f"update shop.orders set expected_delivery_on = expected_ship_on - 1 where number = {PENDING}",
    "orders_nothing_before_it_is_placed_check": [
        f"update shop.orders set cancelled_at = placed_at - interval '1 day' where number = {CANCELLED}",
        f"update shop.orders set delivered_at = placed_at - interval '1 day' where number = {DELIVERED}",
    ],
    "orders_address_fkey": f"update shop.orders set address_id = (select address_id from shop.addresses where customer_id = 2) where number = {PENDING}",
    "orders_customer_id_fkey": "delete from shop.customers where email = 'olivia.bennett@example.com'",
    "order_lines_quantity_check": "update shop.order_lines set quantity = 0 where order_id = 1",
    "order_lines_unit_price_check": "update shop.order_lines set unit_price = -1 where order_id = 1",
    "order_lines_pkey": "insert into shop.order_lines select * from shop.order_lines where order_id = 1",
    "order_lines_variant_id_fkey": "delete from shop.variants",
    "payments_amount_check": f"update shop.payments set amount = -1 where {ORDER_OF.format(PENDING)}",
    "payments_kind_check": "update shop.payments set kind = 'shells'",
    "payments_refunded_check": [
        f"update shop.payments set refunded = amount + 1, refunded_at = now() where {ORDER_OF.format(PENDING)}",
        f"update shop.payments set refunded = -1 where {ORDER_OF.format(PENDING)}",
    ],
    "payments_refund_has_a_time_check": [
        f"update shop.payments set refunded = 1 where {ORDER_OF.format(PENDING)}",
        f"update shop.payments set refunded_at = now() where {ORDER_OF.format(PENDING)}",
    ],
    "payments_only_what_was_paid_is_refunded_check": f"update shop.payments set refunded = 1, refunded_at = now(), paid_at = null where {ORDER_OF.format(PENDING)}",
    "payments_refunded_after_it_was_paid_check": f"update shop.payments set refunded_at = paid_at - interval '1 day' where {ORDER_OF.format(CANCELLED)}",
    "payments_pkey": "update shop.payments set payment_id = 1",
    "payments_awaited_key": f"insert into shop.payments (order_id, kind, amount) select order_id, 'bank_transfer', 1 from shop.orders where number = {AWAITED}",
    "payments_payment_method_id_fkey": "update shop.payments set payment_method_id = 0",
    "customers_email_key": "insert into shop.customers (email, first_name, last_name) values ('OLIVIA.Bennett@Example.com', 'O', 'B')",
    "customers_email_check": [
        f"insert into shop.customers (email, first_name, last_name) values ('{email}', 'O', 'B')"
        for email in ("", "olivia", "a b@example.com", "a@b@c")
    ],
    "customers_membership_has_an_end_check": "update shop.customers set plus_since = now(), plus_until = null",
    "customers_membership_ends_after_it_begins_check": "update shop.customers set plus_until = plus_since - 1",
    "customers_only_memberships_renew_check": "update shop.customers set plus_renews = true",
    "addresses_default_key": "update shop.addresses set is_default = true",
    "addresses_country_check": "update shop.addresses set country = 'AQ'",
    "payment_methods_last_four_check": "update shop.payment_methods set last_four = '4111111111111111' where kind = 'visa'",
    "payment_methods_cards_have_digits_check": [
        "update shop.payment_methods set last_four = null where kind = 'visa'",
        "update shop.payment_methods set last_four = '1234' where kind = 'paypal'",
    ],
    "payment_methods_balance_check": "update shop.payment_methods set balance = -1 where kind = 'gift_card'",
    "payment_methods_gift_cards_have_a_balance_check": [
        "update shop.payment_methods set balance = null where kind = 'gift_card'",
        "update shop.payment_methods set balance = 1 where kind = 'paypal'",
    ],
    "payment_methods_default_key": "insert into shop.payment_methods (customer_id, kind, is_default) values (1, 'paypal', true)",
    "products_name_key": "insert into shop.products (name, category) values ('Alder saucepan', 'Cookware')",
    "variants_price_check": "update shop.variants set price = -1",
    "variants_stock_check": "update shop.variants set stock = -1",
    "variants_sku_key": "update shop.variants set sku = 'SAME'",
    "variants_product_id_title_key": "update shop.variants set title = 'same'",
    "shipments_tracking_number_key": "update shop.shipments set tracking_number = 'SAME'",
    "returns_kind_check": "update shop.returns set kind = 'gift'",
    "returns_amount_check": "update shop.returns set amount = -1",
    "returns_refund_to_fkey": "update shop.returns set refund_to = 0",
    "returns_order_id_fkey": "insert into shop.returns (order_id, kind, amount) values (0, 'return', 1)",
    "returns_received_after_it_was_requested_check": "update shop.returns set received_at = requested_at - interval '1 day'",
    "return_lines_quantity_check": "update shop.return_lines set quantity = 0",
    "return_lines_something_else_comes_check": "update shop.return_lines set to_variant_id = variant_id",
    "return_lines_to_variant_id_fkey": "update shop.return_lines set to_variant_id = 0",
    "return_lines_order_line_fkey": "update shop.return_lines set variant_id = 1",
    "return_lines_return_fkey": f"update shop.return_lines set order_id = (select order_id from shop.orders where number = {DELIVERED})",
    "tickets_kind_check": "update shop.tickets set kind = 'rumour'",
    "tickets_subject_check": "update shop.tickets set subject = ''",
    "tickets_text_check": "update shop.tickets set text = ''",
    "tickets_closed_after_it_was_opened_check": "update shop.tickets set closed_at = created_at - interval '1 day'",
    "tickets_customer_id_fkey": "insert into shop.tickets (customer_id, kind, subject, text) values (0, 'note', 'A', 'B')",
    "seeding_pkey": "insert into shop.seeding (seeded_on, last_order_id) values (now(), 1)",
    "seeding_one_check": "insert into shop.seeding (one, seeded_on, last_order_id) values (false, now(), 1)",
}

ARTICLE = "insert into switchboard.articles (slug, title, body) values ('prices', 'Prices', 'Text')"
CONVERSATION = "insert into switchboard.conversations (conversation_id, channel) values ('00000000-0000-0000-0000-000000000001', 'web')"
CUSTOMER = "insert into switchboard.messages (conversation_id, seq, sender, text) select conversation_id, 1, 'customer', 'Hi' from switchboard.conversations"
HANDOFF = "insert into switchboard.handoffs (conversation_id, seq, team, reason) select conversation_id, 1, 'billing', 'asked' from switchboard.conversations"
EFFECT = "insert into switchboard.effects (message_id, action, ordinal, request) values ('1', 'cancel', 0, '{}')"
EVENT = "insert into switchboard.webhook_events (receiver, conversation_id, kind, seq, outcome, holder) select 'desk', conversation_id, {} from switchboard.conversations"

OURS = {
    "articles_slug_language_key": ARTICLE,
    "articles_status_check": "update switchboard.articles set status = 'lost'",
    "articles_title_check": "update switchboard.articles set title = ''",
    "articles_body_check": "update switchboard.articles set body = ''",
    "conversations_holder_check": "update switchboard.conversations set holder = 'nobody'",
    "conversations_channel_check": "update switchboard.conversations set channel = 'fax'",
    "conversations_held_by_a_team_check": [
        "update switchboard.conversations set holder = 'queue'",
        "update switchboard.conversations set holder = 'agent', agent_id = 1",
    ],
    "conversations_claimable_while_waiting_check": [
        "update switchboard.conversations set waiting = 1",
        "update switchboard.conversations set claimable_at = now()",
    ],
    "conversations_waiting_check": "update switchboard.conversations set waiting = -1",
    "conversations_customer_check": "update switchboard.conversations set crm = 'shop'",
    "conversations_sender_key": "insert into switchboard.conversations (conversation_id, channel, sender) select gen_random_uuid(), 'rest', 'desk:42' from generate_series(1, 2)",
    "conversations_team_fkey": "update switchboard.conversations set team = 'nobody'",
    "messages_pkey": CUSTOMER,
    "messages_conversation_id_client_message_id_key": "insert into switchboard.messages (conversation_id, seq, sender, text, client_message_id) select conversation_id, n, 'customer', 'Hi', 'one' from switchboard.conversations, generate_series(2, 3) n",
    "messages_conversation_id_in_reply_to_fkey": "update switchboard.messages set in_reply_to = 9",
    "messages_seq_check": "update switchboard.messages set seq = 0",
    "messages_outcome_check": "update switchboard.messages set outcome = 'ignored'",
    "messages_only_customers_messages_have_outcomes_check": "update switchboard.messages set sender = 'bot', outcome = 'answered'",
    "messages_gathered_check": "update switchboard.messages set gathered = seq - 1",
    "messages_confidence_check": "update switchboard.messages set confidence = 1.5",
    "handoffs_open_key": HANDOFF,
    "handoffs_team_fkey": "update switchboard.handoffs set team = 'nobody'",
    "effects_pkey": EFFECT,
    "webhook_events_kind_check": EVENT.format("'rumour', 1, null, null"),
    "webhook_events_of_a_message_check": [
        EVENT.format("'message', null, null, null"),
        EVENT.format("'state', 1, null, 'bot'"),
    ],
    "webhook_events_with_outcome_check": [
        EVENT.format("'outcome', 1, null, null"),
        EVENT.format("'message', 1, 'answered', null"),
    ],
    "webhook_events_with_holder_check": [
        EVENT.format("'state', null, null, null"),
        EVENT.format("'message', 1, null, 'bot'"),
    ],
    "effects_done_check": [
        "update switchboard.effects set result = '{}'",
        "update switchboard.effects set done_at = now()",
    ],
}


def cases(rules: dict[str, str | list[str]]) -> list[tuple[str, str]]:
    return [
        (rule, statement)
        for rule, value in rules.items()
        for statement in ([value] if isinstance(value, str) else value)
    ]


@pytest.mark.parametrize(("rule", "statement"), cases(SHOP))
def test_the_shop_refuses(engine: Engine, rule: str, statement: str) -> None:
    assert broken_rule(engine, statement) == rule


@pytest.mark.parametrize(("rule", "statement"), cases(OURS))
def test_switchboard_refuses(engine: Engine, rule: str, statement: str) -> None:
    assert broken_rule(engine, ARTICLE, CONVERSATION, CUSTOMER, HANDOFF, EFFECT, statement) == rule


def broken_rule(engine: Engine, *statements: str) -> str | None:
    """Name of the constraint that refuses the last statement; the others must be accepted."""
    *before, last = statements
    with engine.connect() as connection:
        for statement in before:
            connection.execute(text(statement))
        with pytest.raises(IntegrityError) as error:
            connection.execute(text(last))
    return error.value.orig.diag.constraint_name

"""What customers can have changed needs in the shop: several payments an order, gift cards' balances, returns, memberships, tickets."""

from pathlib import Path

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    """Back to one payment an order: the sum of them, under the first one's kind."""
    op.get_bind().exec_driver_sql("""
        drop table shop.tickets, shop.return_lines, shop.returns;
        alter table shop.customers drop plus_until, drop plus_renews, drop deletion_requested_at;
        drop index shop.customers_name_idx, shop.payment_methods_customer_id_idx, shop.payments_order_id_idx;
        alter table shop.payment_methods drop balance;
        alter table shop.orders drop items_changed_at;
        create temporary table whole on commit drop as
            select order_id, (array_agg(kind order by payment_id))[1] as kind, sum(amount) as amount,
                   min(paid_at) as paid_at, sum(refunded) as refunded, max(refunded_at) as refunded_at
              from shop.payments group by order_id;
        delete from shop.payments;
        drop index shop.payments_awaited_key;
        alter table shop.payments drop payment_id, drop payment_method_id, add constraint payments_pkey primary key (order_id);
        insert into shop.payments (order_id, kind, amount, paid_at, refunded, refunded_at)
        select order_id, kind, amount, paid_at, refunded, refunded_at from whole;
    """)

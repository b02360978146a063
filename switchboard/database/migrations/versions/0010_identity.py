"""Where a conversation comes from, so that guesses can be counted, and one-time codes."""

from pathlib import Path

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    op.get_bind().exec_driver_sql("""
        drop index switchboard.effects_message_idx, switchboard.conversations_customer_idx;
        drop table switchboard.identity_codes;
        alter table switchboard.conversations drop column origin;
    """)

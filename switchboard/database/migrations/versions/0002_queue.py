"""Outages, gathered messages, the list of failed ones, and what a worker has done."""

from alembic import op

revision = "0002"
down_revision = "0001"

STATEMENTS = """
    alter table switchboard.messages
        add column away_since timestamp with time zone,
        add column gathered integer constraint messages_gathered_check check (gathered >= seq);
    create index messages_failed_idx on switchboard.messages (created_at) where outcome = 'failed';
    alter table switchboard.workers add column tally jsonb default '{}' not null;
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(STATEMENTS)


def downgrade() -> None:
    op.get_bind().exec_driver_sql("""
        alter table switchboard.workers drop column tally;
        alter table switchboard.messages drop column gathered, drop column away_since;
        drop index if exists switchboard.messages_failed_idx;
    """)

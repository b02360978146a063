"""Conversations of Socket.IO clients, and how far each was delivered to them."""

from alembic import op

revision = "0004"
down_revision = "0003"

STATEMENTS = """
    alter table switchboard.conversations
        drop constraint conversations_channel_check,
        add constraint conversations_channel_check check (channel in ('web', 'rest', 'socketio'));
    create index conversations_senders_idx on switchboard.conversations (channel, sender) where sender is not null;
    create table switchboard.socketio_deliveries (
        conversation_id uuid not null,
        delivered_seq integer default 0 not null,
        constraint socketio_deliveries_pkey primary key (conversation_id),
        constraint socketio_deliveries_conversation_id_fkey foreign key (conversation_id)
            references switchboard.conversations (conversation_id) on delete cascade,
        constraint socketio_deliveries_delivered_seq_check check (delivered_seq >= 0)
    );
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(STATEMENTS)


def downgrade() -> None:
    op.get_bind().exec_driver_sql("""
        drop table switchboard.socketio_deliveries;
        drop index switchboard.conversations_senders_idx;
        delete from switchboard.conversations where channel = 'socketio';
        alter table switchboard.conversations
            drop constraint conversations_channel_check,
            add constraint conversations_channel_check check (channel in ('web', 'rest'));
    """)

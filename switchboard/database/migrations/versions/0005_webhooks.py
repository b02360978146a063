"""Conversations of other systems, and the events that are to be delivered to them.

Triggers write the events, so that whoever changes a message or a holder can't forget to: an event and the job that
delivers it come into being in the transaction that made the change, or not at all. Events of a conversation come in
the order of its commits, because whoever writes into a conversation has its row locked.
"""

from pathlib import Path

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    op.get_bind().exec_driver_sql("""
        set local search_path to procrastinate;
        delete from procrastinate_jobs where task_name = 'deliver_webhook';
        set local search_path to default;
        drop trigger tell_of_message on switchboard.messages;
        drop trigger tell_of_outcome on switchboard.messages;
        drop trigger tell_of_state on switchboard.conversations;
        drop function switchboard.tell_of_message, switchboard.tell_of_outcome, switchboard.tell_of_state;
        drop function switchboard.add_webhook_event, switchboard.defer_webhook;
        drop table switchboard.webhook_events;
        delete from switchboard.conversations where channel = 'webhook';
        alter table switchboard.conversations
            drop constraint conversations_channel_check,
            add constraint conversations_channel_check check (channel in ('web', 'rest', 'socketio'));
    """)

"""When a customer is owed an answer, and which handoffs routing has seen.

Triggers note questions and responses, so that whoever writes a message need not know what was promised.
"""

from pathlib import Path

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    op.get_bind().exec_driver_sql("""
        drop trigger note_question on switchboard.messages;
        drop trigger note_response on switchboard.messages;
        drop trigger stop_timers on switchboard.handoffs;
        drop function switchboard.note_question, switchboard.note_response, switchboard.stop_timers;
        alter table switchboard.handoffs drop column noticed_at, drop column unanswered_since, drop column promised_at;
    """)

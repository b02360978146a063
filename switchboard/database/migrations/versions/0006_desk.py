"""People: agents and their teams, who has which conversation, how urgent it is, and what customers think of it."""

from pathlib import Path

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    op.get_bind().exec_driver_sql("""
        update switchboard.conversations set holder = 'queue' where holder = 'agent';
        drop table switchboard.sla_timers, switchboard.ratings, switchboard.notes, switchboard.corrections,
                   switchboard.contacts, switchboard.visits, switchboard.mails, switchboard.attempts;
        drop index switchboard.conversations_agent_idx, switchboard.conversations_held_idx,
                   switchboard.conversations_closed_idx, switchboard.conversations_closed_by_bot_idx,
                   switchboard.handoffs_waiting_idx, switchboard.handoffs_assigned_idx,
                   switchboard.handoffs_conversation_id_handoff_id_idx;
        alter table switchboard.conversations
            drop constraint conversations_assigned_check,
            drop constraint conversations_identity_level_check,
            drop column agent_id, drop column resume, drop column identity_level;
        alter table switchboard.messages drop column agent_id;
        alter table switchboard.handoffs
            drop constraint handoffs_priority_check, drop constraint handoffs_outcome_check,
            drop constraint handoffs_ended_with_outcome_check, drop constraint handoffs_assigned_check,
            drop column priority, drop column skills, drop column rule, drop column facts,
            drop column agent_id, drop column assigned_at, drop column first_assigned_at,
            drop column first_response_at, drop column read_seq, drop column outcome, drop column outcome_note;
        create index handoffs_waiting_idx on switchboard.handoffs (team, created_at) where ended_at is null;
        drop table switchboard.agent_sessions, switchboard.team_members, switchboard.agents;
    """)

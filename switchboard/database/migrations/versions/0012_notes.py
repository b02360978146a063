"""What agents write at the end of a conversation goes to the business system as well."""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.get_bind().exec_driver_sql("""
        create table switchboard.crm_notes (
            handoff_id bigint not null,
            crm text not null,
            external_id text not null,
            words text not null,
            created_at timestamp with time zone default now() not null,
            due_at timestamp with time zone default now(),
            tries integer default 0 not null,
            error text,
            constraint crm_notes_pkey primary key (handoff_id),
            constraint crm_notes_handoff_id_fkey foreign key (handoff_id)
                references switchboard.handoffs (handoff_id) on delete cascade
        );
        create index crm_notes_due_at_idx on switchboard.crm_notes (due_at) where due_at is not null;
    """)


def downgrade() -> None:
    op.get_bind().exec_driver_sql("drop table switchboard.crm_notes")

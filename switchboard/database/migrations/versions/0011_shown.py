"""What a customer has shown of themselves counts for a while, and not for whoever opens the link of a mail."""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.get_bind().exec_driver_sql("""
        alter table switchboard.conversations
            add column identity_until timestamp with time zone,
            add column by_link boolean default false not null;
        update switchboard.conversations set identity_until = now() + interval '1 hour' where identity_level > 0;
        alter table switchboard.conversations
            add constraint conversations_identity_until_check check (identity_level = 0 or identity_until is not null);
        alter table switchboard.messages add column by_link boolean default false not null;
    """)


def downgrade() -> None:
    op.get_bind().exec_driver_sql("""
        alter table switchboard.messages drop column by_link;
        alter table switchboard.conversations drop column by_link, drop column identity_until;
    """)

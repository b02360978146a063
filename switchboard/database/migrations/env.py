"""Run by Alembic. The connection, already in a transaction, comes from `switchboard.database.migrate`."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], version_table_schema="switchboard")
context.run_migrations()

"""What has served its purpose is deleted: counted tries hold addresses, mails and agents' notes what people have said."""

from sqlalchemy import text
from sqlalchemy.engine import Connection

ATTEMPTS = text("delete from switchboard.attempts where created_at < now() - interval '1 day'")

MAILS = text("delete from switchboard.mails where due_at is null and created_at < now() - interval '30 days'")

NOTES = text("delete from switchboard.crm_notes where due_at is null and created_at < now() - interval '30 days'")


def forget(connection: Connection) -> None:
    """Tries older than a day, which no limit counts any more; mails and given up notes of a month ago."""
    connection.execute(ATTEMPTS)
    connection.execute(MAILS)
    connection.execute(NOTES)

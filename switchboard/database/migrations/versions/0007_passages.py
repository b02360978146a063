"""Passages: articles in pieces, with their words and embeddings, for the search.

Only here pgvector is needed: a server of one's own must have it, and creating an extension takes a superuser.
"""

from pathlib import Path

from alembic import op
from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from switchboard.errors import StartError

revision = "0007"
down_revision = "0006"

OLDEST = (0, 8)
"""The first pgvector that goes on looking when a filter takes results away."""

FOUND = text("""
    select coalesce(e.extversion, a.default_version), e.extversion is not null
      from pg_available_extensions a left join pg_extension e on e.extname = a.name
     where a.name = 'vector'
""")


def upgrade() -> None:
    connection = op.get_bind()
    create_extension(connection)
    connection.exec_driver_sql(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))


def create_extension(connection: Connection) -> None:
    """pgvector in this database, made now if it is not there.

    Raises:
        StartError: the server doesn't have it, has an older one, or doesn't let this user create it.
    """
    version, created = connection.execute(FOUND).first() or (None, False)
    if version is None:
        raise StartError("The database's server has no pgvector; install it there (docs/operations.md).")
    if tuple(map(int, version.split(".")[:2])) < OLDEST:
        raise StartError(f"pgvector {version} is too old; 0.8 is needed (docs/operations.md).")
    if created:
        return
    try:
        connection.execute(text("create extension vector"))
    except DBAPIError as error:
        why = str(error.orig).splitlines()[0]
        raise StartError(
            f"pgvector can't be created: {why}. Have a superuser run `create extension vector` in this database once."
        ) from None


def downgrade() -> None:
    """The extension stays: others may use it."""
    op.get_bind().exec_driver_sql("""
        drop trigger articles_tell_of_change on switchboard.articles;
        drop table switchboard.passages, switchboard.passage_words, switchboard.stale_articles;
        drop function switchboard.tell_of_article, switchboard.count_passage_words, switchboard.add_passage_words;
        alter table switchboard.articles drop column link;
    """)

"""Bring a database to the newest revision."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import text
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import OperationalError

from switchboard.database.engine import make_engine
from switchboard.errors import StartError, first_line
from switchboard.settings import Settings

LOCK = 20_731_001
"""Key of the advisory lock under which the schema and the seed are made."""


def migrate(settings: Settings) -> None:
    """Create or update all schemas. Does nothing when they are current; several processes may call it at once.

    Raises:
        StartError: the database can't be reached, or was made by a newer Switchboard.
    """
    engine = make_engine(settings, pool_size=1)
    try:
        with engine.begin() as connection:
            upgrade(connection)
    except OperationalError as error:
        raise StartError(f"The database at {host_of(engine)} can't be reached: {reason(error)}.") from None
    except CommandError as error:
        raise StartError(
            f"The database at {host_of(engine)} does not fit this version of Switchboard: {error}."
        ) from error
    finally:
        engine.dispose()


def upgrade(connection: Connection) -> None:
    """Run the missing revisions in the connection's transaction."""
    take_lock(connection)
    connection.execute(text("create schema if not exists switchboard"))
    command.upgrade(alembic_config(connection), "head")


def take_lock(connection: Connection) -> None:
    """Wait, however long it takes, until no other process is making the schema; kept until the transaction ends."""
    connection.execute(text("set local statement_timeout = 0"))
    connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": LOCK})


def alembic_config(connection: Connection) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return config


def host_of(engine: Engine) -> str:
    """The server's host or socket folder; nothing else of the address, which has a password in it."""
    host = engine.url.host or engine.url.query.get("host") or "localhost"
    return str(host)


def reason(error: OperationalError) -> str:
    """PostgreSQL's own words, without the address in front of them."""
    return first_line(error.orig).rpartition("failed: ")[2].removeprefix("FATAL: ").strip().rstrip(".")

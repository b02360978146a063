"""A database server of one's own needs pgvector; who may not create it is told what to do."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Connection

from switchboard.database.embedded import EmbeddedServer
from switchboard.database.engine import make_engine
from switchboard.database.migrate import migrate
from switchboard.errors import StartError
from switchboard.settings import Settings
from tests.database_fixtures import execute


@pytest.fixture
def ordinary(postgres: EmbeddedServer, empty_settings: Settings) -> Iterator[Settings]:
    """An empty database that belongs to a user who is no superuser."""
    name = empty_settings.database_url.split("/")[3].split("?")[0]
    execute(postgres, "create role shopkeeper login")
    execute(postgres, f"alter database {name} owner to shopkeeper")
    yield replace(empty_settings, database_url=empty_settings.database_url.replace("postgres@", "shopkeeper@"))
    execute(postgres, f"alter database {name} owner to postgres")
    with admin(empty_settings) as connection:
        connection.execute(text("drop owned by shopkeeper cascade"))
    execute(postgres, "drop role shopkeeper")


def admin(settings: Settings) -> Connection:
    return make_engine(settings, pool_size=1).connect().execution_options(isolation_level="AUTOCOMMIT")


def test_who_may_not_create_the_extension_is_told_who_can(ordinary: Settings) -> None:
    with pytest.raises(StartError, match=r"pgvector can't be created: permission denied .* Have a superuser run"):
        migrate(ordinary)


def test_an_ordinary_user_suffices_when_a_superuser_has_created_it(
    ordinary: Settings, empty_settings: Settings
) -> None:
    with admin(empty_settings) as connection:
        connection.execute(text("create extension vector"))

    migrate(ordinary)

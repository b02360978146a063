"""PostgreSQL for tests: one server a session, a migrated and seeded template, a copy of it for every test that asks."""

from collections.abc import Iterator
from itertools import count

import psycopg2
import pytest
from sqlalchemy.engine import Engine

from switchboard.database.embedded import EmbeddedServer, running
from switchboard.database.engine import make_engine
from switchboard.database.migrate import migrate
from switchboard.database.seed import seed
from switchboard.settings import Settings

numbers = count(1)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """A server of the session's own, fast instead of durable."""
    with running(Settings(data_dir=str(tmp_path_factory.mktemp("postgres"))), unsafe=True) as server:
        yield server


@pytest.fixture(scope="session")
def template(postgres: EmbeddedServer) -> str:
    """Name of a database with every table and the seeded shop, made once."""
    settings = new_database(postgres, "template_shop")
    migrate(settings)
    engine = make_engine(settings, pool_size=1)
    seed(engine)
    engine.dispose()
    return "template_shop"


@pytest.fixture
def settings(postgres: EmbeddedServer, template: str) -> Iterator[Settings]:
    """Settings with a seeded database for this test alone."""
    name = f"test_{next(numbers)}"
    yield new_database(postgres, name, template)
    execute(postgres, f"drop database {name} with (force)")


@pytest.fixture
def empty_settings(postgres: EmbeddedServer) -> Iterator[Settings]:
    """Settings with a database in which nothing has been made yet."""
    name = f"test_{next(numbers)}"
    yield new_database(postgres, name)
    execute(postgres, f"drop database {name} with (force)")


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    """Connections to this test's database."""
    engine = make_engine(settings, pool_size=5)
    yield engine
    engine.dispose()


def new_database(server: EmbeddedServer, name: str, template: str = "template0") -> Settings:
    execute(server, f"create database {name} template {template}")
    return Settings(data_dir=str(server.data_path), database_url=f"postgresql://postgres@/{name}?host={server.sockets}")


def execute(server: EmbeddedServer, statement: str) -> None:
    """Run a statement that can't be part of a transaction."""
    connection = psycopg2.connect(host=str(server.sockets), user="postgres", dbname="postgres")
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
    finally:
        connection.close()

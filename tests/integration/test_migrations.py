"""The migrated database is the one the tables describe, however often and from wherever it is migrated."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.engine import Connection, Engine

from switchboard.database import shop, tables
from switchboard.database.engine import make_engine
from switchboard.database.migrate import migrate
from switchboard.errors import StartError
from switchboard.settings import Settings

SCHEMAS = {"shop", "switchboard"}
DESCRIBED = """
    select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint
    where connamespace::regnamespace::text in ('shop', 'switchboard') and conrelid <> 'switchboard.alembic_version'::regclass
    union all
    select schemaname || '.' || tablename, indexname, indexdef from pg_indexes
    where schemaname in ('shop', 'switchboard') and tablename <> 'alembic_version'
    order by 1, 2, 3
"""


@pytest.mark.filterwarnings("ignore:.*expression-based index")
def test_the_tables_in_the_code_are_the_tables_in_the_database(engine: Engine) -> None:
    options = {"include_schemas": True, "include_name": ours, "compare_type": True, "compare_server_default": True}
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=options | {"version_table_schema": "switchboard"})
        assert compare_metadata(context, [tables.metadata, shop.metadata]) == []


def test_so_are_their_constraints_and_indexes(engine: Engine, empty_settings: Settings) -> None:
    other = make_engine(empty_settings, pool_size=1)
    with engine.connect() as migrated, other.connect() as created:
        create_from_code(created)
        assert described(migrated) == described(created)
    other.dispose()


def test_rasas_tracker_store_finds_its_schema(engine: Engine) -> None:
    with engine.connect() as connection:
        assert connection.scalar(text("select to_regnamespace('rasa') is not null"))


def test_migrating_again_changes_nothing(settings: Settings, engine: Engine) -> None:
    with engine.connect() as connection:
        before = described(connection)
    migrate(settings)
    with engine.connect() as connection:
        assert described(connection) == before


def test_several_processes_may_migrate_at_once(empty_settings: Settings) -> None:
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(migrate, [empty_settings] * 4)) == [None] * 4


def test_a_schema_that_waits_for_rasa_may_exist_already(empty_settings: Settings) -> None:
    engine = make_engine(empty_settings, pool_size=1)
    with engine.begin() as connection:
        connection.execute(text("create schema rasa"))
    engine.dispose()
    migrate(empty_settings)


def test_a_failed_migration_leaves_nothing_behind(empty_settings: Settings) -> None:
    engine = make_engine(empty_settings, pool_size=1)
    with engine.begin() as connection:
        connection.execute(text("create schema shop create table customers (name text)"))
    with pytest.raises(Exception, match="customers"):
        migrate(empty_settings)
    with engine.connect() as connection:
        assert connection.scalar(text("select to_regnamespace('switchboard') is null"))
    engine.dispose()


@pytest.mark.parametrize(
    ("address", "message"),
    [
        (
            "postgresql://anna:s3cret@127.0.0.1:1/shop",
            "The database at 127.0.0.1 can't be reached: Connection refused.",
        ),
        (
            "postgresql://anna:s3cret@/shop?host=/nowhere",
            "The database at /nowhere can't be reached: No such file or directory.",
        ),
        ("postgresql://anna:s3cret@db.invalid/shop", "The database at db.invalid can't be reached: "),
    ],
)
def test_an_unreachable_database_is_named_in_one_sentence_without_its_password(address: str, message: str) -> None:
    with pytest.raises(StartError) as error:
        migrate(Settings(database_url=address))
    assert error.value.message.startswith(message)
    assert "s3cret" not in error.value.message
    assert "\n" not in error.value.message


def test_a_missing_database_is_named_too(settings: Settings) -> None:
    missing = settings.database_url.replace("/test_", "/missing_")
    with pytest.raises(StartError, match=r"can't be reached: database \"missing_\d+\" does not exist\.$"):
        migrate(Settings(database_url=missing))


def test_a_database_of_a_newer_version_is_refused(settings: Settings, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("update switchboard.alembic_version set version_num = '9999'"))
    with pytest.raises(StartError, match="does not fit this version of Switchboard"):
        migrate(settings)


def ours(name: str | None, kind: str, _parents: object) -> bool:
    return name in SCHEMAS if kind == "schema" else name != "alembic_version"


def create_from_code(connection: Connection) -> None:
    for schema in SCHEMAS:
        connection.execute(text(f"create schema {schema}"))
    connection.execute(text("create table switchboard.alembic_version ()"))
    connection.execute(text("create extension vector"))
    tables.metadata.create_all(connection)
    shop.metadata.create_all(connection)


def described(connection: Connection) -> list[tuple[str, ...]]:
    return [tuple(row) for row in connection.execute(text(DESCRIBED))]

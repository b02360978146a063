"""The adapters of the CRM contract, each over the demo shop's known customers and orders (docs/larkspur.md).

An adapter `name` takes part by being in ADAPTERS, with a fixture `name_crm` and another `name_crm_that_is_away`.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from sqlalchemy.engine import Engine

from switchboard.crm.contract import Crm, Variant
from switchboard.crm.http import Pace
from switchboard.crm.rest import RestCrm
from switchboard.crm.rest_mapping import Mapping, load_mapping
from switchboard.crm.sql import SqlCrm
from switchboard.crm.tryton import TrytonCrm
from switchboard.database.embedded import EmbeddedServer
from switchboard.database.engine import make_engine
from switchboard.database.larkspur import Larkspur
from switchboard.database.shop import variants
from switchboard.database.tables import effects
from switchboard.settings import Settings
from tests.contracts.larkspur import SetPrice
from tests.crm_server import TOKEN, CrmServer
from tests.crm_shop import Shop
from tests.database_fixtures import new_database
from tests.tryton_server import INSTALLED, PASSWORD, USER, Tryton, running_tryton

ADAPTERS = ("sql", "rest", "tryton")


@pytest.fixture(params=ADAPTERS)
def crm(request: pytest.FixtureRequest) -> Crm:
    """The business system, with Larkspur in it, for this test alone."""
    return request.getfixturevalue(f"{request.param}_crm")


@pytest.fixture(params=ADAPTERS)
def crm_that_is_away(request: pytest.FixtureRequest) -> Crm:
    """One that can't be reached."""
    return request.getfixturevalue(f"{request.param}_crm_that_is_away")


@pytest.fixture
def sql_crm(engine: Engine) -> Crm:
    return SqlCrm(engine)


@pytest.fixture
def sql_crm_that_is_away() -> Iterator[Crm]:
    engine = make_engine(Settings(database_url="postgresql://postgres@127.0.0.1:1/shop"))
    yield SqlCrm(engine)
    engine.dispose()


@pytest.fixture(scope="session")
def larkspur() -> Larkspur:
    return Larkspur(datetime.now(timezone.utc).date())


@pytest.fixture(scope="session")
def mapping() -> Mapping:
    """The example in the repository, which waits for nothing."""
    example = load_mapping(Path("data/crm/rest-example.yml"))
    return msgspec.structs.replace(example, pace=replace(example.pace, pause=0.0))


@pytest.fixture
def crm_server(larkspur: Larkspur) -> Iterator[CrmServer]:
    with CrmServer(Shop(larkspur)) as server:
        yield server


@pytest.fixture
def rest_crm(ledger: Engine, mapping: Mapping, crm_server: CrmServer) -> Crm:
    return RestCrm(ledger, mapping, crm_server.url, password=TOKEN)


@pytest.fixture
def rest_crm_that_is_away(ledger: Engine, mapping: Mapping) -> Crm:
    return RestCrm(ledger, mapping, "http://127.0.0.1:1/v1", password=TOKEN)


@pytest.fixture(scope="session")
def tryton(postgres: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tryton]:
    if not INSTALLED.exists():
        pytest.skip(f"NO TRYTON in {INSTALLED.parent}, so its adapter is NOT TESTED; `make tryton` installs it")
    with running_tryton(postgres, tmp_path_factory.mktemp("tryton")) as tryton:
        yield tryton


@pytest.fixture
def tryton_crm(ledger: Engine, tryton: Tryton) -> Iterator[Crm]:
    yield TrytonCrm(ledger, tryton.url, USER, PASSWORD, Pace(pause=0.0))
    tryton.reset()


@pytest.fixture
def tryton_crm_that_is_away(ledger: Engine) -> Crm:
    return TrytonCrm(ledger, "http://127.0.0.1:1/tryton", USER, PASSWORD, Pace(pause=0.0))


@pytest.fixture(scope="session")
def one_ledger(postgres: EmbeddedServer, template: str) -> Iterator[Engine]:
    engine = make_engine(new_database(postgres, "ledger", template), pool_size=5)
    yield engine
    engine.dispose()


@pytest.fixture
def ledger(one_ledger: Engine) -> Engine:
    """An empty effects ledger: all that an adapter to another system needs of our database."""
    with one_ledger.begin() as connection:
        connection.execute(effects.delete())
    return one_ledger


@pytest.fixture
def set_price(crm: Crm, request: pytest.FixtureRequest) -> Iterator[SetPrice]:
    """Gives a variant another list price, in the business system itself."""
    with ExitStack() as afterwards:
        if isinstance(crm, SqlCrm):
            yield lambda variant, price: set_ours(crm, variant, price)
        elif isinstance(crm, TrytonCrm):
            yield lambda variant, price: set_trytons(crm, variant, price, afterwards)
        else:
            options = request.getfixturevalue("crm_server").shop.options
            yield lambda variant, price: options[int(variant.variant_id)].update(price=price)


def set_ours(crm: SqlCrm, variant: Variant, price: Decimal) -> None:
    with crm.engine.begin() as connection:
        it = variants.c.variant_id == int(variant.variant_id)
        connection.execute(variants.update().where(it).values(price=price))


def set_trytons(crm: TrytonCrm, variant: Variant, price: Decimal, afterwards: ExitStack) -> None:
    write = "product.product.write", [int(variant.variant_id)]
    crm.rpc.change(*write, {"list_price": price})
    afterwards.callback(crm.rpc.change, *write, {"list_price": variant.price})

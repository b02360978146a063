"""Fixtures for talking to the running system."""

from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy.engine import Engine

from switchboard.database.engine import make_engine
from tests.acceptance.customer import Customer
from tests.system import System


@pytest.fixture
def customer(system: System) -> Customer:
    """A customer nobody has talked to yet."""
    return Customer(system.url)


@pytest.fixture
def http(system: System) -> Iterator[httpx.Client]:
    """A client of the API."""
    with httpx.Client(base_url=system.url, timeout=30) as client:
        yield client


@pytest.fixture(scope="session")
def shop(system: System) -> Iterator[Engine]:
    """The running system's database."""
    engine = make_engine(system.settings, pool_size=2)
    yield engine
    engine.dispose()

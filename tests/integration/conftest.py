"""A desk to work at, over HTTP. A file may have its own instead."""

from collections.abc import Iterator

import pytest
from sqlalchemy.engine import Engine

from switchboard.settings import Settings
from tests.deskwork import Desk, hire_with_password, signed_in
from tests.servers import Web


@pytest.fixture
def web(settings: Settings) -> Iterator[Web]:
    with Web(settings) as web:
        yield web


@pytest.fixture
def sam(engine: Engine) -> int:
    return hire_with_password(engine, "Sam", "support")


@pytest.fixture
def desk(web: Web, sam: int) -> Desk:
    """Sam, an agent of the team `support`."""
    return signed_in(web.url)


@pytest.fixture
def dana(web: Web, engine: Engine) -> Desk:
    """Dana, who supervises and is in no team."""
    hire_with_password(engine, "Dana", role="supervisor")
    return signed_in(web.url, "Dana")

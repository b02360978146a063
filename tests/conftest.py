"""Fixtures for every test."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from tests.database_fixtures import *  # noqa: F403
from tests.system import System, running_system

hypothesis_settings.register_profile("busy machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("busy machine")


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The real system, one for the session; it trains the model if the data has changed since the last training."""
    folder = tmp_path_factory.mktemp("system")
    with running_system(folder, MAIL="file", MAIL_FOLDER=str(folder / "mails")) as running:
        yield running

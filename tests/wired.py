"""The actions on a test's own database."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from actions import wiring
from switchboard.settings import Settings

CACHES = wiring.settings, wiring.engine, wiring.crm, wiring.identity


@contextmanager
def wired(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What the actions work with is made anew, from these settings, and again after it."""
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    for cached in CACHES:
        cached.cache_clear()
    yield
    wiring.engine().dispose()
    for cached in CACHES:
        cached.cache_clear()

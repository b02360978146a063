"""Fixtures for every test."""

from tests.database_fixtures import *  # noqa: F403

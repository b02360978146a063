"""Connections to PostgreSQL."""

from sqlalchemy import create_engine
from sqlalchemy.engine import Engine
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from switchboard.settings import Settings

DATABASE_AWAY = (InterfaceError, OperationalError, PoolTimeout)
"""What a statement raises when not it but the database is at fault; later it may work."""


def make_engine(settings: Settings, pool_size: int = 10) -> Engine:
    """A pool of connections that outlives a restart of the server."""
    return create_engine(
        settings.database,
        future=True,
        pool_size=pool_size,
        max_overflow=0,
        pool_pre_ping=True,
        hide_parameters=True,  # they are customers' words, and errors are logged
        connect_args={"connect_timeout": 5, "options": "-c statement_timeout=15000 -c timezone=UTC"},
    )

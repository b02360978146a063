"""Connections to PostgreSQL."""

from sqlalchemy import create_engine
from sqlalchemy.engine import Engine
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from switchboard.connecting import CONNECT
from switchboard.settings import Settings

DATABASE_AWAY = (InterfaceError, OperationalError, PoolTimeout)
"""What a statement raises when not it but the database is at fault; later it may work."""


def make_engine(settings: Settings, pool_size: int = 10, patience: float = 15.0) -> Engine:
    """A pool of connections that outlives a restart of the server.

    Args:
        patience: seconds that a statement, or the wait for a free connection, may take.
    """
    return create_engine(
        settings.database,
        future=True,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=patience,
        pool_pre_ping=True,
        hide_parameters=True,  # they are customers' words, and errors are logged
        connect_args={**CONNECT, "options": f"-c statement_timeout={patience * 1000:.0f} -c timezone=UTC"},
    )

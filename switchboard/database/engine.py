"""Connections to PostgreSQL."""

from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.engine import Engine
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from switchboard.settings import Settings

DATABASE_AWAY = (InterfaceError, OperationalError, PoolTimeout)
"""What a statement raises when not it but the database is at fault; later it may work."""

LINE: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
"""How every connection is made: a server that vanishes without a word is noticed within a minute, not after hours."""


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
        connect_args={**LINE, "options": f"-c statement_timeout={patience * 1000:.0f} -c timezone=UTC"},
    )

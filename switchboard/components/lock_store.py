"""One turn of a conversation at a time, over any number of Rasa replicas: advisory locks in PostgreSQL.

A lock lives in a transaction of its own connection, so PostgreSQL frees it when its holder dies.
"""

import asyncio
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import sqlalchemy as sa
from rasa.core.lock import TicketLock
from rasa.core.lock_store import LOCK_LIFETIME, LockError, LockStore
from rasa.utils.endpoints import EndpointConfig
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

TURNS_AT_ONCE = 16
"""Turns that one Rasa process runs or lets wait for their conversation."""

WAIT_SECONDS = 10

LOCK = sa.text("select pg_advisory_xact_lock(hashtextextended('turn:' || :conversation_id, 0))")


class PostgresLockStore(LockStore):
    """Lock store on advisory locks.

    Args:
        endpoint_config: `url` is the database's address.
    """

    def __init__(self, endpoint_config: EndpointConfig) -> None:
        self.engine = sa.create_engine(
            endpoint_config.url,
            pool_size=TURNS_AT_ONCE,
            max_overflow=0,
            pool_pre_ping=True,
            connect_args={"connect_timeout": 5, "options": f"-c lock_timeout={WAIT_SECONDS}s"},
        )
        self.threads = ThreadPoolExecutor(TURNS_AT_ONCE, thread_name_prefix="lock")

    @asynccontextmanager
    async def lock(
        self, conversation_id: str, lock_lifetime: float = LOCK_LIFETIME, wait_time_in_seconds: float = 1
    ) -> AsyncGenerator[TicketLock, None]:
        """Hold the conversation's lock. Rasa's ticket is handed out only because its callers expect one.

        Raises:
            LockError: another turn held it for more than `WAIT_SECONDS`, or the database is away.
        """
        loop = asyncio.get_running_loop()
        try:
            connection = await loop.run_in_executor(self.threads, self._acquire, conversation_id)
        except SQLAlchemyError as error:
            raise LockError(str(error).splitlines()[0]) from error
        try:
            yield TicketLock(conversation_id)
        finally:
            await loop.run_in_executor(self.threads, connection.close)

    def _acquire(self, conversation_id: str) -> Connection:
        connection = self.engine.connect()
        try:
            connection.execute(LOCK, {"conversation_id": conversation_id})
        except BaseException:
            connection.close()
            raise
        return connection

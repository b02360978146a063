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

from switchboard.connecting import CONNECT

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
            hide_parameters=True,
            connect_args={**CONNECT, "options": f"-c lock_timeout={WAIT_SECONDS}s"},
        )
        self.threads = ThreadPoolExecutor(TURNS_AT_ONCE, thread_name_prefix="lock")
        self.places = asyncio.Semaphore(TURNS_AT_ONCE)

    @asynccontextmanager
    async def lock(
        self, conversation_id: str, lock_lifetime: float = LOCK_LIFETIME, wait_time_in_seconds: float = 1
    ) -> AsyncGenerator[TicketLock, None]:
        """Hold the conversation's lock. Rasa's ticket is handed out only because its callers expect one.

        Raises:
            LockError: another turn held it for more than `WAIT_SECONDS`, or the database is away.
        """
        # Who has a place has a thread and a connection too, so that a lock can always be given back.
        async with self.places:
            connection = await self._acquired(conversation_id)
            try:
                yield TicketLock(conversation_id)
            finally:
                await asyncio.get_running_loop().run_in_executor(self.threads, connection.close)

    async def _acquired(self, conversation_id: str) -> Connection:
        acquiring = asyncio.get_running_loop().run_in_executor(self.threads, self._acquire, conversation_id)
        try:
            return await asyncio.shield(acquiring)
        except SQLAlchemyError as error:
            raise LockError(str(error).splitlines()[0]) from error
        except asyncio.CancelledError:
            acquiring.add_done_callback(close_unused)
            raise

    def _acquire(self, conversation_id: str) -> Connection:
        connection = self.engine.connect()
        try:
            connection.execute(LOCK, {"conversation_id": conversation_id})
        except BaseException:
            connection.close()
            raise
        return connection


def close_unused(acquired: "asyncio.Future[Connection]") -> None:
    """Give back the lock of a caller that no longer waits for it."""
    if not acquired.cancelled() and acquired.exception() is None:
        acquired.result().close()

"""The part of a worker process that delivers: a thread with an event loop in which procrastinate's workers run.

Each receiver has a queue and a worker of its own, so a slow one holds up neither turns nor other receivers.
"""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta, timezone
from typing import Any

import httpx
from procrastinate import App, BaseRetryStrategy, JobContext, PsycopgConnector, RetryDecision
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job

from switchboard.connecting import CONNECT
from switchboard.database.engine import make_engine
from switchboard.errors import DeliveryFailed, StartError, first_line
from switchboard.settings import Settings
from switchboard.webhooks.delivery import Deliverer, Pace

log = logging.getLogger(__name__)

TASK = "deliver_webhook"

AT_ONCE = 8
"""Deliveries to one receiver, each of another conversation."""

LOOK_SECONDS = 1.0
"""How long a job that is due can stay unnoticed, and between two attempts to reach the database."""

HEARTBEAT_SECONDS = 1.0

STALLED_SECONDS = 3.0
"""How long a worker's heart must have stood still before others take its jobs. Short, because taking too early does no
harm: the receiver gets an event twice."""

SHUTDOWN_SECONDS = 5.0


class Again(BaseRetryStrategy):
    """A job that raises is always run again; giving up is the deliverer's decision, and then it doesn't raise."""

    def __init__(self, pace: Pace) -> None:
        self.pace = pace

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision:
        pause = exception.pause if isinstance(exception, DeliveryFailed) else self.pace.first_pause
        return RetryDecision(retry_at=datetime.now(timezone.utc) + timedelta(seconds=pause))


class Connector(PsycopgConnector):
    """procrastinate's pool: a connection for each receiver's notifications, and some to share.

    A worker that can't write down how a job ended says nothing of it and lives on, so that nobody takes the job over, and
    the conversation's later events wait behind it. Hence this event.

    Attributes:
        failed: a statement that writes something down has failed.
    """

    def __init__(self, settings: Settings) -> None:
        options = {**CONNECT, "options": "-c search_path=procrastinate -c timezone=UTC -c statement_timeout=15000"}
        most = len(settings.webhook_urls) + 3
        super().__init__(conninfo=settings.database, kwargs=options, min_size=1, max_size=most, timeout=10)
        self.failed = asyncio.Event()

    async def execute_query_async(self, query: Any, **arguments: Any) -> None:
        try:
            await super().execute_query_async(query, **arguments)
        except ConnectorException:
            self.failed.set()
            raise


class Deliveries(threading.Thread):
    """Delivers webhook events until stopped; does nothing where no receiver is registered.

    Raises:
        StartError: receivers are registered, but there is no secret to sign with.
    """

    def __init__(self, settings: Settings, pace: Pace | None = None) -> None:
        super().__init__(name="webhooks", daemon=True)
        if settings.webhook_urls and not settings.webhook_secret:
            raise StartError("WEBHOOKS needs WEBHOOK_SECRET; `make run` generates one.")
        self.settings, self.pace = settings, pace or Pace()
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()

    def run(self) -> None:
        logging.getLogger("procrastinate").setLevel(logging.ERROR)  # it shows a traceback for each try that fails
        if self.settings.webhook_urls:
            self._loop.run_until_complete(self._until_stopped())
        self._loop.close()

    def stop(self) -> None:
        """Finish deliveries under way, if that is soon, and take no more."""
        with suppress(RuntimeError):  # the loop has ended already
            self._loop.call_soon_threadsafe(self._stopping.set)
        if self.is_alive():
            self.join(SHUTDOWN_SECONDS + 2)

    async def _until_stopped(self) -> None:
        while not self._stopping.is_set():
            try:
                await self._work()
            except Exception as error:  # mostly the database is away; the thread must outlive that
                log.error("Webhooks are not delivered right now: %s", first_line(error))
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), LOOK_SECONDS)

    async def _work(self) -> None:
        """Deliver until stopped, or until a part fails or loses the database; whoever begins anew takes over what it had."""
        connector = Connector(self.settings)
        async with self._opened(connector) as app:
            parts = [self._worker(app, name) for name in self.settings.webhook_urls]
            ends = [self._rescue(app), connector.failed.wait(), self._stopping.wait()]
            tasks = [asyncio.ensure_future(part) for part in [*parts, *ends]]
            done, rest = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in rest:
                task.cancel()
            await asyncio.gather(*rest, return_exceptions=True)
            for task in done:
                task.result()

    @asynccontextmanager
    async def _opened(self, connector: Connector) -> AsyncIterator[App]:
        engine = make_engine(self.settings, pool_size=2)
        app = App(connector=connector)
        try:
            async with httpx.AsyncClient(timeout=self.pace.timeout, follow_redirects=False) as http:
                add_task(app, Deliverer(self.settings, engine, http, self.pace))
                async with app.open_async():
                    yield app
        finally:
            engine.dispose()

    async def _worker(self, app: App, receiver: str) -> None:
        await app.run_worker_async(
            queues=[queue_of(receiver)],
            name=receiver,
            concurrency=AT_ONCE,
            fetch_job_polling_interval=LOOK_SECONDS,
            update_heartbeat_interval=HEARTBEAT_SECONDS,
            stalled_worker_timeout=STALLED_SECONDS,
            shutdown_graceful_timeout=SHUTDOWN_SECONDS,
            install_signal_handlers=False,
            delete_jobs="always",
        )

    async def _rescue(self, app: App) -> None:
        """Give jobs of workers that died to those that live."""
        while True:
            stalled = await app.job_manager.get_stalled_jobs(task_name=TASK, seconds_since_heartbeat=STALLED_SECONDS)
            for job in stalled:
                log.warning("Job %s is taken over; its worker is gone.", job.id)
                await app.job_manager.retry_job(job)
            await asyncio.sleep(LOOK_SECONDS)


def add_task(app: App, deliverer: Deliverer) -> None:
    """The task that the triggers of revision 0005 name."""

    @app.task(name=TASK, retry=Again(deliverer.pace), pass_context=True)
    async def deliver(context: JobContext, conversation_id: str) -> None:
        await deliverer.deliver(context.job.queue.partition(":")[2], conversation_id)


def queue_of(receiver: str) -> str:
    return f"webhook:{receiver}"

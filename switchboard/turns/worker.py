"""The worker: claims conversations and runs the turns of their messages, several at once."""

import logging
import os
import signal
import socket
import threading
from contextlib import suppress

from sqlalchemy import text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from switchboard import queue
from switchboard.database.engine import DATABASE_AWAY, make_engine
from switchboard.database.listen import Listener
from switchboard.errors import LeaseLost
from switchboard.queue import Claim
from switchboard.settings import Settings
from switchboard.turns import commit
from switchboard.turns.rasa import RasaClient

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0
"""How long a claimable conversation can stay unnoticed if its notification is lost or it was postponed."""

HEARTBEAT_SECONDS = 2.0

HEARTBEAT = text("""
    insert into switchboard.workers (worker_id, seen_at) values (:worker_id, now())
        on conflict (worker_id) do update set seen_at = excluded.seen_at
""")
FORGET = text("delete from switchboard.workers where worker_id = :worker_id or seen_at < now() - interval '1 day'")


class Worker:
    """Runs turns until stopped.

    Args:
        settings: number of threads, lease, tries, pauses.
        engine: connections to the database.
        rasa: whom to ask.
    """

    def __init__(self, settings: Settings, engine: Engine, rasa: RasaClient) -> None:
        self.settings, self.engine, self.rasa = settings, engine, rasa
        self.worker_id = f"{socket.gethostname()}-{os.getpid()}"
        self.stopped = threading.Event()
        self._work = threading.BoundedSemaphore(settings.worker_threads)

    def start(self) -> list[threading.Thread]:
        """Start the threads that run turns and the one that says the worker is alive."""
        threads = [threading.Thread(target=self._turns, name=f"turns-{n}") for n in range(self.settings.worker_threads)]
        threads.append(threading.Thread(target=self._heartbeat, name="heartbeat"))
        for thread in threads:
            thread.start()
        return threads

    def notice(self, _payload: str = "") -> None:
        """Something may be claimable: wake one thread, or make a busy one look again."""
        with suppress(ValueError):
            self._work.release()

    def stop(self) -> None:
        """Finish the turns under way and take no more."""
        self.stopped.set()
        for _ in range(self.settings.worker_threads):
            self.notice()

    def work_once(self) -> bool:
        """Deal with one message, if a conversation is claimable; returns whether one was."""
        with self.engine.begin() as connection:
            claim = queue.claim(connection, self.settings.lease_seconds)
        if claim is None:
            return False
        try:
            self._turn(claim)
        except LeaseLost:
            log.warning("Lost the lease on conversation %s; its new holder goes on.", claim.conversation_id)
        return True

    def _turns(self) -> None:
        while not self.stopped.is_set():
            try:
                worked = self.work_once()
            except Exception as error:  # a thread that ends here would be missed by nobody
                log.error("A turn was left for later: %s", _reason(error))
                worked = False
                self.stopped.wait(POLL_SECONDS)
            if not worked:
                self._work.acquire(timeout=POLL_SECONDS)

    def _turn(self, claim: Claim) -> None:
        with self.engine.begin() as connection:
            message = commit.oldest_waiting(connection, claim.conversation_id)
        if claim.holder in ("queue", "agent"):
            with self.engine.begin() as connection:
                commit.commit_forward(connection, claim, message.seq)
            return
        try:
            message_id = f"{claim.conversation_id}:{message.seq}"
            turn = self.rasa.turn(claim.conversation_id, message_id, message.payload or message.text)
            with self.engine.begin() as connection:
                commit.commit_turn(connection, claim, message.seq, turn)
        except (LeaseLost, *DATABASE_AWAY):
            raise
        except Exception as error:  # whatever it is, the message must come to an outcome
            self._failed(claim, message, error)

    def _failed(self, claim: Claim, message: commit.Waiting, error: Exception) -> None:
        tries = message.tries + 1
        most, why = self.settings.max_tries, _reason(error)
        log.warning("Try %d of %d at %s:%d failed: %s", tries, most, claim.conversation_id, message.seq, why)
        with self.engine.begin() as connection:
            if tries >= most:
                commit.commit_failure(connection, claim, message.seq, why)
            else:
                pause = self.settings.retry_seconds * 2 ** (tries - 1)
                commit.commit_try(connection, claim, message.seq, why, pause)

    def _heartbeat(self) -> None:
        while not self.stopped.wait(HEARTBEAT_SECONDS if self._beat() else POLL_SECONDS):
            pass
        self._execute(FORGET)

    def _beat(self) -> bool:
        return self._execute(HEARTBEAT)

    def _execute(self, statement: object) -> bool:
        try:
            with self.engine.begin() as connection:
                connection.execute(statement, {"worker_id": self.worker_id})  # type: ignore[arg-type]
        except SQLAlchemyError as error:
            log.error("The worker could not tell that it is alive: %s", _reason(error))
            return False
        return True


def _reason(error: Exception) -> str:
    """The error's first line; the others of a database error repeat the customer's words."""
    lines = str(error).replace("\0", "").splitlines()
    return lines[0] if lines else type(error).__name__


def run(settings: Settings) -> None:
    """Run a worker until SIGTERM or SIGINT; turns under way are finished."""
    engine = make_engine(settings, pool_size=settings.worker_threads + 2)
    worker = Worker(settings, engine, RasaClient(settings))
    listener = Listener(settings, queue.CHANNEL, worker.notice)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stop())
    threads = worker.start()
    listener.start()
    for thread in threads:
        thread.join()
    listener.stop()

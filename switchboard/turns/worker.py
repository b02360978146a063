"""The worker: claims conversations and runs the turns of their messages, several at once."""

import logging
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import msgspec
from sqlalchemy import text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from switchboard import queue
from switchboard.conversations.holder import resumed
from switchboard.crm.connect import make_crm
from switchboard.crm.contract import Crm
from switchboard.database.engine import DATABASE_AWAY
from switchboard.errors import LeaseLost, Unavailable, first_line
from switchboard.escalation.facts import CRM, Facts
from switchboard.escalation.rules import decide_at_once
from switchboard.queue import Claim
from switchboard.routing.teams import load_teams
from switchboard.settings import Settings
from switchboard.turns import commit
from switchboard.turns.addresses import keep_written_address
from switchboard.turns.commit import Try
from switchboard.turns.escalating import judged, load_rules
from switchboard.turns.facts import Past, at_first, look_back, of_customer
from switchboard.turns.rasa import RasaClient, Turn
from switchboard.turns.tally import Tally
from switchboard.turns.waiting import Waiting, take_up

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0
"""How long a claimable conversation can stay unnoticed if its notification is lost."""

SHORTEST_WAIT = 0.05

HEARTBEAT_SECONDS = 2.0

FIRST_OUTAGE_PAUSE, OUTAGE_PAUSE = 1.0, 2.0
"""Seconds until a message whose turn found Rasa away is taken up again."""

OUTAGE_REST = 0.2
"""How long a thread rests after it found Rasa away, so that a long queue is not tried through in vain."""

HEARTBEAT = text("""
    insert into switchboard.workers (worker_id, seen_at, tally) values (:worker_id, now(), cast(:tally as jsonb))
        on conflict (worker_id) do update set seen_at = excluded.seen_at, tally = excluded.tally
""")
FORGET = text("delete from switchboard.workers where worker_id = :worker_id or seen_at < now() - interval '1 day'")


class Worker:
    """Runs turns until stopped.

    Args:
        settings: number of threads, lease, tries, pauses.
        engine: connections to the database.
        rasa: whom to ask.
        crm: who knows the customers; the one that the settings name unless another is given.

    Raises:
        BadRules: the rules of escalation, or the teams, can't be used.
    """

    def __init__(self, settings: Settings, engine: Engine, rasa: RasaClient, crm: Crm | None = None) -> None:
        self.settings, self.engine, self.rasa, self.crm = settings, engine, rasa, crm or make_crm(settings, engine)
        self.teams = load_teams(settings.teams_file)
        self.rules = load_rules(settings, self.teams)
        self.worker_id = f"{socket.gethostname()}-{os.getpid()}"
        self.stopped = threading.Event()
        self.tally = Tally()
        self._claims: dict[Claim, float] = {}
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
        """Deal with one turn's messages, if a conversation is claimable; returns whether one was."""
        with self.engine.begin() as connection:
            claim = queue.claim(connection, self.settings.lease_seconds)
        if claim is None:
            return False
        try:
            with self._renewed(claim):
                self._deal_with(claim)
        except LeaseLost:
            log.warning("Lost the lease on conversation %s; its new holder goes on.", claim.conversation_id)
        return True

    def renew_leases(self) -> None:
        """Let the claims that are worked on last longer, unless one has hung."""
        oldest = time.monotonic() - self.settings.turn_timeout - self.settings.lease_seconds
        claims = [claim for claim, since in list(self._claims.items()) if since > oldest]
        with self.engine.begin() as connection:
            queue.renew(connection, claims, self.settings.lease_seconds)

    @contextmanager
    def _renewed(self, claim: Claim) -> Iterator[None]:
        self._claims[claim] = time.monotonic()
        try:
            yield
        finally:
            del self._claims[claim]

    def _turns(self) -> None:
        while not self.stopped.is_set():
            try:
                wait = 0.0 if self.work_once() else self._until_due()
            except Exception as error:  # a thread that ends here would be missed by nobody
                log.error("A turn was left for later: %s", first_line(error))
                self.stopped.wait(POLL_SECONDS)
                continue
            if wait:
                self._work.acquire(timeout=wait)

    def _until_due(self) -> float:
        """Seconds until something is claimable as far as we know now."""
        with self.engine.begin() as connection:
            due = queue.due_in(connection)
        return POLL_SECONDS if due is None else min(max(due, SHORTEST_WAIT), POLL_SECONDS)

    def _deal_with(self, claim: Claim) -> None:
        with self.engine.begin() as connection:
            waiting = take_up(connection, claim, self.settings)
            past = look_back(connection, claim.conversation_id, waiting.seqs)
        outcome = self._forward(claim, waiting, past) if claim.peoples else self._turn(claim, waiting, past)
        if outcome:
            self.tally.outcome(outcome, len(waiting.seqs))

    def _forward(self, claim: Claim, waiting: Waiting, past: Past) -> str | None:
        facts = at_first(past, self.rules.vocabulary, self.teams)
        with self.engine.begin() as connection:
            outcome = commit.commit_forward(connection, claim, waiting.seqs, decide_at_once(self.rules, facts))
            keep_written_address(connection, self.settings, claim.conversation_id, past.written)
            return outcome

    def _turn(self, claim: Claim, waiting: Waiting, past: Past) -> str | None:
        """The outcome; None if the messages wait for another try."""
        try:
            first = at_first(past, self.rules.vocabulary, self.teams)
            turn, decision = judged(
                self.rules, first, lambda: self._ask(claim, waiting), lambda facts: self._complete(facts, past)
            )
            with self.engine.begin() as connection:
                overtaken = turn is not None and not resumed(connection, claim.conversation_id, waiting.resume)
                return commit.commit_turn(connection, claim, waiting.seqs, turn, decision, overtaken)
        except (LeaseLost, *DATABASE_AWAY):
            raise
        except Unavailable as error:
            if (waiting.away or 0.0) >= self.settings.outage_seconds:
                return self._failed(claim, waiting, error)
            self._away(claim, waiting, error)
        except Exception as error:  # whatever it is, the message must come to an outcome
            return self._failed(claim, waiting, error)
        return None

    def _ask(self, claim: Claim, waiting: Waiting) -> Turn:
        began = time.monotonic()
        message_id = f"{claim.conversation_id}:{waiting.seqs[-1]}"
        turn = self.rasa.turn(
            claim.conversation_id,
            message_id,
            waiting.text,
            attempt=claim.attempt,
            resume=waiting.resume,
            early=waiting.early,
        )
        self.tally.turn(time.monotonic() - began)
        return turn

    def _complete(self, facts: Facts, past: Past) -> Facts:
        """The facts, with those of the customer if they are known and the decision can depend on them."""
        if past.customer is None or not self.rules.wait_for(facts, *CRM):
            return facts
        return of_customer(facts, self.crm, past.customer)

    def _away(self, claim: Claim, waiting: Waiting, error: Unavailable) -> None:
        """Rasa is away, which is not the message's fault: try again soon, and don't count it."""
        pause = FIRST_OUTAGE_PAUSE if waiting.away is None else OUTAGE_PAUSE
        log.warning("Rasa is away, %s:%d waits: %s", claim.conversation_id, waiting.seqs[-1], first_line(error))
        self._again(claim, waiting, Try(first_line(error), pause, counts=False))
        self.tally.retry("away")
        self.stopped.wait(OUTAGE_REST)

    def _failed(self, claim: Claim, waiting: Waiting, error: Exception) -> str | None:
        tries, most, why = waiting.tries + 1, self.settings.max_tries, first_line(error)
        log.warning("Try %d of %d at %s:%d failed: %s", tries, most, claim.conversation_id, waiting.seqs[-1], why)
        if tries >= most:
            with self.engine.begin() as connection:
                return commit.commit_failure(connection, claim, waiting.seqs, why)
        self._again(claim, waiting, Try(why, self.settings.retry_seconds * 2 ** (tries - 1)))
        self.tally.retry("failed")
        return None

    def _again(self, claim: Claim, waiting: Waiting, failed: Try) -> None:
        with self.engine.begin() as connection:
            commit.commit_try(connection, claim, waiting.seqs, failed)

    def _heartbeat(self) -> None:
        every = min(HEARTBEAT_SECONDS, self.settings.lease_seconds / 4)
        while not self.stopped.wait(every if self._beat() else POLL_SECONDS):
            pass
        self._execute(FORGET)

    def _beat(self) -> bool:
        return self._execute(HEARTBEAT, tally=msgspec.json.encode(self.tally.as_json()).decode())

    def _execute(self, statement: object, **values: str) -> bool:
        try:
            self.renew_leases()
            with self.engine.begin() as connection:
                connection.execute(statement, {"worker_id": self.worker_id, **values})  # type: ignore[arg-type]
        except SQLAlchemyError as error:
            log.error("The worker could not tell that it is alive: %s", first_line(error))
            return False
        return True

"""Accept, claim, finish, fail, crash, take over, replay and read in every order hypothesis thinks of, on PostgreSQL.

The machine plays several workers, Rasa and readers, and knows what must have come of it. Workers stop and resume at
any point and leases pass at any time; at the end whatever is left is worked off.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import text
from sqlalchemy.engine import Connection, Engine

from switchboard import queue
from switchboard.conversations import dead_letters
from switchboard.conversations.transcript import read_messages
from switchboard.errors import LeaseLost, NotReplayable
from switchboard.queue import Claim
from switchboard.settings import Settings
from switchboard.turns import commit
from switchboard.turns.commit import Try
from switchboard.turns.rasa import Reply, Turn
from switchboard.turns.waiting import Waiting, take_up
from tests.talking import hire, messages, rows, say, start

LEASE = 3600.0
"""Seconds; leases pass when the machine lets them."""

PEOPLE = ("queue", "agent")

STATES = text("select conversation_id, last_seq, waiting, claimable_at from switchboard.conversations")
STORED = text("""
    select conversation_id, seq, sender, text, outcome, in_reply_to from switchboard.messages order by conversation_id, seq
""")


@dataclass
class Conversation:
    """What the machine knows of one conversation.

    Attributes:
        accepted: number by client id.
        holder: who holds it.
        told: whether who waits was told that what they write is passed on; None where no handoff is open.
        current: the claim that may commit.
        passed: whether that claim's lease has ended.
        outcomes: how often each message was given an outcome.
        due: how often it should have been: once, and once more for each replay.
        replies: what was said to each message.
        ran: Rasa's memory: the messages of each turn it has run, in order.
        read: numbers a reader was given.
    """

    conversation_id: str
    accepted: dict[str, int] = field(default_factory=dict)
    holder: str = "bot"
    told: bool | None = None
    current: Claim | None = None
    passed: bool = False
    outcomes: dict[int, int] = field(default_factory=dict)
    due: dict[int, int] = field(default_factory=dict)
    replies: dict[int, list[str]] = field(default_factory=dict)
    ran: dict[int, list[int]] = field(default_factory=dict)
    read: list[int] = field(default_factory=list)

    @property
    def waiting(self) -> list[int]:
        return [seq for seq in self.due if self.outcomes.get(seq, 0) < self.due[seq]]

    @property
    def claimable(self) -> bool:
        return bool(self.waiting) and (self.current is None or self.passed)


@dataclass
class Work:
    """A worker in the middle of something."""

    conversation: Conversation
    claim: Claim
    waiting: Waiting | None = None


class QueueMachine(RuleBasedStateMachine):
    """Two conversations, any number of workers."""

    engine: Engine

    def __init__(self) -> None:
        super().__init__()
        rows(self.engine, "delete from switchboard.conversations")  # of a run that failed
        rows(self.engine, "delete from switchboard.agents")
        self.agent = hire(self.engine)
        self.conversations = [Conversation(start(self.engine)) for _ in range(2)]
        self.works: list[Work] = []

    def one(self, data: st.DataObject, among: list[Any]) -> Any:
        return among[data.draw(st.integers(0, len(among) - 1))]

    # Customers

    @rule(data=st.data(), count=st.integers(1, 3))
    def accept(self, data: st.DataObject, count: int) -> None:
        conversation = self.one(data, self.conversations)
        for client_id in (str(uuid4()) for _ in range(count)):
            seq = say(self.engine, conversation.conversation_id, f"message {client_id}", client_id)
            assert seq not in conversation.accepted.values()
            conversation.accepted[client_id] = seq
            conversation.due[seq] = 1

    @precondition(lambda self: any(each.accepted for each in self.conversations))
    @rule(data=st.data())
    def accept_again(self, data: st.DataObject) -> None:
        conversation = self.one(data, [each for each in self.conversations if each.accepted])
        client_id = self.one(data, list(conversation.accepted))
        seq = say(self.engine, conversation.conversation_id, "the same message", client_id)
        assert seq == conversation.accepted[client_id]

    @rule(data=st.data())
    def read(self, data: st.DataObject) -> None:
        self.read_on(self.one(data, self.conversations))

    # Workers

    @precondition(lambda self: any(each.waiting for each in self.conversations))
    @rule(gather=st.sampled_from([None, False, True, True]))
    def claim(self, gather: bool | None) -> None:
        """Claim, and mostly also take up; sometimes the worker is stopped in between."""
        with self.engine.begin() as connection:
            claim = queue.claim(connection, LEASE)
        if claim is None:
            assert not any(each.claimable for each in self.conversations)
            return
        conversation = next(each for each in self.conversations if each.conversation_id == claim.conversation_id)
        assert conversation.claimable, "claimed while another has the lease"
        assert claim.peoples == (conversation.holder in PEOPLE)
        conversation.current, conversation.passed = claim, False
        self.works.append(Work(conversation, claim))
        if gather is not None:
            self.take_up(self.works[-1], gather)

    @precondition(lambda self: any(not work.waiting for work in self.works))
    @rule(data=st.data(), gather=st.booleans())
    def resume(self, data: st.DataObject, gather: bool) -> None:
        self.take_up(self.one(data, [work for work in self.works if not work.waiting]), gather)

    @precondition(lambda self: any(each.current and not each.passed for each in self.conversations))
    @rule(data=st.data(), gather=st.booleans())
    def lease_passes_and_another_claims(self, data: st.DataObject, gather: bool) -> None:
        self.let_pass(self.one(data, [each for each in self.conversations if each.current and not each.passed]))
        self.claim(gather)

    def take_up(self, work: Work, gather: bool) -> None:
        try:
            with self.engine.begin() as connection:
                work.waiting = take_up(connection, work.claim, Settings(gather_seconds=float(gather)))
        except LeaseLost:
            assert work.conversation.current is not work.claim
            self.works.remove(work)

    @precondition(lambda self: any(work.waiting for work in self.works))
    @rule(data=st.data())
    def run_in_rasa(self, data: st.DataObject) -> None:
        """The worker may die or lose its lease before it commits what this returns."""
        self.rasa(self.one(data, [work for work in self.works if work.waiting]))

    @precondition(lambda self: any(work.waiting for work in self.works))
    @rule(data=st.data(), replies=st.integers(0, 2))
    def finish(self, data: st.DataObject, replies: int) -> None:
        self.end(self.one(data, [work for work in self.works if work.waiting]), "turn", replies)

    @precondition(lambda self: any(work.waiting for work in self.works))
    @rule(data=st.data(), counts=st.booleans())
    def fail_once(self, data: st.DataObject, counts: bool) -> None:
        work = self.one(data, [work for work in self.works if work.waiting])
        with self.committed(work) as connection:
            if connection:
                commit.commit_try(connection, work.claim, work.waiting.seqs, Try("error", 0.0, counts))

    @precondition(lambda self: any(work.waiting for work in self.works))
    @rule(data=st.data())
    def fail_for_good(self, data: st.DataObject) -> None:
        self.end(self.one(data, [work for work in self.works if work.waiting]), "failure", 1)

    @precondition(lambda self: self.works)
    @rule(data=st.data())
    def renew(self, data: st.DataObject) -> None:
        work = self.one(data, self.works)
        with self.engine.begin() as connection:
            queue.renew(connection, [work.claim], LEASE)
        if work.conversation.current is work.claim:
            work.conversation.passed = False

    @precondition(lambda self: self.works)
    @rule(data=st.data())
    def crash(self, data: st.DataObject) -> None:
        self.works.remove(self.one(data, self.works))

    @precondition(lambda self: any(each.current for each in self.conversations))
    @rule(data=st.data())
    def lease_passes(self, data: st.DataObject) -> None:
        self.let_pass(self.one(data, [each for each in self.conversations if each.current]))

    # People

    @rule(data=st.data(), holder=st.sampled_from(["bot", "bot", "bot", "queue", "agent"]))
    def take_over(self, data: st.DataObject, holder: str) -> None:
        conversation = self.one(data, self.conversations)
        change = "set holder = :holder, team = :team, agent_id = :agent where conversation_id = :conversation_id"
        agent = self.agent if holder == "agent" else None
        values = {
            "holder": holder,
            "team": "support" if holder in PEOPLE else None,
            "agent": agent,
            "conversation_id": conversation.conversation_id,
        }
        rows(self.engine, f"update switchboard.conversations {change}", **values)
        ended = (
            "set ended_at = now(), outcome = 'replayed' where conversation_id = :conversation_id and ended_at is null"
        )
        rows(self.engine, f"update switchboard.handoffs {ended}", conversation_id=conversation.conversation_id)
        conversation.holder, conversation.told = holder, None

    @precondition(lambda self: any(each.outcomes for each in self.conversations))
    @rule(data=st.data())
    def replay(self, data: st.DataObject) -> None:
        conversation = self.one(data, [each for each in self.conversations if each.outcomes])
        seq = self.one(data, list(conversation.outcomes))
        try:
            with self.engine.begin() as connection:
                seqs = dead_letters.replay(connection, conversation.conversation_id, seq)
        except NotReplayable:
            return
        assert not conversation.waiting
        assert conversation.holder in ("bot", "queue")
        conversation.holder, conversation.told = "bot", None
        for each in seqs:
            conversation.due[each] += 1
            conversation.ran.pop(each, None)

    # What must always hold

    @invariant()
    def everything_agrees(self) -> None:
        with self.engine.begin() as connection:
            states = {str(row.conversation_id): row for row in connection.execute(STATES)}
            stored = list(connection.execute(STORED))
        for each in self.conversations:
            its = [row for row in stored if str(row.conversation_id) == each.conversation_id]
            self.rows_agree(each, states[each.conversation_id], its)
            self.outcomes_come_in_order_and_replies_once(each, its)

    def rows_agree(self, conversation: Conversation, state: Any, stored: list[Any]) -> None:
        assert [row.seq for row in stored] == list(range(1, state.last_seq + 1)), "a number is missing"
        waiting = [row.seq for row in stored if row.sender == "customer" and row.outcome is None]
        assert waiting == conversation.waiting
        assert state.waiting == len(waiting)
        assert (state.claimable_at is not None) == bool(waiting)

    def outcomes_come_in_order_and_replies_once(self, conversation: Conversation, stored: list[Any]) -> None:
        dealt = [seq in conversation.outcomes for seq, due in conversation.due.items() if due == 1]
        assert dealt == sorted(dealt, reverse=True), "a later message was dealt with before an earlier one"
        said = sorted((row.in_reply_to, row.text) for row in stored if row.sender != "customer")
        assert said == sorted((seq, each) for seq, all_ in conversation.replies.items() for each in all_)

    def teardown(self) -> None:
        """Workers die, leases pass, and what is left is worked off."""
        self.works.clear()
        for conversation in self.conversations:
            if conversation.current:
                self.let_pass(conversation)
        while any(each.waiting for each in self.conversations):
            self.claim(gather=False)
            self.end(self.works[-1], "turn", 1)
        self.claim(gather=None)
        assert not self.works
        self.everything_agrees()
        for conversation in self.conversations:
            assert conversation.outcomes == conversation.due
            self.read_on(conversation)
            whole = [each.seq for each in messages(self.engine, conversation.conversation_id)]
            assert conversation.read == whole, "a reader missed something or was told it twice"

    # Steps

    def rasa(self, work: Work) -> None:
        """Rasa runs a turn once: it finds the id of the latest turn in its memory, and only of that one."""
        assert work.waiting
        ran, turn, seqs = work.conversation.ran, work.waiting.seqs[-1], list(work.waiting.seqs)
        if work.conversation.holder in PEOPLE or work.conversation.current is not work.claim:
            return
        if turn in ran:
            assert list(ran)[-1] == turn, "Rasa would run this turn a second time"
            assert ran[turn] == seqs, "the turn has other messages than before"
            return
        assert not {seq for others in ran.values() for seq in others} & set(seqs), "a message is in two turns"
        ran[turn] = seqs

    def end(self, work: Work, how: str, replies: int) -> None:
        assert work.waiting
        conversation, seqs = work.conversation, work.waiting.seqs
        said = [f"{how} {uuid4()}" for _ in range(replies)]
        if how == "turn":
            self.rasa(work)
        with self.committed(work) as connection:
            if not connection:
                return
            if how == "failure":
                commit.commit_failure(connection, work.claim, seqs, "error")
                said = [] if conversation.holder in PEOPLE else [commit.APOLOGY]
                if conversation.holder == "bot":
                    conversation.holder, conversation.told = "queue", False
            elif work.claim.peoples and conversation.holder not in PEOPLE:
                assert commit.commit_forward(connection, work.claim, seqs) is None
                return
            elif work.claim.peoples:
                commit.commit_forward(connection, work.claim, seqs)
                said = [commit.PASSED_ON] if conversation.holder == "queue" and not conversation.told else []
                if said and conversation.told is False:
                    conversation.told = True
            else:
                commit.commit_turn(connection, work.claim, seqs, Turn([Reply(each) for each in said], "greet", 0.9))
        conversation.replies.setdefault(seqs[-1], []).extend(said)
        for seq in seqs:
            conversation.outcomes[seq] = conversation.outcomes.get(seq, 0) + 1

    @contextmanager
    def committed(self, work: Work) -> Iterator[Connection | None]:
        """A worker's last transaction, which must be refused exactly when its claim is not the current one."""
        self.works.remove(work)
        current = work.conversation.current is work.claim
        with self.engine.begin() as connection:
            if current:
                yield connection
            else:
                with pytest.raises(LeaseLost):
                    queue.hold(connection, work.claim)
                yield None
        if current:
            work.conversation.current = None

    def let_pass(self, conversation: Conversation) -> None:
        over = "set claimable_at = now() where conversation_id = :conversation_id and claimable_at is not null"
        rows(self.engine, f"update switchboard.conversations {over}", conversation_id=conversation.conversation_id)
        conversation.passed = True

    def read_on(self, conversation: Conversation) -> None:
        known = conversation.read[-1] if conversation.read else 0
        with self.engine.begin() as connection:
            news = read_messages(connection, conversation.conversation_id, known)
        conversation.read += [each.seq for each in news]


@pytest.mark.slow
def test_whatever_happens_every_message_has_one_outcome_in_order_and_its_replies_once(engine: Engine) -> None:
    machine = type("Machine", (QueueMachine,), {"engine": engine})
    few = settings(max_examples=40, stateful_step_count=30, suppress_health_check=list(HealthCheck), database=None)
    run_state_machine_as_test(machine, settings=few)

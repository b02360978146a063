"""The effects ledger for systems that don't share our transaction, with one that is a list in memory."""

import threading
from contextlib import suppress
from dataclasses import dataclass, field, replace

import pytest
from sqlalchemy import select
from sqlalchemy.engine import Engine

from switchboard.crm.changes import AddNote, CancelOrder, EffectKey, Result
from switchboard.crm.effects import begin, fingerprint, to_json
from switchboard.crm.http import OutcomeUnknown
from switchboard.crm.outside_effects import PLAN as DECIDED
from switchboard.crm.outside_effects import Effect, once_outside, text_of
from switchboard.database.tables import effects
from switchboard.errors import CrmUnavailable, EffectMismatch, EffectUnknown

KEY = EffectKey("message-1", "cancel_order")
REQUEST = CancelOrder("1", "12346", "Olivia Bennett ordered twice")
PLAN = Result("cancel_order", number="12346")
DONE = replace(PLAN, reference="C-1")


@dataclass
class Other:
    """Another system: `fates` are what happens to the next tries, `done` counts what it did, `mute` if it can't be asked."""

    fates: list[type[BaseException] | None] = field(default_factory=list)
    done: int = 0
    mute: bool = False
    plan: Result = PLAN

    def effect(self) -> Effect:
        return Effect(lambda: self.plan, self.do, self.read_back)

    def do(self, plan: Result) -> Result:
        fate = self.fates.pop(0) if self.fates else None
        if fate is not CrmUnavailable:
            self.done += 1
        if fate:
            raise fate
        return DONE

    def read_back(self, plan: Result) -> Result | None:
        if self.mute:
            raise CrmUnavailable
        return DONE if self.done else None


def rows(engine: Engine) -> list[tuple[str, bool]]:
    """Message and whether a result is recorded."""
    with engine.connect() as connection:
        found = connection.execute(select(effects.c.message_id, effects.c.result))
        return [(row.message_id, row.result is not None) for row in found]


def test_it_is_done_once(engine: Engine) -> None:
    other = Other()
    assert [once_outside(engine, KEY, REQUEST, other.effect()) for _ in range(3)] == [DONE] * 3
    assert other.done == 1


def test_it_is_committed_as_pending_before_it_is_done(engine: Engine) -> None:
    seen: list[list[tuple[str, bool]]] = []
    effect = Effect(lambda: PLAN, lambda plan: seen.append(rows(engine)) or DONE, lambda plan: None)
    once_outside(engine, KEY, REQUEST, effect)
    assert seen == [[("message-1", False)]]
    assert rows(engine) == [("message-1", True)]


def test_a_refusal_is_recorded_and_nothing_done(engine: Engine) -> None:
    other = Other(plan=Result("cancel_order", "too_late"))
    for _ in range(2):
        assert once_outside(engine, KEY, REQUEST, other.effect()).refused == "too_late"
    assert other.done == 0


def test_a_refusal_that_was_not_recorded_stays_one(engine: Engine) -> None:
    other = Other(plan=Result("cancel_order", "too_late"))
    with engine.begin() as connection:
        begin(connection, KEY, fingerprint(REQUEST, KEY) | {DECIDED: to_json(other.plan)})
    assert once_outside(engine, KEY, REQUEST, other.effect()) == other.plan
    assert (other.done, rows(engine)) == (0, [("message-1", True)])


@pytest.mark.parametrize("crash", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_after_a_crash_it_is_read_back(engine: Engine, crash: type[BaseException]) -> None:
    other = Other([crash])
    with pytest.raises(crash):
        once_outside(engine, KEY, REQUEST, other.effect())
    assert rows(engine) == [("message-1", False)]
    assert once_outside(engine, KEY, REQUEST, other.effect()) == DONE
    assert other.done == 1


def test_what_the_other_system_does_not_know_is_done(engine: Engine) -> None:
    other = Other([RuntimeError])
    with pytest.raises(RuntimeError):
        once_outside(engine, KEY, REQUEST, other.effect())
    other.done = 0
    assert once_outside(engine, KEY, REQUEST, other.effect()) == DONE
    assert other.done == 1


def test_a_lost_answer_is_read_back(engine: Engine) -> None:
    other = Other([OutcomeUnknown])
    assert once_outside(engine, KEY, REQUEST, other.effect()) == DONE
    assert other.done == 1


def test_while_nobody_can_tell_it_is_unknown(engine: Engine) -> None:
    other = Other([OutcomeUnknown], mute=True)
    for _ in range(2):
        with pytest.raises(EffectUnknown):
            once_outside(engine, KEY, REQUEST, other.effect())
    other.mute = False
    assert once_outside(engine, KEY, REQUEST, other.effect()) == DONE
    assert other.done == 1


def test_what_was_surely_not_done_leaves_nothing(engine: Engine) -> None:
    other = Other([CrmUnavailable])
    with pytest.raises(CrmUnavailable):
        once_outside(engine, KEY, REQUEST, other.effect())
    assert rows(engine) == []


def test_a_key_is_for_one_request(engine: Engine) -> None:
    once_outside(engine, KEY, REQUEST, Other().effect())
    for other in (replace(REQUEST, number="12347"), AddNote("1", "hello"), replace(REQUEST, external_id="2")):
        with pytest.raises(EffectMismatch):
            once_outside(engine, KEY, other, Other().effect())


def test_two_at_once_do_it_once(engine: Engine) -> None:
    other, results = Other(), []
    threads = [
        threading.Thread(target=lambda: results.append(once_outside(engine, KEY, REQUEST, other.effect())))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert results == [DONE] * 4
    assert other.done == 1


def test_what_a_person_said_is_not_kept(engine: Engine) -> None:
    once_outside(engine, KEY, REQUEST, Other().effect())
    with engine.connect() as connection:
        assert "Olivia" not in str(connection.execute(select(effects.c.request)).scalar_one())


def test_no_lock_is_left_behind(engine: Engine) -> None:
    for fate in (None, RuntimeError):
        with suppress(RuntimeError):
            once_outside(engine, EffectKey(f"message-{fate}", "x"), REQUEST, Other([fate]).effect())
    ours = "select count(*) from pg_locks join pg_database on oid = database where datname = current_database()"
    with engine.connect() as connection:
        assert connection.exec_driver_sql(f"{ours} and locktype = 'advisory'").scalar_one() == 0


def test_the_key_names_message_action_and_ordinal() -> None:
    assert text_of(EffectKey("m", "a", 2)) == "m:a:2"

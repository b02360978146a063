"""The effects ledger for systems that don't share our transaction.

What is about to be done is committed before the call, the result after it. What happened to a call whose answer was lost is
found out by reading back; who can't find out leaves the row pending, and the next try reads back first.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import func, select
from sqlalchemy.engine import Connection, Engine, Row

from switchboard.crm.changes import ChangeEmail, EffectKey, Request, Result
from switchboard.crm.effects import Json, begin, find, fingerprint, forget, from_json, record, to_json
from switchboard.crm.http import OutcomeUnknown
from switchboard.crm.text import plain_email
from switchboard.database.engine import DATABASE_AWAY
from switchboard.errors import CrmUnavailable, EffectMismatch, EffectUnknown

PLAN = "plan"


@dataclass(frozen=True)
class Effect:
    """How one change is made in another system.

    Attributes:
        plan: what will be done, or why it is refused; reads only.
        do: does what was planned. OutcomeUnknown if it may have worked, CrmUnavailable if it surely did not.
        read_back: the result if the other system knows our key, None if it doesn't.
    """

    plan: Callable[[], Result]
    do: Callable[[Result], Result]
    read_back: Callable[[Result], Result | None]


def text_of(key: EffectKey) -> str:
    """The key as it travels along to the other system."""
    return f"{key.message_id}:{key.action}:{key.ordinal}"


def once_outside(engine: Engine, key: EffectKey, request: Request, effect: Effect) -> Result:
    """Make the change and record its result; if the key is recorded already, return that result.

    Two at once: the second waits for the first and gets its result, or does it itself if that one failed.

    Raises:
        CrmUnavailable: it was not done.
        EffectMismatch: the key was used for another request.
        EffectUnknown: it may have been done.
    """
    asked = fingerprint(request, key)
    try:
        with alone(engine, locks(key, request)) as connection:
            entry = find(connection, key)
            return settle(connection, key, asked, entry, effect) if entry else start(connection, key, asked, effect)
    except DATABASE_AWAY as error:
        raise CrmUnavailable from error


@contextmanager
def alone(engine: Engine, names: tuple[str, ...]) -> Iterator[Connection]:
    """A connection on which every statement is committed at once, with nobody else at what has these names."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        try:
            for name in names:
                connection.execute(select(func.pg_advisory_lock(number_for(name))))
            yield connection
        finally:
            let_go(connection)


def let_go(connection: Connection) -> None:
    """Give the locks back. A connection that is lost has none any more."""
    if not connection.invalidated:
        with suppress(*DATABASE_AWAY):
            connection.execute(select(func.pg_advisory_unlock_all()))


def locks(key: EffectKey, request: Request) -> tuple[str, ...]:
    """Whom and what only one at a time may change. Always in this order, so that two can't block each other."""
    email = (f"email {plain_email(request.email)}",) if isinstance(request, ChangeEmail) else ()
    return (f"customer {request.external_id}", *email, f"effect {text_of(key)}")


def number_for(name: str) -> int:
    """The same number for the same name, and hardly ever for another."""
    return int.from_bytes(sha256(name.encode("utf-8", "replace")).digest()[:8], "big", signed=True)


def start(connection: Connection, key: EffectKey, asked: Json, effect: Effect) -> Result:
    plan = effect.plan()
    begin(connection, key, asked | {PLAN: to_json(plan)})
    if plan.refused:
        return refusal(connection, key, plan)
    return noted(connection, key, done(connection, key, plan, effect))


def settle(connection: Connection, key: EffectKey, asked: Json, entry: Row, effect: Effect) -> Result:
    """The recorded result; or what became of a try that didn't live to record one, which may have begun with it."""
    request = dict(entry.request)
    plan = from_json(request.pop(PLAN))
    if request != asked:
        raise EffectMismatch
    if entry.result is not None:
        return from_json(entry.result)
    if plan.refused:
        return refusal(connection, key, plan)
    return noted(connection, key, found(plan, effect) or done_again(plan, effect))


def refusal(connection: Connection, key: EffectKey, plan: Result) -> Result:
    """What was refused is recorded and never tried, so losing our database here leaves nothing unknown."""
    record(connection, key, to_json(plan))
    return plan


def noted(connection: Connection, key: EffectKey, result: Result) -> Result:
    """
    Raises:
        EffectUnknown: our own database went away meanwhile; whoever tries again finds out.
    """
    try:
        record(connection, key, to_json(result))
    except DATABASE_AWAY as error:
        raise EffectUnknown from error
    return result


def done(connection: Connection, key: EffectKey, plan: Result, effect: Effect) -> Result:
    """Do it; when the answer is lost, find out, and do it once more if it was not done."""
    try:
        return effect.do(plan)
    except OutcomeUnknown:
        return found(plan, effect) or done_again(plan, effect)
    except CrmUnavailable:
        forget(connection, key)
        raise


def done_again(plan: Result, effect: Effect) -> Result:
    """Do it although an earlier try may yet arrive: that this one surely failed says nothing about that one."""
    try:
        return effect.do(plan)
    except CrmUnavailable as error:
        result = found(plan, effect)
        if result is None:
            raise EffectUnknown from error
        return result


def found(plan: Result, effect: Effect) -> Result | None:
    """What the other system says of the key.

    Raises:
        EffectUnknown: it says nothing.
    """
    try:
        return effect.read_back(plan)
    except CrmUnavailable as error:
        raise EffectUnknown from error

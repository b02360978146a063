"""The effects ledger: what was done outside for a message is done once, however often a step is tried again."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Connection, Engine, Row

from switchboard.crm.changes import ChangeName, EffectKey, Request, Result
from switchboard.database.tables import effects
from switchboard.errors import EffectMismatch

Json = dict[str, Any]


def once(connection: Connection, key: EffectKey, request: Json, do: Callable[[], Json]) -> Json:
    """Run `do` in the connection's transaction and record its result there; if the key is recorded already, return that result.

    Two at once: the second waits for the first's transaction and gets its result, or does it itself if that one failed.

    Raises:
        EffectMismatch: the key was used for another request.
    """
    if not begin(connection, key, request):
        return _recorded(connection, key, request)
    result = do()
    record(connection, key, result)
    return result


def fingerprint(request: Request, key: EffectKey) -> Json:
    """What the ledger keeps of a request: enough to know it again, and nothing of what it says about a person."""
    digest = hashlib.sha256(f"{key.message_id} {request!r}".encode("utf-8", "surrogatepass")).hexdigest()
    return {"change": request.name, "number": getattr(request, "number", None), "digest": digest}


def to_json(result: Result) -> Json:
    return msgspec.to_builtins(result)


def from_json(values: Json) -> Result:
    return msgspec.convert(values, Result)


@dataclass(frozen=True)
class Past:
    """What was done, or is under way while `result` is None."""

    change: ChangeName
    number: str | None
    result: Result | None


def done_for(engine: Engine, conversation_id: str) -> list[Past]:
    """The effects of a conversation's messages, in order; their ids begin with the conversation's."""
    query = (
        select(effects.c.request, effects.c.result)
        .where(effects.c.message_id.like(f"{conversation_id}:%"))
        .order_by(effects.c.created_at, effects.c.ordinal)
    )
    with engine.connect() as connection:
        rows = connection.execute(query).all()
    return [Past(r.request["change"], r.request["number"], r.result and from_json(r.result)) for r in rows]


def is_begun(engine: Engine, key: EffectKey) -> bool:
    """Whether it was done, or at least begun: then it must not be decided anew, only finished or told."""
    with engine.connect() as connection:
        return find(connection, key) is not None


def begin(connection: Connection, key: EffectKey, request: Json) -> bool:
    """Take the key, as pending; False when it is taken. Waits while another transaction holds it."""
    row = {"message_id": key.message_id, "action": key.action, "ordinal": key.ordinal, "request": request}
    taken = connection.execute(insert(effects).values(row).on_conflict_do_nothing().returning(effects.c.message_id))
    return taken.first() is not None


def find(connection: Connection, key: EffectKey) -> Row | None:
    """What is recorded: `request`, and `result`, which is None while it is pending."""
    return connection.execute(select(effects.c.request, effects.c.result).where(*_is(key))).first()


def record(connection: Connection, key: EffectKey, result: Json) -> None:
    """It is done, and this came of it."""
    connection.execute(effects.update().where(*_is(key)).values(result=result, done_at=func.now()))


def forget(connection: Connection, key: EffectKey) -> None:
    """A pending effect that surely wasn't done."""
    connection.execute(effects.delete().where(*_is(key), effects.c.done_at.is_(None)))


def _is(key: EffectKey) -> tuple[Any, ...]:
    return effects.c.message_id == key.message_id, effects.c.action == key.action, effects.c.ordinal == key.ordinal


def _recorded(connection: Connection, key: EffectKey, request: Json) -> Json:
    row = find(connection, key)
    if row is None or row.request != request:
        raise EffectMismatch
    return row.result

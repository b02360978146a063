"""The effects ledger: what was done outside for a message is done once, however often a step is tried again."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Connection

from switchboard.crm.contract import EffectKey
from switchboard.database.tables import effects
from switchboard.errors import EffectMismatch

Json = dict[str, Any]


def once(connection: Connection, key: EffectKey, request: Json, do: Callable[[], Json]) -> Json:
    """Run `do` in the connection's transaction and record its result there; if the key is recorded already, return that result.

    Two at once: the second waits for the first's transaction and gets its result, or does it itself if that one failed.

    Raises:
        EffectMismatch: the key was used for another request.
    """
    if not _begin(connection, key, request):
        return _recorded(connection, key, request)
    result = do()
    connection.execute(effects.update().where(*_is(key)).values(result=result, done_at=func.now()))
    return result


def _begin(connection: Connection, key: EffectKey, request: Json) -> bool:
    """Take the key; False when it is taken. Waits while another transaction holds it."""
    row = {"message_id": key.message_id, "action": key.action, "ordinal": key.ordinal, "request": request}
    taken = connection.execute(insert(effects).values(row).on_conflict_do_nothing().returning(effects.c.message_id))
    return taken.first() is not None


def _recorded(connection: Connection, key: EffectKey, request: Json) -> Json:
    row = connection.execute(select(effects.c.request, effects.c.result).where(*_is(key))).one()
    if row.request != request:
        raise EffectMismatch
    return row.result


def _is(key: EffectKey) -> tuple[Any, ...]:
    return effects.c.message_id == key.message_id, effects.c.action == key.action, effects.c.ordinal == key.ordinal

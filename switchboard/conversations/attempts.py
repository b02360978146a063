"""How often something was tried lately: the one way in which anything is limited in number."""

from collections.abc import Iterable
from datetime import timedelta
from hashlib import sha256
from secrets import token_hex

from sqlalchemy import delete, func, insert, select
from sqlalchemy.engine import Connection

from switchboard.database.tables import attempts

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def allowed(
    connection: Connection,
    kind: str,
    subjects: Iterable[str],
    most: int,
    within: timedelta,
    detail: str | None = None,
) -> bool:
    """Note one more try and tell whether it is among the `most` different ones `within` that time, for each of the
    subjects.

    The same `detail` again is no further try, so a turn that runs twice counts once; without one each is different. What
    is over the limit is not noted: who waits may go on. `detail` is stored as a hash. Tries are kept for a day.
    """
    subjects, hashed = sorted(set(subjects)), _hash(token_hex(16) if detail is None else detail)
    for subject in subjects:
        _lock(connection, kind, subject)
    known = [_known(connection, kind, subject, within) for subject in subjects]
    if any(hashed not in details and len(details) >= most for details in known):
        return False
    new = [s for s, details in zip(subjects, known, strict=True) if hashed not in details]
    if new:
        connection.execute(insert(attempts), [{"kind": kind, "subject": s, "detail": hashed} for s in new])
    return True


def forgive(connection: Connection, kind: str, subjects: Iterable[str], detail: str) -> None:
    """Take a try back: it was right."""
    its = attempts.c.kind == kind, attempts.c.subject.in_(list(subjects)), attempts.c.detail == _hash(detail)
    connection.execute(delete(attempts).where(*its))


def _hash(detail: str) -> str:
    return sha256(detail.encode()).hexdigest()


def _known(connection: Connection, kind: str, subject: str, within: timedelta) -> set[str]:
    query = select(attempts.c.detail).where(
        attempts.c.kind == kind, attempts.c.subject == subject, attempts.c.created_at > func.now() - within
    )
    return set(connection.execute(query).scalars())


def _lock(connection: Connection, kind: str, subject: str) -> None:
    """One at a time: ten guesses sent at once are ten guesses."""
    connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"{kind}:{subject}", 0))))

"""How often something was tried within the last hour."""

from collections.abc import Iterable
from hashlib import sha256

from sqlalchemy import delete, func, insert, select, text
from sqlalchemy.engine import Connection

from switchboard.database.tables import attempts

HOUR = text("now() - interval '1 hour'")


def allowed(connection: Connection, kind: str, subjects: Iterable[str], detail: str, most: int) -> bool:
    """Note one more try and tell whether it is within `most` different ones an hour, for each of the subjects.

    The same `detail` again is no further try, so a turn that runs twice counts once. What is over the limit is not
    noted: who waits an hour may go on. `detail` is stored as a hash.
    """
    subjects, hashed = sorted(set(subjects)), sha256(detail.encode()).hexdigest()
    for subject in subjects:
        _lock(connection, kind, subject)
    known = [_known(connection, kind, subject) for subject in subjects]
    if any(hashed not in details and len(details) >= most for details in known):
        return False
    new = [s for s, details in zip(subjects, known, strict=True) if hashed not in details]
    if new:
        connection.execute(insert(attempts), [{"kind": kind, "subject": s, "detail": hashed} for s in new])
    return True


def forgive(connection: Connection, kind: str, subjects: Iterable[str], detail: str) -> None:
    """Take a try back: it was right."""
    hashed = sha256(detail.encode()).hexdigest()
    its = attempts.c.kind == kind, attempts.c.subject.in_(list(subjects)), attempts.c.detail == hashed
    connection.execute(delete(attempts).where(*its))


def _known(connection: Connection, kind: str, subject: str) -> set[str]:
    query = select(attempts.c.detail).where(
        attempts.c.kind == kind, attempts.c.subject == subject, attempts.c.created_at > HOUR
    )
    return set(connection.execute(query).scalars())


def _lock(connection: Connection, kind: str, subject: str) -> None:
    """One at a time: ten guesses sent at once are ten guesses."""
    connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"{kind}:{subject}", 0))))

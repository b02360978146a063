"""The queue: conversations with unprocessed messages, claimed one worker at a time under a lease.

A claim raises the conversation's attempt number, and so does its end. Whoever holds the latest number may finish,
postpone or renew; an older one gets `LeaseLost`, so a worker that was stopped past its lease changes nothing when
it resumes. A lease is short, and a worker that lives renews it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.engine import Connection

from switchboard.errors import LeaseLost

CHANNEL = "switchboard_queue"
"""NOTIFY channel that says there is something to claim; a hint, never the only way to find out."""

CLAIM = text("""
    update switchboard.conversations
       set attempt = attempt + 1, claimable_at = now() + make_interval(secs => :lease)
     where conversation_id = (
           select conversation_id from switchboard.conversations
            where claimable_at <= now()
            order by claimable_at
            for update skip locked
            limit 1)
 returning conversation_id, attempt, holder, team
""")

HOLD = text("""
    select holder, last_seq, team from switchboard.conversations
     where conversation_id = :conversation_id and attempt = :attempt
       for update
""")

DUE = text("""
    select extract(epoch from min(claimable_at) - clock_timestamp()) from switchboard.conversations
     where claimable_at is not null
""")

RENEW = text("""
    update switchboard.conversations set claimable_at = now() + make_interval(secs => :lease)
     where conversation_id = :conversation_id and attempt = :attempt
""")

FINISH = text("""
    update switchboard.conversations
       set attempt = attempt + 1,
           waiting = waiting - :dealt,
           last_seq = last_seq + :replies,
           claimable_at = case when waiting > :dealt then now() end,
           updated_at = case when :replies > 0 then now() else updated_at end
     where conversation_id = :conversation_id
 returning waiting
""")

POSTPONE = text("""
    update switchboard.conversations
       set attempt = attempt + 1, claimable_at = now() + make_interval(secs => :pause)
     where conversation_id = :conversation_id
""")


@dataclass(frozen=True)
class Claim:
    """The right to work on one conversation until the lease ends. `peoples` as in `Held`."""

    conversation_id: str
    attempt: int
    peoples: bool


@dataclass(frozen=True)
class Held:
    """A claimed conversation's row, locked until the transaction ends.

    Attributes:
        peoples: people have it, or had it when it ended: the bot is silent. The bot's have no team.
    """

    holder: str
    last_seq: int
    peoples: bool


def claim(connection: Connection, lease_seconds: float) -> Claim | None:
    """Take the conversation that has waited longest, if any is claimable."""
    row = connection.execute(CLAIM, {"lease": lease_seconds}).one_or_none()
    return Claim(str(row.conversation_id), row.attempt, row.team is not None) if row else None


def hold(connection: Connection, claim: Claim) -> Held:
    """Lock the claimed conversation for a commit.

    Raises:
        LeaseLost: another worker has claimed it since.
    """
    row = connection.execute(HOLD, {"conversation_id": claim.conversation_id, "attempt": claim.attempt}).one_or_none()
    if row is None:
        raise LeaseLost
    return Held(row.holder, row.last_seq, row.team is not None)


def due_in(connection: Connection) -> float | None:
    """Seconds until the next conversation is claimable, negative if one is; None if nothing waits."""
    seconds = connection.execute(DUE).scalar_one()
    return None if seconds is None else float(seconds)


def renew(connection: Connection, claims: Iterable[Claim], lease_seconds: float) -> None:
    """Let the leases of these claims end later; a claim that has ended or was lost is left alone."""
    values = [
        {"conversation_id": claim.conversation_id, "attempt": claim.attempt, "lease": lease_seconds}
        for claim in sorted(claims, key=lambda each: each.conversation_id)
    ]
    if values:
        connection.execute(RENEW, values)


def finish(connection: Connection, claim: Claim, dealt: int = 1, replies: int = 0) -> None:
    """`dealt` messages less to do; the conversation is claimable again if more wait. Call under `hold`.

    Args:
        replies: how many numbers were given to replies, after `Held.last_seq`.
    """
    values = {"conversation_id": claim.conversation_id, "dealt": dealt, "replies": replies}
    if connection.execute(FINISH, values).scalar_one():
        wake(connection)


def postpone(connection: Connection, claim: Claim, pause: float) -> None:
    """Give the conversation back, claimable after `pause` seconds. Call under `hold`."""
    connection.execute(POSTPONE, {"conversation_id": claim.conversation_id, "pause": pause})


def wake(connection: Connection) -> None:
    """Tell waiting workers, at commit, that something is claimable."""
    connection.execute(text("select pg_notify(:channel, '')"), {"channel": CHANNEL})

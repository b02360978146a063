"""One-time codes, sent to the address that the business system has on file."""

import hmac
from dataclasses import dataclass
from datetime import timedelta
from secrets import randbelow
from typing import Any

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import Connection

from switchboard.database.tables import identity_codes
from switchboard.errors import CodeTooOld, SwitchboardError, TooManyAttempts, WrongCode
from switchboard.mail.outbox import queue_mail

DIGITS = 6

AGAIN_AFTER = text("now() - interval '1 minute'")

SUBJECT = "Your code for the chat"

BODY = """Your code is {code}. It is good for {minutes} minutes, in the chat in which you were asked for it.

If you are not in a chat with us right now, somebody else has given your details there. Nothing was changed;
please don't pass the code on to anybody.
"""


@dataclass(frozen=True)
class Recipient:
    """Whom a code is for: a customer in a conversation, and their address on file."""

    conversation_id: str
    external_id: str
    email: str


def send(connection: Connection, to: Recipient, minutes: int, secret: str) -> None:
    """Make a code and send it; earlier ones of the conversation are no good any more."""
    code = f"{randbelow(10**DIGITS):0{DIGITS}}"
    values = {
        "external_id": to.external_id,
        "code_hash": _hash(code, to, secret),
        "sent_at": func.now(),
        "expires_at": func.now() + timedelta(minutes=minutes),
        "tries": 0,
    }
    row = upsert(identity_codes).values(conversation_id=to.conversation_id, **values)
    connection.execute(row.on_conflict_do_update(index_elements=["conversation_id"], set_=values))
    queue_mail(connection, to.email, SUBJECT, BODY.format(code=code, minutes=minutes), to.conversation_id)


def just_sent(connection: Connection, to: Recipient) -> bool:
    """Whether a code is on its way to them: a turn that runs twice sends one."""
    recent = select(identity_codes.c.tries).where(*_its(to), identity_codes.c.sent_at > AGAIN_AFTER)
    return connection.execute(recent).first() is not None


def check(connection: Connection, to: Recipient, code: str, most: int, secret: str) -> bool:
    """Whether this is the code that was sent. Each look is a try; a code is good once."""
    tried = (
        update(identity_codes)
        .where(*_its(to), identity_codes.c.expires_at > func.now(), identity_codes.c.tries < most)
        .values(tries=identity_codes.c.tries + 1)
        .returning(identity_codes.c.code_hash)
    )
    stored = connection.execute(tried).scalar_one_or_none()
    right = stored is not None and hmac.compare_digest(stored, _hash(code, to, secret))
    if right:
        connection.execute(delete(identity_codes).where(*_its(to)))
    return right


def refusal(connection: Connection, conversation_id: str, most: int) -> type[SwitchboardError]:
    """Why a code that `check` didn't take was none: what was sent is too old, used up, or another."""
    in_time = (identity_codes.c.expires_at > func.now()).label("in_time")
    its = identity_codes.c.conversation_id == conversation_id
    sent = connection.execute(select(identity_codes.c.tries, in_time).where(its)).one_or_none()
    if sent is None or sent.tries >= most:
        return TooManyAttempts
    return WrongCode if sent.in_time else CodeTooOld


def _its(to: Recipient) -> tuple[Any, ...]:
    return identity_codes.c.conversation_id == to.conversation_id, identity_codes.c.external_id == to.external_id


def _hash(code: str, to: Recipient, secret: str) -> str:
    """With our secret, because a million codes are soon tried through."""
    return hmac.new(secret.encode(), f"{to.conversation_id}:{to.external_id}:{code}".encode(), "sha256").hexdigest()

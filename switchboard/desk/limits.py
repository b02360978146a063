"""How often signing in may fail: for an account, and for the address it is tried from."""

from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.engine import Connection

from switchboard.conversations.attempts import allowed
from switchboard.errors import TooManyAttempts
from switchboard.web.http import network

ACCOUNT, ADDRESS = "sign_in_account", "sign_in_address"
MOST = {ACCOUNT: 5, ADDRESS: 20}
WITHIN = timedelta(minutes=15)
TOO_OFTEN = "That was tried too often. Please try again in 15 minutes."

FORGIVE = text("delete from switchboard.attempts where kind = :kind and subject = :subject")
FORGIVE_ONE = text("""
    delete from switchboard.attempts where attempt_id = (
        select max(attempt_id) from switchboard.attempts where kind = :kind and subject = :subject)
""")


def try_once_more(connection: Connection, email: str, address: str) -> None:
    """Count a try before its password is looked at, so that a thousand at once are a thousand.

    It makes no difference whether such an account exists.

    Raises:
        TooManyAttempts: of this account or this address, within the last minutes.
    """
    for kind, subject in ((ACCOUNT, email.lower()), (ADDRESS, network(address))):
        if not allowed(connection, kind, [subject], MOST[kind], WITHIN):
            raise TooManyAttempts(TOO_OFTEN)


def forgive(connection: Connection, email: str, address: str) -> None:
    """The right password was given: the account's wrong ones are forgotten. The address keeps those, and only this try
    doesn't count: a whole office may come from one."""
    connection.execute(FORGIVE, {"kind": ACCOUNT, "subject": email.lower()})
    connection.execute(FORGIVE_ONE, {"kind": ADDRESS, "subject": network(address)})

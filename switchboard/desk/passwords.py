"""Agents' passwords: argon2id with the library's parameters, which are RFC 9106's for machines with little memory."""

from functools import cache
from secrets import token_urlsafe

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from switchboard.errors import BadRequest

SHORTEST, LONGEST = 12, 200


def hash_password(password: str) -> str:
    """
    Raises:
        BadRequest: it is too short, or absurdly long.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise BadRequest(f"A password has {SHORTEST} to {LONGEST} characters.")
    return PasswordHasher().hash(password)


def matches(stored: str | None, password: str) -> bool:
    """Whether it is the password. Without a stored one it never is, and finding that out takes as long."""
    try:
        return PasswordHasher().verify(stored or _nobodys(), password[:LONGEST]) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def new_password() -> str:
    """One that nobody has to think of."""
    return token_urlsafe(12)


@cache
def _nobodys() -> str:
    return PasswordHasher().hash(token_urlsafe(12))

"""Tokens of the site that the chat is on: it knows who is signed in there, and says so in a signed JWT."""

from datetime import datetime, timezone

import jwt

from switchboard.errors import BadIdentityToken

ALGORITHM = "HS256"

AUDIENCE = "switchboard"

LONGEST_SECONDS = 24 * 3600
"""A token that is good for longer is refused: it would be as good as a password."""


def customer_of(token: str, secret: str) -> tuple[str, datetime]:
    """The customer's id in the business system, from a token made for us and still good, and when that ends.

    Raises:
        BadIdentityToken: it is not, or the site has no secret with us.
    """
    if not secret:
        raise BadIdentityToken("This server takes no tokens: IDENTITY_SECRET is not set.")
    try:
        required = ["exp", "iat", "sub", "aud"]
        claims = jwt.decode(token, secret, [ALGORITHM], {"require": required}, audience=AUDIENCE)
        expires, issued = int(claims["exp"]), int(claims["iat"])
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise BadIdentityToken from error
    if expires - issued > LONGEST_SECONDS or not isinstance(claims["sub"], str):
        raise BadIdentityToken
    return claims["sub"], datetime.fromtimestamp(expires, timezone.utc)

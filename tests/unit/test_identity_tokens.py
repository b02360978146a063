"""Tokens of the site that the chat is on."""

import time
from datetime import datetime, timezone
from typing import Any

import jwt
import pytest

from switchboard.errors import BadIdentityToken
from switchboard.identity.tokens import customer_of

SECRET = "a secret of the shop and the chat, long enough for HS256"


def token(secret: str = SECRET, algorithm: str = "HS256", **claims: Any) -> str:
    now = int(time.time())
    all_claims = {"sub": "17", "aud": "switchboard", "iat": now, "exp": now + 300, **claims}
    return jwt.encode({name: value for name, value in all_claims.items() if value is not None}, secret, algorithm)


def test_a_signed_token_names_the_customer() -> None:
    expires = int(time.time()) + 120

    assert customer_of(token(exp=expires), SECRET) == ("17", datetime.fromtimestamp(expires, timezone.utc))


def test_a_time_written_as_text_is_read() -> None:
    now = int(time.time())
    assert customer_of(token(iat=str(now), exp=str(now + 60)), SECRET)[0] == "17"


@pytest.mark.parametrize(
    "bad",
    [
        token(exp=int(time.time()) - 1),
        token(exp=int(time.time()) + 30 * 24 * 3600),
        token(exp=None),
        token(iat=None),
        token(sub=None),
        token(aud="another program"),
        token(aud=None),
        token(secret="somebody else's secret that is long enough too"),
        token(secret=SECRET, algorithm="HS512"),
        jwt.encode({"sub": "17", "aud": "switchboard"}, "", "none"),
        "rubbish",
        "",
    ],
    ids=[
        "expired",
        "too long",
        "no end",
        "no beginning",
        "nobody",
        "for others",
        "for nobody",
        "forged",
        "other kind",
        "unsigned",
        "rubbish",
        "empty",
    ],
)
def test_everything_else_is_refused(bad: str) -> None:
    with pytest.raises(BadIdentityToken):
        customer_of(bad, SECRET)


def test_without_a_secret_no_token_is_good() -> None:
    with pytest.raises(BadIdentityToken):
        customer_of(token(), "")

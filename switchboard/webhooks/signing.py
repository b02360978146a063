"""Signatures as the Standard Webhooks specification (version 1.0.0) describes them, so that its libraries verify ours.

HMAC-SHA256 over `id.timestamp.body` with the key that the secret holds in base64 after `whsec_`.
"""

import base64
import hmac
import time
from collections.abc import Mapping
from hashlib import sha256
from secrets import token_bytes

PREFIX = "whsec_"

KEY_BYTES = 32

TOLERANCE_SECONDS = 300
"""How far a receiver should let the timestamp be from its own clock."""


def new_secret() -> str:
    """A secret nobody has seen."""
    return PREFIX + base64.b64encode(token_bytes(KEY_BYTES)).decode()


def signed_headers(secret: str, event_id: str, body: bytes, timestamp: int | None = None) -> dict[str, str]:
    """The headers that go with `body`; `timestamp` is in seconds since 1970, now if left out."""
    at = str(int(time.time()) if timestamp is None else timestamp)
    return {
        "webhook-id": event_id,
        "webhook-timestamp": at,
        "webhook-signature": f"v1,{_signature(secret, event_id, at, body)}",
    }


def verify(secret: str, headers: Mapping[str, str], body: bytes, now: float | None = None) -> bool:
    """Whether these headers are those of a call made with this secret, in the last five minutes."""
    at = headers.get("webhook-timestamp", "")
    present = time.time() if now is None else now
    if not (at.isascii() and at.isdigit()) or abs(present - int(at)) > TOLERANCE_SECONDS:
        return False
    expected = f"v1,{_signature(secret, headers.get('webhook-id', ''), at, body)}"
    given = headers.get("webhook-signature", "").split()
    return any(hmac.compare_digest(expected.encode(), each.encode()) for each in given)


def _signature(secret: str, event_id: str, at: str, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return base64.b64encode(hmac.digest(key, b".".join([event_id.encode(), at.encode(), body]), sha256)).decode()

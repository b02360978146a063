"""Links back into a conversation: what opens it for a while, signed and stored nowhere (docs/decisions/0015)."""

import hmac
import time
from base64 import urlsafe_b64encode
from hashlib import sha256

from switchboard.settings import Settings

VALID_SECONDS = 14 * 24 * 3600
"""How long a link opens its conversation."""

FRAGMENT = "chat="


def link(settings: Settings, conversation_id: str, now: float | None = None) -> str:
    """An address that opens the conversation in the chat.

    What opens it stands in the fragment, which browsers send to nobody, so it is in no log. Without `LINK_SECRET` the
    address leads to the page alone.
    """
    page = settings.public_url or own_address(settings)
    if not settings.link_secret:
        return page
    return f"{page.rstrip('/')}/#{FRAGMENT}{sign(settings.link_secret, conversation_id, now)}"


def sign(secret: str, conversation_id: str, now: float | None = None) -> str:
    """A token that opens the conversation for `VALID_SECONDS`: its id, when it expires, and the two signed."""
    expires = int((time.time() if now is None else now) + VALID_SECONDS)
    return f"{conversation_id}.{expires}.{_signature(secret, conversation_id, expires)}"


def opens(secret: str, conversation_id: str, token: str, now: float | None = None) -> bool:
    """Whether the token is a link's, for this conversation, and still valid."""
    named, _, rest = token.partition(".")
    expires, _, signature = rest.partition(".")
    if not secret or named != conversation_id or not (expires.isascii() and expires.isdigit() and len(expires) < 12):
        return False
    ours = _signature(secret, conversation_id, int(expires))
    valid = (time.time() if now is None else now) < int(expires)
    return hmac.compare_digest(ours.encode(), signature.encode()) and valid


def own_address(settings: Settings) -> str:
    """Where the web process listens, as a browser on this machine finds it."""
    host = settings.host if settings.host not in ("0.0.0.0", "::") else "127.0.0.1"
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


def _signature(secret: str, conversation_id: str, expires: int) -> str:
    signed = hmac.new(secret.encode(), f"chat.{conversation_id}.{expires}".encode(), sha256).digest()
    return urlsafe_b64encode(signed).decode().rstrip("=")

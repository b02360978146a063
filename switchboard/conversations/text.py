"""What a customer typed, made safe to store and to give to the assistant."""

import unicodedata

from switchboard.errors import EmptyMessage, MessageTooLong
from switchboard.privacy.masking import mask_cards


def clean(text: str, max_chars: int) -> str:
    """Normalised text without control characters, card numbers or a leading slash.

    Rasa takes text that starts with `/` for a command (`/restart`, `/intent{...}`), so a customer's can't.

    Raises:
        MessageTooLong: more than `max_chars` characters.
        EmptyMessage: nothing is left.
    """
    if len(text) > max_chars:
        raise MessageTooLong(f"The message is too long: {len(text)} characters, at most {max_chars} are allowed.")
    normal = unicodedata.normalize("NFC", text)
    printable = "".join(c for c in normal if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))
    cleaned = mask_cards(printable[_start(printable) :].rstrip())
    if not cleaned:
        raise EmptyMessage
    return cleaned


def _start(text: str) -> int:
    """Where the text begins, after slashes and everything that doesn't show."""
    shown = (n for n, c in enumerate(text) if not (c == "/" or c.isspace() or unicodedata.category(c) == "Cf"))
    return next(shown, len(text))

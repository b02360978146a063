"""Names, postcodes and e-mail addresses as people type them."""

from typing import Any

SHORTEST_PLURAL = 4


def storable(text: str) -> str:
    """The text without what PostgreSQL and JSON can't hold: NUL and lone surrogates."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode("utf-8")


def all_storable(value: Any) -> Any:
    """JSON with every text in it made storable."""
    if isinstance(value, dict):
        return {name: all_storable(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [all_storable(part) for part in value]
    return storable(value) if isinstance(value, str) else value


def plain_email(email: str) -> str:
    return storable(email).strip().lower()


def plain_name(name: str) -> str:
    return " ".join(storable(name).split()).lower()


def plain_postcode(postcode: str) -> str:
    return "".join(storable(postcode).split()).upper()


def singular(word: str) -> str:
    """`kettles` finds the kettle."""
    return word[:-1] if word.endswith("s") and len(word) >= SHORTEST_PLURAL and not word.endswith("ss") else word

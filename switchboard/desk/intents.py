"""What customers can want, for agents who say what the assistant should have understood."""

from pathlib import Path

from switchboard.desk.render import words
from switchboard.desk.views import Intent
from switchboard.turns.domain import DOMAIN, intents


def read_intents(path: Path = DOMAIN) -> list[Intent]:
    """The intents of the assistant's domain, by title.

    Raises:
        StartError: it can't be read.
    """
    return sorted((Intent(name, words(name)) for name in intents(path)), key=lambda intent: intent.title)

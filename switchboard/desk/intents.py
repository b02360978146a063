"""What customers can want, for agents who say what the assistant should have understood."""

from pathlib import Path

import yaml

from switchboard.desk.render import words
from switchboard.desk.views import Intent
from switchboard.errors import StartError


def read_intents(path: Path) -> list[Intent]:
    """The intents of the assistant's domain, by title.

    Raises:
        StartError: it can't be read.
    """
    try:
        listed = yaml.safe_load(path.read_text(encoding="utf-8"))["intents"]
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise StartError(f"The intents of {path} can't be read: {error}.") from error
    names = [next(iter(each)) if isinstance(each, dict) else each for each in listed]
    return sorted((Intent(name, words(name)) for name in names), key=lambda intent: intent.title)

"""The assistant's domain, as far as others need it: the intents it knows."""

from pathlib import Path

import yaml

from switchboard.errors import StartError

DOMAIN = Path("domain.yml")


def intents(path: Path = DOMAIN) -> list[str]:
    """The names of the intents.

    Raises:
        StartError: they can't be read.
    """
    try:
        listed = yaml.safe_load(path.read_text(encoding="utf-8"))["intents"]
        return [each if isinstance(each, str) else next(iter(each)) for each in listed]
    except (OSError, yaml.YAMLError, KeyError, TypeError, StopIteration) as error:
        raise StartError(f"The intents of {path} can't be read: {error}.") from error

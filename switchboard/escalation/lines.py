"""YAML of which every value knows its line, so that every error can name it."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

import yaml

from switchboard.errors import BadRules


class Part:
    """A value of the file."""

    def __init__(self, file: str, node: yaml.Node) -> None:
        self.file, self.node = file, node

    @property
    def line(self) -> int:
        return self.node.start_mark.line + 1

    def refuse(self, why: str) -> NoReturn:
        """Say what is wrong with it, and where it is.

        Raises:
            BadRules: always.
        """
        raise BadRules(f"{self.file}, line {self.line}: {why}")

    def fields(self, known: Iterable[str] | None = None, needed: Iterable[str] = ()) -> dict[str, "Part"]:
        """A mapping's values by name.

        Args:
            known: the names that may occur; None for any.
            needed: those that must.
        """
        if not isinstance(self.node, yaml.MappingNode):
            self.refuse("names with values are needed here, like 'team: billing'.")
        found: dict[str, Part] = {}
        for key, value in self.node.value:
            name, where = key.value, Part(self.file, key)
            if not isinstance(key, yaml.ScalarNode) or (known is not None and name not in known):
                where.refuse(f"there is no {name!r} here; there are {', '.join(sorted(known or ()))}.")
            if name in found:
                where.refuse(f"{name!r} is here twice.")
            found[name] = Part(self.file, value)
        for name in needed:
            if name not in found:
                self.refuse(f"{name!r} is missing.")
        return found

    def items(self) -> list["Part"]:
        """A list's values."""
        if not isinstance(self.node, yaml.SequenceNode):
            self.refuse("a list is needed here.")
        return [Part(self.file, each) for each in self.node.value]

    def text(self) -> str:
        """A text that isn't empty."""
        value = self._scalar()
        if not isinstance(value, str) or not value.strip():
            self.refuse("a text is needed here.")
        return value.strip()

    def texts(self) -> list[str]:
        """A list of texts, or one alone."""
        parts = self.items() if isinstance(self.node, yaml.SequenceNode) else [self]
        if not parts:
            self.refuse("the list is empty.")
        return [part.text() for part in parts]

    def number(self) -> float:
        value = self._scalar()
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.refuse("a number is needed here.")
        return float(value)

    def flag(self) -> bool:
        value = self._scalar()
        if not isinstance(value, bool):
            self.refuse("true or false is needed here.")
        return value

    def one_of(self, names: Iterable[str]) -> str:
        """One of these names."""
        name = self.text()
        if name not in names:
            self.refuse(f"there is no {name!r}; there are {', '.join(names)}.")
        return name

    def _scalar(self) -> Any:
        if not isinstance(self.node, yaml.ScalarNode):
            return None
        try:
            return yaml.SafeLoader("").construct_object(self.node)
        except (yaml.YAMLError, ValueError):
            self.refuse(f"{self.node.value!r} can't be read.")


def read_yaml(path: Path) -> Part:
    """The file's content.

    Raises:
        BadRules: it can't be read.
    """
    try:
        text = path.read_text(encoding="utf-8")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except OSError as error:
        raise BadRules(f"{path} can't be read: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise BadRules(f"{path}, byte {error.start}: not UTF-8.") from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise BadRules(f"{path}, line {line}: a character that can't be printed: U+{error.character:04X}.") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise BadRules(f"{path}, line {mark.line + 1 if mark else 1}: {error.problem or 'not YAML'}.") from None
    if node is None:
        raise BadRules(f"{path}, line 1: the file is empty.")
    return Part(str(path), node)

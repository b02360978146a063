"""What a rule asks of one fact."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class OneOf:
    """The fact is one of these names, or, of several, has one of them."""

    names: tuple[str, ...]

    def holds(self, value: Any) -> bool:
        values = value if isinstance(value, tuple) else (value,)
        return any(name in values for name in self.names)

    def __str__(self) -> str:
        return self.names[0] if len(self.names) == 1 else f"one of {', '.join(self.names)}"


@dataclass(frozen=True)
class Within:
    """The fact is a number in these bounds."""

    at_least: float | None = None
    below: float | None = None

    def holds(self, value: Any) -> bool:
        return (self.at_least is None or value >= self.at_least) and (self.below is None or value < self.below)

    def __str__(self) -> str:
        bounds = {"at least": self.at_least, "below": self.below}
        return " and ".join(f"{name} {bound:g}" for name, bound in bounds.items() if bound is not None)


@dataclass(frozen=True)
class Is:
    """The fact is true, or false."""

    wanted: bool

    def holds(self, value: Any) -> bool:
        return value is self.wanted

    def __str__(self) -> str:
        return str(self.wanted).lower()


@dataclass(frozen=True)
class Condition:
    """What a rule asks of one fact. A fact that is not known meets no condition."""

    fact: str
    wanted: OneOf | Within | Is

    def holds(self, value: Any) -> bool:
        return value is not None and self.wanted.holds(value)

    def missed(self, value: Any) -> str:
        """Why it does not hold."""
        return f"{self.fact} is {shown(value)}, not {self.wanted}"


def shown(value: Any) -> str:
    """A fact in words."""
    if value is None:
        return "not known"
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)

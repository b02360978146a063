"""What is known so far of a task under way. Rasa keeps it, in the slot `draft`, as JSON."""

from dataclasses import asdict, dataclass, field
from typing import Any, get_args

import msgspec

from switchboard.crm.changes import Request, Result

REQUESTS = {each.name: each for each in get_args(Request)}


@dataclass
class Draft:
    """
    Attributes:
        task: its name.
        asking: what the customer was asked for last.
        said: the message that it began with.
        number: the order that it is about.
        meant: the order that was talked about before, which is meant where no other is named.
        points: whether that was pointed at: "cancel it".
        shown: what was given to show who the customer is, by kind.
        code_to: a hint where a one-time code was sent.
        details: what the task was told.
        preview: what would be done, in words.
        request: what is previewed, as the shop's system would be asked for it.
        quoted: what the shop's system says would come of it.
        agreed: whether the customer said yes to that.
        over: nothing is left to do: it was told, refused, or dropped.
        before: the draft of what goes on when this is over.
    """

    task: str
    asking: str | None = None
    said: str = ""
    number: str | None = None
    meant: str | None = None
    points: bool = False
    shown: dict[str, str] = field(default_factory=dict)
    code_to: str | None = None
    details: dict[str, Any] = field(default_factory=dict)
    preview: str = ""
    request: dict[str, Any] | None = None
    quoted: dict[str, Any] | None = None
    agreed: bool = False
    over: bool = False
    before: dict[str, Any] | None = None

    @classmethod
    def of(cls, slot: dict[str, Any] | None) -> "Draft | None":
        return cls(**slot) if slot else None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def about(self, number: str) -> None:
        """Turn to another order: what was said of the last one's items doesn't hold for it."""
        self.number, self.meant, self.details, self.agreed = number, None, {}, False

    def propose(self, request: Request, result: Result, preview: str) -> None:
        """Note what the customer is asked to agree to."""
        self.request, self.quoted, self.preview = msgspec.to_builtins(request), msgspec.to_builtins(result), preview
        self.agreed = False

    def proposed(self) -> tuple[Request, Result]:
        """What was previewed last, and what would come of it."""
        return msgspec.convert(self.request, REQUESTS[self.task]), msgspec.convert(self.quoted, Result)

    def correct(self, name: str, value: Any) -> None:
        """Take another value for a detail, and for nothing that rests on it."""
        kept = [*self.details][: [*self.details].index(name)] if name in self.details else [*self.details]
        self.details = {each: self.details[each] for each in kept} | {name: value}
        self.agreed = False

    def forget(self, name: str) -> None:
        """Take back a detail, so that it is asked for, whatever the first message said."""
        self.details = {each: value for each, value in self.details.items() if each not in (name, "versions_so_far")}
        self.said = ""

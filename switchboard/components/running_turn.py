"""The turn under way, shared between our channel and our tracker store.

Rasa swallows two kinds of error that a turn must not survive: an action that fails is logged and
forgotten, and a tracker store that fails is replaced by an empty memory. Both are noted here, so that the
store keeps nothing of such a turn and the channel answers with an error.
"""

import logging
from contextvars import ContextVar
from dataclasses import dataclass, field

from aiohttp import ClientConnectionError
from rasa.shared.core.trackers import DialogueStateTracker


@dataclass
class RunningTurn:
    """What happens in one turn.

    Attributes:
        keep: whether the conversation is stored.
        tracker: the conversation so far; after the turn, with the turn in it.
        failures: what went wrong in an action, or a turn that said nothing.
        store_failures: what went wrong between Rasa and the database.
        actions_away: why the action server could not be reached.
    """

    keep: bool
    tracker: DialogueStateTracker | None = None
    failures: list[str] = field(default_factory=list)
    store_failures: list[str] = field(default_factory=list)
    actions_away: list[str] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        return bool(self.failures or self.store_failures or self.actions_away)

    @property
    def outages(self) -> list[str]:
        """What Rasa needs and could not reach: no fault of the message."""
        return self.store_failures + self.actions_away


running_turn: ContextVar[RunningTurn | None] = ContextVar("running_turn", default=None)


class FailedActions(logging.Handler):
    """Notes exceptions that `rasa.core.processor` logs while it runs an action; it tells nobody else."""

    def emit(self, record: logging.LogRecord) -> None:
        turn = running_turn.get()
        error = record.exc_info[1] if record.exc_info else None
        if turn and error:
            noted = turn.actions_away if isinstance(error.__context__, ClientConnectionError) else turn.failures
            noted.append(f"{type(error).__name__}: {error}")


def note_failed_actions() -> None:
    """Attach the handler, once."""
    logger = logging.getLogger("rasa.core.processor")
    if not any(isinstance(handler, FailedActions) for handler in logger.handlers):
        logger.addHandler(FailedActions(logging.ERROR))

"""The present model's policies, asked one by one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rasa.core.agent import Agent
from rasa.engine.constants import PLACEHOLDER_TRACKER
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

from benchmarks.ted import Turn
from switchboard.errors import BadRequest
from switchboard.training import model_path

ROOT = Path(__file__).parent.parent
CERTAIN = 1.0
REQUESTED = {"order_status_form": "order_number", "task_form": "answer"}


class Policies:
    """A conversation that goes as it should, whatever is predicted."""

    def __init__(self, agent: Agent) -> None:
        self.domain = agent.domain
        self.runner = agent.processor.graph_runner
        self.nodes = list(agent.processor.model_metadata.predict_schema.nodes)
        self.tracker = DialogueStateTracker.from_events("nobody", [], slots=self.domain.slots)

    @classmethod
    def of_present_model(cls) -> Policies:
        """The model that belongs to the data as it is.

        Raises:
            BadRequest: it has not been trained yet.
        """
        path = model_path(ROOT)
        if not path.exists():
            raise BadRequest("Train the model first: make train.")
        return cls(Agent.load(str(path)))

    def begin(self) -> None:
        started = [ActionExecuted("action_session_start"), SessionStarted(), ActionExecuted("action_listen")]
        self.tracker = DialogueStateTracker.from_events("nobody", started, slots=self.domain.slots, domain=self.domain)

    def hear(self, intent: str, interrupted: str | None) -> None:
        understood = {"name": intent, "confidence": 1.0}
        self._add(UserUttered(f"/{intent}", understood))
        if interrupted:
            self._add(ActionExecutionRejected(interrupted))

    def predict(self) -> dict[str, str] | None:
        """What each way would do next; None if a rule is certain."""
        nodes = {kind: self._node(kind) for kind in ("MemoizationPolicy", "RulePolicy", "TEDWhenNeeded")}
        ensemble = self._node("select_prediction")
        found = self.runner.run({PLACEHOLDER_TRACKER: self.tracker}, targets=[*nodes.values(), ensemble])
        if found[nodes["RulePolicy"]].max_confidence >= CERTAIN:
            return None
        return {
            "all policies": self._best(found[ensemble]),
            "TED alone": self._best(found[nodes["TEDWhenNeeded"]]),
            "memory alone": self._best(found[nodes["MemoizationPolicy"]]),
        }

    def act(self, action: str, turn: Turn) -> None:
        """The action, with what its form does."""
        self._add(ActionExecuted(action))
        if action == turn.after and turn.after != turn.before:
            self._add(ActiveLoop(action))
        if action == turn.after:
            self._add(SlotSet("requested_slot", REQUESTED[action]))
        if action == turn.before and turn.after is None:
            self._add(ActiveLoop(None), SlotSet("requested_slot", None))

    def listen(self, turn: Turn) -> None:
        if turn.before and turn.after is None and not turn.actions:
            self._add(ActionExecuted("action_leave_form"), ActiveLoop(None), SlotSet("requested_slot", None))
        self._add(ActionExecuted("action_listen"))

    def _add(self, *events: Any) -> None:
        self.tracker.update_with_events(list(events), self.domain)

    def _node(self, kind: str) -> str:
        return next(name for name in self.nodes if kind in name)

    def _best(self, prediction: Any) -> str:
        if prediction.max_confidence == 0:
            return "nothing"
        return str(self.domain.action_names_or_texts[prediction.max_confidence_index])

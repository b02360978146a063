"""TED, asked only when no rule decides.

Rasa asks every policy for every action and then lets a rule win. TED's answer costs most of such a turn and changes
nothing, so this one looks at the rules first.
"""

import logging
from typing import Any

from rasa.core.featurizers.precomputation import MessageContainerForCoreFeaturization
from rasa.core.policies.policy import PolicyPrediction
from rasa.core.policies.rule_policy import RulePolicy
from rasa.core.policies.ted_policy import TED, TEDPolicy
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecutionRejected
from rasa.shared.core.generator import TrackerWithCachedStates
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.tensorflow.model_data import RasaModelData

log = logging.getLogger(__name__)

CERTAIN = 1.0


class QuickTED(TED):
    """TED that makes its variables by predicting once.

    Rasa makes them by a training step, and tracing that takes most of the time a model needs to load.
    """

    @classmethod
    def load(
        cls,
        model_file_name: str,
        model_data_example: RasaModelData,
        predict_data_example: RasaModelData | None = None,
        finetune_mode: bool = False,
        *args: Any,
        **kwargs: Any,
    ) -> "QuickTED":
        if finetune_mode or predict_data_example is None:
            return super().load(
                model_file_name, model_data_example, predict_data_example, finetune_mode, *args, **kwargs
            )
        model = cls(*args, **kwargs)
        model.compile()
        model.run_inference(predict_data_example)
        restored = model.load_weights(model_file_name).expect_partial()  # the optimiser's are not needed
        restored.assert_existing_objects_matched()
        model._forget_untrained_predictions()
        model.run_inference(predict_data_example)
        return model

    def _forget_untrained_predictions(self) -> None:
        self.prepared_for_prediction = False
        self._tf_predict_step = None


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True)
class TEDWhenNeeded(TEDPolicy):
    """Rasa's TEDPolicy with three differences.

    It predicts nothing where a rule is certain. It learns from the stories as they are written: the rules decide
    what happens between them, so gluing stories together at random would only make training longer. And it loads
    in half the time.

    Config:
        rule_policy: the name of the graph node that trained the RulePolicy, `train_RulePolicy` and its place
            among the policies, counted from 0.
    """

    rules: RulePolicy | None = None

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return TEDPolicy.get_default_config() | {"rule_policy": "train_RulePolicy1"}

    @staticmethod
    def model_class() -> type[TED]:
        return QuickTED

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "TEDWhenNeeded":
        """Load TED, and beside it the rules of the same model."""
        policy = super().load(config, model_storage, resource, execution_context, **kwargs)
        rules = Resource(config["rule_policy"])
        rule_config = RulePolicy.get_default_config()
        policy.rules = RulePolicy.load(rule_config, model_storage, rules, execution_context)
        if not policy.rules.lookup:
            log.error("There are no rules in %s; TED is asked for every action.", rules.name)
            policy.rules = None
        return policy

    def train(
        self,
        training_trackers: list[TrackerWithCachedStates],
        domain: Domain,
        precomputations: MessageContainerForCoreFeaturization | None = None,
        **kwargs: Any,
    ) -> Resource:
        """Train on the stories as written."""
        written = [tracker for tracker in training_trackers if not tracker.is_augmented]
        return super().train(written, domain, precomputations, **kwargs)

    def predict_action_probabilities(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        rule_only_data: dict[str, Any] | None = None,
        precomputations: MessageContainerForCoreFeaturization | None = None,
        **kwargs: Any,
    ) -> PolicyPrediction:
        """TED's prediction, or none where a rule is certain."""
        if self._a_rule_decides(tracker, domain):
            return self._prediction(self._default_predictions(domain))
        return super().predict_action_probabilities(tracker, domain, rule_only_data, precomputations, **kwargs)

    def _a_rule_decides(self, tracker: DialogueStateTracker, domain: Domain) -> bool:
        if self.rules is None or isinstance(tracker.events[-1], ActionExecutionRejected):
            return False
        return self.rules.predict_action_probabilities(tracker, domain).max_confidence >= CERTAIN

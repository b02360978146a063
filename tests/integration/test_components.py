"""The NLU components as Rasa uses them: trained, stored, loaded, asked."""

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rasa")

from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.training_data.formats.rasa_yaml import RasaYAMLReader
from rasa.shared.nlu.training_data.message import Message

from switchboard.components.classifier import CascadeClassifier
from switchboard.components.entities import EntityExtractor

TRAINING = """
version: "3.1"
nlu:
- intent: track_order
  examples: |
    - where is my order
    - where is my order [#48213](order_number)
    - track my parcel
    - has the [Alder saucepan](product) shipped
- intent: delete_account
  examples: |
    - delete my account
    - close my account please
    - remove my account
    - erase my account
- intent: greet
  examples: |
    - hello
    - hi there
    - good morning
- intent: out_of_scope
  examples: |
    - tell me a joke
    - who is the president
    - what is the weather like
- regex: order_number
  examples: |
    - #\\d{5}
- lookup: product
  examples: |
    - Alder saucepan
"""


@pytest.fixture(scope="module", params=["minilm", "none"])
def ask(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    storage = LocalModelStorage(tmp_path_factory.mktemp("model"))
    context = ExecutionContext(GraphSchema({}), node_name="test")
    data = RasaYAMLReader().reads(TRAINING)
    loaded = []
    for component in (EntityExtractor, CascadeClassifier):
        config = {**component.get_default_config(), "encoder": request.param, "today": "2026-11-20"}
        resource = Resource(component.__name__)
        component.create(config, storage, resource, context).train(data)
        loaded.append(component.load(config, storage, resource, context))

    def parse(text: str, **given: Any) -> dict[str, Any]:
        message = Message({"text": text, **given})
        for component in loaded:
            component.process([message])
        return message.as_dict(only_output_properties=True)

    return parse


def test_a_parse_says_intent_ranking_stage_and_scope(ask: Any) -> None:
    parsed = ask("where is my order #12345")
    assert parsed["intent"]["name"] == "track_order"
    assert len(parsed["intent_ranking"]) == 4
    assert parsed["stage"] in ("fast", "both")
    assert 0 <= parsed["in_scope"] <= 1
    assert [(e["entity"], e["value"], e["start"], e["end"]) for e in parsed["entities"]] == [
        ("order_number", "12345", 18, 24)
    ]


@pytest.mark.parametrize("text", ["", "😀", "?"])
def test_a_message_without_words_has_no_intent(ask: Any, text: str) -> None:
    assert ask(text)["intent"] == {"name": None, "confidence": 0.0}


def test_five_thousand_characters_are_no_trouble(ask: Any) -> None:
    assert ask("where is my order " * 277)["intent"]["name"]


def test_an_intent_that_rasa_has_read_itself_is_kept(ask: Any) -> None:
    given = {"name": "greet", "confidence": 1.0}
    message = Message({"text": "/greet", "intent": given})
    assert ask(message.get("text"), intent=given).get("intent", given) == given


def test_another_language_is_out_of_scope_and_named(ask: Any) -> None:
    parsed = ask("wo ist meine Bestellung, bitte?")
    assert parsed["language"] == "de"
    assert parsed["intent"]["name"] == "out_of_scope"
    assert [(e["entity"], e["value"]) for e in parsed["entities"]] == [("language", "de")]


def test_a_component_without_training_answers_nothing(tmp_path: Path) -> None:
    config = {**CascadeClassifier.get_default_config(), "encoder": "none"}
    context = ExecutionContext(GraphSchema({}), node_name="test")
    component = CascadeClassifier.load(config, LocalModelStorage(tmp_path), Resource("nothing"), context)
    message = Message({"text": "hello"})
    component.process([message])
    assert message.get("intent")["name"] is None


@pytest.mark.parametrize("component", [CascadeClassifier, EntityExtractor])
def test_a_change_of_the_code_is_a_change_for_the_training(component: Any) -> None:
    config = {**component.get_default_config(), "encoder": "none"}
    assert component.fingerprint_addon(config) == component.fingerprint_addon(config)
    assert len(component.fingerprint_addon(config)) >= 64

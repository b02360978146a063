"""Encoders other than the built-in one, through the component: a tiny Hugging Face model, made here, and none."""

import logging
from pathlib import Path
from typing import Any

import pytest
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from switchboard.components.classifier import CascadeClassifier

EXAMPLES = {
    "track_order": ["where is my order", "track my order", "where is my parcel", "my parcel is late", "order status"],
    "delete_account": ["delete my account", "close my account", "remove my account", "account deletion", "end it all"],
    "greet": ["hello", "hi there", "good morning", "hello there", "hi"],
}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT of one layer with random weights, as a folder that transformers can read."""
    from transformers import BertConfig, BertTokenizerFast, TFBertModel

    folder = tmp_path_factory.mktemp("bert")
    words = sorted({word for texts in EXAMPLES.values() for text in texts for word in text.split()})
    (folder / "vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words]))
    tokenizer = BertTokenizerFast(str(folder / "vocab.txt"))
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    bert = TFBertModel(BertConfig(vocab_size=len(tokenizer), **sizes))
    bert(bert.dummy_inputs)
    bert.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def test_a_model_of_ones_own_is_trained_kept_and_asked(model: Path, tmp_path: Path) -> None:
    component = trained_and_loaded({"encoder": "transformers", "model": str(model), "threshold": 2.0}, tmp_path)
    message = component.process([Message({TEXT: "where is my order"})])[0]
    assert (message.get(INTENT)["name"], message.get("stage")) == ("track_order", "both")


def test_a_model_that_is_not_there_leaves_the_words_and_one_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "switchboard"):
        config = {"encoder": "transformers", "model": str(tmp_path / "nothing")}
        component = trained_and_loaded(config, tmp_path)
    message = component.process([Message({TEXT: "where is my order"})])[0]
    assert (message.get(INTENT)["name"], message.get("stage")) == ("track_order", "fast")
    assert [record.message.split(":")[0] for record in caplog.records] == [
        "Messages are understood by their words alone"
    ]


def trained_and_loaded(config: dict[str, Any], folder: Path) -> CascadeClassifier:
    config = CascadeClassifier.get_default_config() | config
    (folder / "storage").mkdir()
    where = (LocalModelStorage.create(folder / "storage"), Resource("classifier"), ExecutionContext(GraphSchema({})))
    examples = [Message({TEXT: text, INTENT: intent}) for intent, texts in EXAMPLES.items() for text in texts]
    CascadeClassifier.create(config, *where).train(TrainingData(examples))
    return CascadeClassifier.load(config, *where)

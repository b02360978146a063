"""There are enough training examples, the messages that judge them are fair, the two never mix."""

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import yaml

ROOT = Path(__file__).parents[2]
INTENTS_PAGE = ROOT / "docs" / "intents.md"
TRAINING_FILES = sorted((ROOT / "data" / "nlu").glob("*.yml"))
TEST_SET = ROOT / "tests" / "nlu" / "test_set.yml"
PARAPHRASES = ROOT / "tests" / "acceptance" / "paraphrases.yml"

ENTITIES = {
    "city", "country", "date", "email", "invoice_number",
    "money", "order_number", "person_name", "phone", "product",
}  # fmt: skip
ANNOTATION = re.compile(r"\[(?P<span>[^\]]+)\](?:\((?P<entity>[^)]+)\)|(?P<details>\{[^}]*\}))")
NEAR = 0.85  # the Jaccard similarity of character trigrams from which two messages count as one


class Message(NamedTuple):
    intent: str
    text: str


def test_every_intent_has_thirty_training_examples() -> None:
    count = Counter(message.intent for message in training())
    assert {intent: count[intent] for intent in intents() if count[intent] < 30} == {}


def test_training_and_test_messages_name_only_documented_intents() -> None:
    used = {message.intent for message in [*training(), *judging_set(), *paraphrases()]}
    assert used - intents() == set()


def test_no_training_example_occurs_twice() -> None:
    count = Counter(normalised(message.text) for message in training())
    assert [text for text, times in count.items() if times > 1] == []


def test_no_test_message_occurs_twice() -> None:
    count = Counter(normalised(message.text) for message in [*judging_set(), *paraphrases()])
    assert [text for text, times in count.items() if times > 1] == []


def test_no_test_message_is_nearly_a_training_example() -> None:
    assert near_duplicates(judging_set(), training()) == []


def test_no_paraphrase_is_nearly_a_training_example() -> None:
    assert near_duplicates(paraphrases(), training()) == []


def test_every_intent_is_judged_by_fifteen_messages_and_out_of_scope_by_a_hundred() -> None:
    count = Counter(message.intent for message in judging_set())
    wanted = {intent: 100 if intent == "out_of_scope" else 15 for intent in intents()}
    assert {intent: count[intent] for intent in wanted if count[intent] < wanted[intent]} == {}


def test_there_are_fifty_paraphrases() -> None:
    assert len(paraphrases()) == 50


def test_only_the_ten_known_entities_are_annotated() -> None:
    used = {name for message in [*training(), *judging_set()] for name in entities(message.text)}
    assert used - ENTITIES == set()


@cache
def intents() -> set[str]:
    """The names in the first column of the tables in docs/intents.md."""
    return set(re.findall(r"^\| `(\w+)` \|", INTENTS_PAGE.read_text(encoding="utf-8"), re.MULTILINE))


@cache
def training() -> list[Message]:
    return [message for path in TRAINING_FILES for message in messages(path)]


@cache
def judging_set() -> list[Message]:
    return list(messages(TEST_SET))


@cache
def paraphrases() -> list[Message]:
    entries = yaml.safe_load(PARAPHRASES.read_text(encoding="utf-8"))
    return [Message(entry["intent"], entry["text"]) for entry in entries]


def messages(path: Path) -> Iterator[Message]:
    """The examples of each intent in a Rasa NLU file, without lookups, synonyms and regexes."""
    for block in yaml.safe_load(path.read_text(encoding="utf-8")).get("nlu") or []:
        if "intent" in block:
            for line in block["examples"].splitlines():
                if line.strip():
                    yield Message(block["intent"], line.strip().removeprefix("- "))


def entities(text: str) -> Iterator[str]:
    """The entity of each `[span](entity)` or `[span]{"entity": "…"}` in `text`."""
    for match in ANNOTATION.finditer(text):
        yield match["entity"] or yaml.safe_load(match["details"])["entity"]


def normalised(text: str) -> str:
    """`text` in lower case without annotations and punctuation; as it is if nothing remains."""
    plain = ANNOTATION.sub(lambda match: match["span"], text)
    return " ".join(re.sub(r"[^\w\s]", "", plain.lower()).split()) or text


def near_duplicates(judging: list[Message], taught: list[Message]) -> list[tuple[str, str]]:
    """Pairs of a judging and a taught message that are the same, or nearly if over two words."""
    known = [(text, trigrams(text)) for text in (normalised(message.text) for message in taught)]
    return [
        (text, other)
        for text in (normalised(message.text) for message in judging)
        for other, parts in known
        if text == other or (len(text.split()) > 2 and alike(trigrams(text), parts))
    ]


@cache
def trigrams(text: str) -> frozenset[str]:
    return frozenset(text[start : start + 3] for start in range(max(1, len(text) - 2)))


def alike(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether the Jaccard similarity reaches NEAR; sets of too different sizes cannot."""
    small, large = sorted((len(one), len(other)))
    return small >= NEAR * large and len(one & other) >= NEAR * len(one | other)

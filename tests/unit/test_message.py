"""What is decided about a whole message, with a small cascade that knows words alone."""

import pytest

from switchboard.understanding.cascade import OUT_OF_SCOPE, Cascade
from switchboard.understanding.message import is_only_strange, understand
from switchboard.understanding.spelling import Speller

EXAMPLES = {
    "track_order": [
        "where is my order",
        "track my order",
        "where is the parcel",
        "has my order shipped",
        "order status",
    ],
    "delete_account": [
        "delete my account",
        "close my account",
        "remove my account",
        "account deletion",
        "end my account",
    ],
    OUT_OF_SCOPE: ["tell me a joke", "who won the match", "what is the weather", "sing a song", "write a poem"],
}


@pytest.fixture(scope="module")
def cascade() -> Cascade:
    pairs = [(text, intent) for intent, texts in EXAMPLES.items() for text in texts]
    return Cascade.fit([text for text, _ in pairs], [intent for _, intent in pairs], None)


def test_one_request_leaves_nothing_pending(cascade: Cascade) -> None:
    understood = understand(cascade, "where is my order", "where is my order")
    assert (understood.intent, understood.pending, understood.language) == ("track_order", [], "en")


def test_another_language_is_out_of_scope(cascade: Cascade) -> None:
    text = "wo ist meine Bestellung und wann kommt sie"
    understood = understand(cascade, text, text)
    assert (understood.intent, understood.language) == (OUT_OF_SCOPE, "de")
    assert not is_only_strange(understood.intent, understood.confidence, understood.legible, 0.95)


def test_nothing_has_no_intent(cascade: Cascade) -> None:
    understood = understand(cascade, "😀", "😀")
    assert (understood.intent, understood.confidence) == (None, 0.0)


@pytest.mark.parametrize(
    ("intent", "confidence", "legible", "strange"),
    [
        (OUT_OF_SCOPE, 0.9, 1.0, False),
        (OUT_OF_SCOPE, 0.65, 1.0, True),
        (OUT_OF_SCOPE, 0.9, 0.3, True),
        ("track_order", 0.65, 0.3, False),
        (None, 0.0, 1.0, False),
    ],
)
def test_a_doubtful_or_garbled_message_out_of_scope_is_only_strange(
    intent: str | None, confidence: float, legible: float, strange: bool
) -> None:
    assert is_only_strange(intent, confidence, legible, refuse_at=0.7) is strange


def test_gibberish_is_not_legible() -> None:
    speller = Speller.fit(["where is my kettle"] * 5, frozenset({"joke", "tell", "me"}))
    assert speller.legible("tell me a joke") >= 0.75
    assert speller.legible("wher is my ketle") == 1.0
    assert speller.legible("qwrtz plork") == 0.0
    assert speller.legible("12345 😀") == 1.0


def test_without_a_dictionary_nothing_is_called_gibberish() -> None:
    assert Speller.fit(["where is my kettle"], frozenset()).legible("qwrtz plork") == 1.0


def test_a_name_that_was_asked_for_is_in_no_language(cascade: Cascade) -> None:
    name = "João da Silva do Carmo e Sá"
    assert understand(cascade, name, name).language == "pt"
    assert understand(cascade, name, name, asked="name").language == "en"

import pytest

from switchboard.understanding.spelling import Speller, distance

WORDS = frozenset(
    {"where", "order", "cancel", "refund", "track", "customer", "service", "house", "the", "address", "my"}
)
SPELLER = Speller.fit(
    ["where is my order", "track my order", "cancel the order", "refund", "customer service address"], WORDS
)


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("cancle my ordr", "cancel my order"),
        ("custmer servcie", "customer service"),
        ("adress", "address"),
        ("reffund", "refund"),
        ("trackmyorder", "track my order"),
    ],
)
def test_a_slip_is_put_right(wrong: str, right: str) -> None:
    assert SPELLER.correct(wrong) == right


@pytest.mark.parametrize("text", ["house", "W1234567", "#12345", "xyzzy", "Ünsal", "", "ok"])
def test_what_is_a_word_or_near_to_none_stays(text: str) -> None:
    assert SPELLER.correct(text) == text


def test_a_swap_of_neighbours_is_one_slip() -> None:
    assert distance("ordre", "order") == 1
    assert distance("", "abc") == 3


def test_a_very_long_word_is_left_alone() -> None:
    assert SPELLER.correct("order" * 1000) == "order" * 1000


@pytest.mark.parametrize("word", ["refunds", "uncancelled", "ordering", "tracked", "dont", "wont"])
def test_a_word_made_of_a_known_one_is_a_word(word: str) -> None:
    assert SPELLER.correct(word) == word


def test_a_word_is_not_cut_where_a_letter_would_be_left_over() -> None:
    assert SPELLER.correct("qwhereorder") != "where order"

"""Articles are split into passages of whole sentences."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchboard.knowledge.passages import WORDS, count, sentences_of, split


def sentence(words: int, name: str = "word") -> str:
    return " ".join([name] * words) + "."


def test_a_short_article_is_one_passage() -> None:
    assert split("We deliver. It takes a week.") == ["We deliver. It takes a week."]


def test_an_article_without_words_has_no_passages() -> None:
    assert split(" \n\n ") == []


def test_a_long_article_is_split_between_sentences() -> None:
    body = " ".join([sentence(20, "A"), sentence(20, "B"), sentence(20, "C"), sentence(20, "D")])

    assert split(body, 40) == [f"{sentence(20, 'A')} {sentence(20, 'B')}", f"{sentence(20, 'C')} {sentence(20, 'D')}"]


def test_passages_are_even_instead_of_leaving_a_small_rest() -> None:
    assert [count(passage) for passage in split(" ".join([sentence(10)] * 14), 60)] == [50, 40, 50]


def test_paragraphs_stay_apart() -> None:
    assert split("First.\n\n\nSecond.\n  \nThird.") == ["First.\n\nSecond.\n\nThird."]


def test_a_sentence_that_is_too_long_is_cut() -> None:
    assert [count(passage) for passage in split("word " * 150, 60)] == [60, 60, 30]


@pytest.mark.parametrize(
    "whole",
    ["It costs $7.90 a month.", "Open from 8.30 to 9.", "See larkspur.example for it.", "By e. g. a card."],
)
def test_a_point_within_a_sentence_does_not_end_it(whole: str) -> None:
    assert len(sentences_of(whole)) == 1


@given(st.lists(st.integers(1, 90), max_size=40))
def test_nothing_is_lost_or_moved_and_no_passage_is_empty(lengths: list[int]) -> None:
    body = " ".join(sentence(length, f"w{n}") for n, length in enumerate(lengths))

    passages = split(body)

    assert " ".join(passages).split() == body.split()
    assert all(passages)
    assert all(count(passage) <= 2 * WORDS for passage in passages)
    assert all(count(one) + count(next_one) > WORDS / 2 for one, next_one in pairwise(passages))

"""What the knowledge search is measured on is sound, and so are the figures."""

import io
import math
from xml.etree import ElementTree

import numpy as np
import pytest

from benchmarks.knowledge import rank
from benchmarks.knowledge_data import Passage, as_copy, near, questions
from benchmarks.knowledge_filling import DISTANCE, Real, made
from benchmarks.knowledge_growth import Cost, svg
from benchmarks.nlu_data import read_nlu
from tests.system import ROOT

JUDGING, TUNING = "knowledge_questions.yml", "knowledge_tuning.yml"


def plain(text: str) -> str:
    return " ".join("".join(c if c.isalnum() else " " for c in text.lower()).split())


def test_there_are_two_hundred_questions_that_judge_and_sixty_that_were_tuned_on() -> None:
    judging, tuning = ({plain(question.asked) for question in questions(name)} for name in (JUDGING, TUNING))

    assert (len(judging), len(tuning)) == (200, 60)
    assert not judging & tuning


@pytest.mark.parametrize("name", [JUDGING, TUNING])
def test_no_question_is_in_the_training_data(name: str) -> None:
    known = {plain(text) for text, _ in read_nlu(ROOT / "data/nlu")}

    assert not {question.asked for question in questions(name) if plain(question.asked) in known}


@pytest.mark.parametrize("name", [JUDGING, TUNING])
def test_every_right_answer_is_an_article(name: str) -> None:
    right = {slug for question in questions(name) for slug in question.articles}

    assert right <= {path.stem for path in (ROOT / "data/articles").glob("*.md")}


def test_the_rank_is_that_of_the_first_right_article() -> None:
    assert rank(["c", "b"], ["a", "b", "c"]) == 2
    assert rank(["d"], ["a", "b", "c"]) == math.inf


def test_synthetic_embeddings_are_of_unit_length_and_as_near_as_they_say() -> None:
    random = np.random.default_rng(0)
    real = near(np.eye(384, dtype=np.float32)[:5], 0.0, random)

    moved = near(real, DISTANCE, random)

    assert np.linalg.norm(moved, axis=1) == pytest.approx(1, abs=1e-5)
    assert (real * moved).sum(1) == pytest.approx(1 / math.sqrt(1 + DISTANCE**2), abs=0.06)


def test_the_first_passages_are_the_real_ones() -> None:
    real = Real(["a b", "c d"], np.eye(384, dtype=np.float32)[:2])

    first, second, third = made(real, 0, 3)

    assert [first.body, second.body] == ["a b", "c d"]
    assert (first.embedding == real.embeddings[0]).all()
    assert third.body.endswith(" no2")
    assert not (third.embedding == real.embeddings[0]).all()
    assert (first.slug, first.ordinal, third.ordinal) == ("article-0", 0, 2)


def test_passages_are_written_in_postgresqls_binary_format() -> None:
    written = io.BytesIO(b"".join(as_copy([Passage("a", 1, "bc", np.array([1.0, -2.0], np.float32))])))

    assert written.read(19) == b"PGCOPY\n\xff\r\n\0" + bytes(8)
    assert written.read() == (b"\0\4\0\0\0\1a\0\0\0\4\0\0\0\1\0\0\0\2bc\0\0\0\x08\0\2\0\0\x3c\0\xc0\0\xff\xff")


@pytest.mark.parametrize("sizes", [[1_000], [1_000, 10_000, 100_000, 1_000_000]])
def test_the_plot_is_a_drawing(sizes: list[int]) -> None:
    drawing = svg([Cost(size, 3.0, 50.0, 40.0, 1.0, 10.0, 0.95) for size in sizes])

    assert ElementTree.fromstring(drawing).tag.endswith("svg")
    assert f"{sizes[-1]:,}" in drawing

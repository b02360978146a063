"""The benchmark's figures and data, worked out by hand."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.nlu import auroc, calibration_error, judge, macro_f1, svg, table, within_hours
from benchmarks.nlu_data import few, read_nlu, write_nlu
from benchmarks.nlu_pipelines import Answer


def test_auroc_is_the_chance_to_be_ranked_right() -> None:
    assert auroc(np.array([0.9, 0.8]), np.array([0.1, 0.2])) == 1
    assert auroc(np.array([0.5]), np.array([0.5])) == 0.5
    assert auroc(np.array([0.1, 0.9]), np.array([0.5])) == 0.5


def test_calibration_error_is_the_gap_of_confidence_and_accuracy() -> None:
    assert calibration_error(np.full(10, 0.8), np.array([True] * 8 + [False] * 2), bins=1) == pytest.approx(0)
    assert calibration_error(np.full(10, 1.0), np.array([True] * 5 + [False] * 5), bins=1) == pytest.approx(0.5)


def test_macro_f1_counts_each_intent_alike() -> None:
    assert macro_f1(["a", "a", "a", "b"], ["a", "a", "a", None]) == pytest.approx(0.5)


def test_a_refused_message_in_scope_is_wrong_and_one_out_of_scope_right() -> None:
    answers = [
        Answer("a", 0.9, 0.9, "a"),
        Answer(None, 0.4, 0.4, "a"),
        Answer(None, 0.3, 0.3, "b"),
        Answer("b", 0.8, 0.8, "b"),
    ]
    result = judge("x", ["a", "a", None, None], answers, [1.0] * 4, 1.0, 1.0, 1.0)
    assert (result.accuracy, result.winner, result.refused, result.auroc) == (0.5, 1.0, 0.5, 0.75)
    assert "| x | 50.0 | 100.0 |" in table([result])
    assert svg([result]).startswith("<svg")


def test_examples_survive_writing_and_reading(tmp_path: Path) -> None:
    examples = [("where is it?", "track"), ("money: back", "refund"), ("- dash", "track")]
    write_nlu(examples, tmp_path / "nlu.yml")
    assert sorted(read_nlu(tmp_path / "nlu.yml")) == sorted(
        [("where is it?", "track"), ("money: back", "refund"), ("- dash", "track")]
    )


def test_entity_marks_are_taken_off(tmp_path: Path) -> None:
    (tmp_path / "nlu.yml").write_text(
        'nlu:\n- intent: a\n  examples: |\n    - order [#1](order_number) in [x]{"entity": "city"}\n'
    )
    assert read_nlu(tmp_path) == [("order #1 in x", "a")]


def test_few_draws_the_same_number_of_each_intent() -> None:
    examples = [(f"{intent} {i}", intent) for intent in "ab" for i in range(20)]
    drawn = few(examples, 3, seed=1)
    assert sorted(intent for _, intent in drawn) == ["a"] * 3 + ["b"] * 3
    assert drawn == few(examples, 3, seed=1)


def test_what_takes_hours_is_left_out_of_a_large_set_and_named() -> None:
    kept, note = within_hours(["cascade", "rasa"])
    assert kept == ["cascade"]
    assert "Left out here: rasa" in note


def test_what_takes_hours_is_run_when_it_alone_is_asked_for() -> None:
    assert within_hours(["rasa"]) == (["rasa"], "")


def test_nothing_is_left_out_where_nothing_takes_hours() -> None:
    assert within_hours(["cascade", "sparse"]) == (["cascade", "sparse"], "")


def test_a_plot_of_nothing_is_a_plot() -> None:
    assert svg([]).startswith("<svg")

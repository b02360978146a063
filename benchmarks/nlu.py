"""How well and how fast messages are understood: pipelines side by side on one training and one test file.

`python -m switchboard benchmark nlu --train FILE --test FILE` calls `run`. Every pipeline is trained and
asked in a process of its own, so that time and memory are its own.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import resource
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.nlu_data import OUT_OF_SCOPE, Example, banking77, clinc150, few, read_nlu
from benchmarks.nlu_pipelines import PIPELINES, Answer

BINS = 15
TAKES_HOURS = frozenset({"rasa"})  # to train on ten thousand examples


@dataclass(frozen=True)
class Result:
    """One pipeline's figures. Rates are 0 to 1, times in ms a message, memory in MiB, None: not measurable."""

    pipeline: str
    accuracy: float  # in scope; a refused message counts as wrong
    winner: float  # in scope, before any refusal
    macro_f1: float
    refused: float | None  # recall of out-of-scope messages
    auroc: float | None
    at_80: float | None  # in-scope accuracy where 80 % of out-of-scope messages are refused
    calibration_error: float
    fast: float
    p50: float
    p95: float
    cpu: float
    memory: float
    training: float  # s


COLUMNS = {
    "accuracy": "accuracy %",
    "winner": "before refusal %",
    "macro_f1": "macro F1 %",
    "refused": "out of scope refused %",
    "auroc": "AUROC",
    "at_80": "accuracy at 80 % refused",
    "calibration_error": "calibration error",
    "fast": "fast path %",
    "p50": "p50 ms",
    "p95": "p95 ms",
    "cpu": "CPU ms",
    "memory": "peak MiB",
    "training": "training s",
}
PERCENT = {"accuracy", "winner", "macro_f1", "refused", "at_80", "fast"}


def run(
    train: str | Path | Sequence[Example],
    test: str | Path | Sequence[Example],
    pipelines: Iterable[str] = tuple(PIPELINES),
    plot: Path | None = None,
) -> str:
    """Compare the pipelines; returns a Markdown table and writes the plot (SVG) where a path is given.

    `train` and `test` are Rasa NLU files (or folders of them) or examples. A message of the test file
    counts as out of scope when its intent is `out_of_scope` or has no training example.
    """
    results = measure(_given(train), _given(test), pipelines)
    if plot:
        plot.write_text(svg(results), encoding="utf-8")
    return table(results)


def _given(source: str | Path | Sequence[Example]) -> list[Example]:
    return read_nlu(source) if isinstance(source, str | Path) else list(source)


def measure(train: list[Example], test: list[Example], pipelines: Iterable[str]) -> list[Result]:
    return [_apart(name, train, test) for name in pipelines]


def _apart(name: str, train: list[Example], test: list[Example]) -> Result:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(name, train, test, theirs))
    process.start()
    theirs.close()
    try:
        return ours.recv()
    except EOFError as error:
        raise RuntimeError(f"the pipeline {name} ended without a result") from error
    finally:
        process.join()


def _work(name: str, train: list[Example], test: list[Example], results: multiprocessing.connection.Connection) -> None:
    begin = time.perf_counter()
    pipeline = PIPELINES[name](train)
    training = time.perf_counter() - begin
    for text, _ in test[:20]:  # what is opened at the first message is not the message's
        pipeline(text)
    answers, times = [], []
    cpu = time.process_time()
    for text, _ in test:
        begin = time.perf_counter()
        answers.append(pipeline(text))
        times.append(1000 * (time.perf_counter() - begin))
    cpu = 1000 * (time.process_time() - cpu) / len(test)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    known = {intent for _, intent in train} - {OUT_OF_SCOPE}
    results.send(
        judge(name, [intent if intent in known else None for _, intent in test], answers, times, cpu, memory, training)
    )


def judge(
    name: str,
    truth: list[str | None],
    answers: list[Answer],
    times: list[float],
    cpu: float,
    memory: float,
    training: float,
) -> Result:
    """The figures from what was right (None: out of scope) and what was answered."""
    inside = np.array([intent is not None for intent in truth])
    right = np.array([answer.intent == intent for answer, intent in zip(answers, truth, strict=True)])
    winner = np.array([answer.winner == intent for answer, intent in zip(answers, truth, strict=True)])
    confidence = np.array([answer.confidence for answer in answers])
    scope = np.array([answer.in_scope for answer in answers])
    some_outside = not inside.all()
    return Result(
        pipeline=name,
        accuracy=float(right[inside].mean()),
        winner=float(winner[inside].mean()),
        macro_f1=macro_f1([t for t in truth if t], [a.intent for a, t in zip(answers, truth, strict=True) if t]),
        refused=float(right[~inside].mean()) if some_outside else None,
        auroc=auroc(scope[inside], scope[~inside]) if some_outside else None,
        at_80=float((winner & (scope > np.quantile(scope[~inside], 0.8)))[inside].mean()) if some_outside else None,
        calibration_error=calibration_error(confidence[inside], right[inside]),
        fast=float(np.mean([answer.fast for answer in answers])),
        p50=float(np.percentile(times, 50)),
        p95=float(np.percentile(times, 95)),
        cpu=cpu,
        memory=memory,
        training=training,
    )


def calibration_error(confidence: NDArray[np.float64], right: NDArray[np.bool_], bins: int = BINS) -> float:
    """Expected calibration error over bins of equal mass (Nguyen and O'Connor 2015): mean |confidence - accuracy|."""
    parts = [part for part in np.array_split(np.argsort(confidence, kind="stable"), bins) if len(part)]
    return float(sum(abs(confidence[p].mean() - right[p].mean()) * len(p) for p in parts) / len(confidence))


def auroc(inside: NDArray[np.float64], outside: NDArray[np.float64]) -> float:
    """The chance that a message in scope scores higher than one out of scope; a tie counts half."""
    order = np.sort(outside)
    below, up_to = np.searchsorted(order, inside, "left"), np.searchsorted(order, inside, "right")
    return float((below + up_to).mean() / 2 / len(outside))


def macro_f1(truth: list[str], answers: list[str | None]) -> float:
    """The mean over the intents of the test set of their F1."""
    scores = []
    for intent in set(truth):
        hits = sum(t == intent and a == intent for t, a in zip(truth, answers, strict=True))
        scores.append(2 * hits / (truth.count(intent) + answers.count(intent)))
    return float(np.mean(scores))


def table(results: list[Result]) -> str:
    """The figures as a Markdown table."""
    lines = ["| pipeline | " + " | ".join(COLUMNS.values()) + " |", "|---" * (len(COLUMNS) + 1) + "|"]
    lines += [
        "| " + " | ".join([r.pipeline, *(_cell(name, getattr(r, name)) for name in COLUMNS)]) + " |" for r in results
    ]
    return "\n".join(lines)


def _cell(name: str, value: float | None) -> str:
    if value is None:
        return ""
    if name in PERCENT:
        return f"{100 * value:.1f}"
    return (
        f"{value:.3f}" if name in ("auroc", "calibration_error") else f"{value:.1f}" if value < 100 else f"{value:.0f}"
    )


def svg(results: list[Result], width: int = 640, height: int = 400) -> str:
    """Accuracy before any refusal (up; thresholds differ) against milliseconds a message at the median (right, logarithmic).

    Without a result an empty drawing.
    """
    left, bottom, right, top = 60, height - 50, width - 110, 30
    low, high = np.log10(0.1), np.log10(max([100.0, *(r.p50 for r in results)]))
    floor = min(0.9, np.floor(10 * min((r.winner for r in results), default=1.0)) / 10)
    x = lambda ms: left + (np.log10(max(ms, 0.1)) - low) / (high - low) * (right - left)  # noqa: E731
    y = lambda share: bottom - (share - floor) / (1 - floor) * (bottom - top)  # noqa: E731
    marks = [f'<text x="{x(ms):.0f}" y="{bottom + 18}" text-anchor="middle">{ms:g}</text>' for ms in (0.1, 1, 10, 100)]
    for share in np.linspace(floor, 1, 5):
        marks.append(f'<line x1="{left}" x2="{right}" y1="{y(share):.0f}" y2="{y(share):.0f}" stroke="#ddd"/>')
        marks.append(f'<text x="{left - 8}" y="{y(share) + 4:.0f}" text-anchor="end">{100 * share:.0f} %</text>')
    for r in results:
        marks.append(f'<circle cx="{x(r.p50):.1f}" cy="{y(r.winner):.1f}" r="5" fill="#2f6f5e"/>')
        marks.append(f'<text x="{x(r.p50) + 9:.1f}" y="{y(r.winner) + 4:.1f}">{r.pipeline}</text>')
    marks.append(
        f'<text x="{(left + right) / 2:.0f}" y="{height - 12}" text-anchor="middle">ms a message (median)</text>'
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" '
        f'font-size="12" role="img"><title>Accuracy in scope before refusal, against time a message</title>'
        + "".join(marks)
        + "</svg>\n"
    )


def public(pipelines: Iterable[str], seeds: int = 3, plot: Path | None = None) -> str:
    """The public sets: BANKING77 whole and with 10 examples an intent (`seeds` draws), CLINC150.

    A pipeline that takes hours on the large sets is left out there, and the page says so, unless no other is asked for.
    """
    pipelines = list(pipelines)
    train, test = banking77("train"), banking77("test")
    parts = []
    for seed in range(seeds):
        parts.append(
            f"### BANKING77, 10 examples an intent, draw {seed}\n\n" + run(few(train, 10, seed), test, pipelines)
        )
    quick, note = within_hours(pipelines)
    parts.append("### BANKING77, all examples\n\n" + run(train, test, quick, plot) + note)
    parts.append("### CLINC150\n\n" + run(clinc150("train"), clinc150("test"), quick) + note)
    return "\n\n".join(parts)


def within_hours(pipelines: list[str]) -> tuple[list[str], str]:
    """The pipelines that a large set is for, and a sentence on those that are left out."""
    quick = [name for name in pipelines if name not in TAKES_HOURS]
    if not quick or quick == pipelines:
        return pipelines, ""
    left_out = ", ".join(name for name in pipelines if name in TAKES_HOURS)
    return (
        quick,
        f"\n\nLeft out here: {left_out}, which trains for hours on a set of this size. Named alone, it is run.",
    )

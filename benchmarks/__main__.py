"""`python -m switchboard benchmark …`: what is measured, by name."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

from benchmarks import assigning, desk, knowledge, knowledge_growth, nlu, queue, starting, ted, turns
from benchmarks.chaos.plan import Plan
from benchmarks.chaos.run import run as run_chaos
from benchmarks.nlu_pipelines import PIPELINES
from benchmarks.report import write_section
from switchboard.errors import BadRequest, SwitchboardError

IMAGES = Path(__file__).parent.parent / "docs" / "images"


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m switchboard benchmark")
    kinds = top.add_subparsers(
        dest="kind", metavar="turns | queue | desk | starting | chaos | nlu | ted | knowledge | knowledge-growth"
    )
    kinds.add_parser("turns", help="how long a customer waits for a reply, through everything")
    kinds.add_parser("queue", help="what the queue costs while up to 100,000 messages wait")
    kinds.add_parser("desk", help="how soon lists and assignment answer, with 5,000 open conversations")
    kinds.add_parser("starting", help="how long `make run` takes in a fresh clone, and again")
    chaos = kinds.add_parser("chaos", help="conversations while processes are killed: nothing lost, nothing twice")
    for each in fields(Plan):
        chaos.add_argument(f"--{each.name.replace('_', '-')}", type=type(each.default), default=each.default)
    understanding = kinds.add_parser("nlu", help="understanding, side by side with other pipelines")
    understanding.add_argument("--train", type=Path, help="a Rasa NLU file or folder; without it, the public sets")
    understanding.add_argument("--test", type=Path, help="a Rasa NLU file or folder")
    understanding.add_argument(
        "--pipeline", action="append", choices=list(PIPELINES), help="only these; may be repeated"
    )
    understanding.add_argument("--seeds", type=int, default=3, help="draws of the set with 10 examples an intent")
    understanding.add_argument(
        "--plot", type=Path, help="accuracy against time, as SVG; docs/images/nlu.svg for the public sets"
    )
    kinds.add_parser("ted", help="what TED decides in held-out conversations, beside memory alone")
    kinds.add_parser("knowledge", help="how well the knowledge search finds")
    growth = kinds.add_parser("knowledge-growth", help="what a search costs among up to a million passages")
    sizes = knowledge_growth.SIZES
    growth.add_argument("--sizes", type=int, nargs="+", default=sizes, help=f"passages, rising (default: {sizes})")
    return top


def main() -> int:
    """Measure what is named; without a name, all but the start, which clones and installs, chaos and growth."""
    options = parser().parse_args()
    try:
        if options.kind is None:
            understood = understanding(parser().parse_args(["nlu"]))
            print(turns.run(), queue.run(), understood, knowledge.run(), sep="\n\n")
            return 0
        return MEASURES[options.kind](options)
    except SwitchboardError as error:
        print(error, file=sys.stderr)
        return 1


def said(report: str) -> int:
    print(report)
    return 0


def chaos(options: argparse.Namespace) -> int:
    """Only a run of the plan as it stands is written into docs/benchmarks.md."""
    plan = Plan(**{each.name: getattr(options, each.name) for each in fields(Plan)})
    report, right = run_chaos(plan, write=plan == replace(Plan(), seed=plan.seed))
    print(report)
    return 0 if right else 1


def understanding(options: argparse.Namespace) -> str:
    """Compare the pipelines, write the section of docs/benchmarks.md and return it."""
    if bool(options.train) != bool(options.test):
        raise BadRequest("Give both --train and --test, or neither for the public sets.")
    pipelines = options.pipeline or list(PIPELINES)
    if options.train:
        body = nlu.run(options.train, options.test, pipelines, options.plot)
        write_section("nlu-files", f"Understanding: {options.train} against {options.test}", body)
    else:
        body = nlu.public(pipelines, options.seeds, options.plot or IMAGES / "nlu.svg")
        write_section("nlu", "Understanding: BANKING77 and CLINC150", body)
    return body


MEASURES: dict[str, Callable[[argparse.Namespace], int]] = {
    "turns": lambda _: said(turns.run()),
    "queue": lambda _: said(queue.run()),
    "desk": lambda _: said(f"{desk.run()}\n\n{assigning.run()}"),
    "starting": lambda _: said(starting.run()),
    "chaos": chaos,
    "nlu": lambda options: said(understanding(options)),
    "ted": lambda _: said(ted.run()),
    "knowledge": lambda _: said(knowledge.run()),
    "knowledge-growth": lambda options: said(knowledge_growth.run(options.sizes)),
}


if __name__ == "__main__":
    sys.exit(main())

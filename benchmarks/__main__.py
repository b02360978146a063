"""`python -m switchboard benchmark …`: what is measured, by name."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks import nlu, starting, turns
from benchmarks.nlu_data import DatasetsMissing
from benchmarks.nlu_pipelines import PIPELINES

SYSTEM = {"turns": turns.run, "starting": starting.run}


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m switchboard benchmark")
    kinds = top.add_subparsers(dest="kind", metavar="turns | starting | nlu")
    kinds.add_parser("turns", help="how long a customer waits for a reply, through everything")
    kinds.add_parser("starting", help="how long `make run` takes in a fresh clone, and again")
    understanding = kinds.add_parser("nlu", help="understanding, side by side with other pipelines")
    understanding.add_argument("--train", type=Path, help="a Rasa NLU file or folder; without it, the public sets")
    understanding.add_argument("--test", type=Path, help="a Rasa NLU file or folder")
    understanding.add_argument(
        "--pipeline", action="append", choices=list(PIPELINES), help="only these; may be repeated"
    )
    understanding.add_argument("--seeds", type=int, default=3, help="draws of the set with 10 examples an intent")
    understanding.add_argument("--plot", type=Path, help="write accuracy against time as SVG")
    return top


def main() -> int:
    options = parser().parse_args(sys.argv[1:] or ["turns"])
    if options.kind in SYSTEM:
        print(SYSTEM[options.kind]())
        return 0
    pipelines = options.pipeline or list(PIPELINES)
    if bool(options.train) != bool(options.test):
        print("Give both --train and --test, or neither for the public sets.", file=sys.stderr)
        return 1
    try:
        if options.train:
            print(nlu.run(options.train, options.test, pipelines, options.plot))
        else:
            print(nlu.public(pipelines, options.seeds, options.plot))
    except DatasetsMissing as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

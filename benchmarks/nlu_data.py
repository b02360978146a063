"""NLU data for the benchmark: Rasa's YAML, and two public sets turned into it."""

from __future__ import annotations

import csv
import json
import os
import random
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml

from switchboard.errors import SwitchboardError
from switchboard.understanding.patterns import Patterns, words_outside_names

Example = tuple[str, str]  # text, intent

OUT_OF_SCOPE = "out_of_scope"
WHERE = """The public sets are not part of this repository. Put them into a folder and name it in DATASETS:
  banking77_train.csv, banking77_test.csv   github.com/PolyAI-LDN/task-specific-datasets (train.csv and test.csv of banking_data)
  clinc150_full.json                        github.com/clinc/oos-eval (data_full.json)"""

_MARK = re.compile(r'\[(?P<text>[^\]]+)\](?:\((?P<kind>\w+)\)|\{[^}]*"entity": *"(?P<name>\w+)"[^}]*\})')
_ENTITY = re.compile(r"\[([^\]]*)\](?:\([^)]*\)|\{[^}]*\})")


class DatasetsMissing(SwitchboardError):
    """The folder DATASETS with the public sets is not there."""


def read_nlu(path: Path | str) -> list[Example]:
    """The examples of a Rasa NLU file, or of every .yml file in a folder, without their entity marks."""
    path = Path(path)
    files = sorted(path.glob("*.yml")) if path.is_dir() else [path]
    return [example for file in files for example in _examples(yaml.safe_load(file.read_text(encoding="utf-8")))]


def _examples(content: dict) -> Iterator[Example]:
    for item in content.get("nlu", []):
        for line in item["examples"].splitlines() if "intent" in item else ():
            text = _ENTITY.sub(r"\1", line.strip().removeprefix("-").strip())
            if text:
                yield text, item["intent"]


Marked = tuple[str, list[tuple[str, int, int]], str]  # text, entities (kind, start, end), intent


def read_marked(folder: Path) -> tuple[list[Marked], Patterns]:
    """The examples of every .yml file of a folder with their entities, and its expressions and lists."""
    items = [item for file in sorted(folder.glob("*.yml")) for item in yaml.safe_load(file.read_text("utf-8"))["nlu"]]
    marked: list[Marked] = []
    expressions: dict[str, list[str]] = defaultdict(list)
    lists: dict[str, list[str]] = defaultdict(list)
    for item in items:
        lines = [line.strip().removeprefix("- ").strip() for line in item["examples"].splitlines() if line.strip()]
        if "intent" in item:
            marked += [(*unmarked(line), item["intent"]) for line in lines]
        elif "regex" in item:
            expressions[item["regex"]] += lines
        elif "lookup" in item:
            lists[item["lookup"]] += lines
    return marked, Patterns(dict(expressions), dict(lists), words_outside_names((t, s) for t, s, _ in marked))


def unmarked(line: str) -> tuple[str, list[tuple[str, int, int]]]:
    """The text of an example without its entity marks, and the entities."""
    text, end = "", 0
    spans = []
    for mark in _MARK.finditer(line):
        text += line[end : mark.start()]
        spans.append((mark["kind"] or mark["name"], len(text), len(text) + len(mark["text"])))
        text += mark["text"]
        end = mark.end()
    return text + line[end:], spans


def write_nlu(examples: Iterable[Example], path: Path | str) -> None:
    """Write a Rasa NLU file."""
    texts: dict[str, list[str]] = defaultdict(list)
    for text, intent in examples:
        texts[intent].append(" ".join(text.split()))
    blocks = ['version: "3.1"', "nlu:"]
    for intent, lines in texts.items():
        blocks += [f"- intent: {intent}", "  examples: |", *(f"    - {line}" for line in lines)]
    Path(path).write_text("\n".join(blocks) + "\n", encoding="utf-8")


def datasets_folder() -> Path:
    """The folder named in DATASETS, else ../shared/datasets where that exists."""
    folder = Path(os.environ.get("DATASETS", "../shared/datasets"))
    if not folder.is_dir():
        raise DatasetsMissing(f"{folder} is not a folder.\n{WHERE}")
    return folder


def banking77(part: str) -> list[Example]:
    """BANKING77 (Casanueva et al. 2020, CC-BY-4.0); `part` is "train" or "test"."""
    with (datasets_folder() / f"banking77_{part}.csv").open(encoding="utf-8", newline="") as file:
        return [(row["text"].strip(), row["category"]) for row in csv.DictReader(file)]


def clinc150(part: str) -> list[Example]:
    """CLINC150 (Larson et al. 2019, CC-BY-3.0) with its out-of-scope messages; "train", "val" or "test"."""
    content = json.loads((datasets_folder() / "clinc150_full.json").read_text(encoding="utf-8"))
    return [
        *((text, intent) for text, intent in content[part]),
        *((text, OUT_OF_SCOPE) for text, _ in content[f"oos_{part}"]),
    ]


def few(examples: list[Example], count: int, seed: int) -> list[Example]:
    """`count` examples of each intent, drawn with the seed."""
    shuffled = random.Random(seed).sample(examples, len(examples))
    kept: dict[str, int] = defaultdict(int)
    chosen = []
    for text, intent in shuffled:
        if kept[intent] < count:
            kept[intent] += 1
            chosen.append((text, intent))
    return chosen

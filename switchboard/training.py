"""The model: which archive belongs to the data as it is, and how to get it."""

import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from switchboard.errors import StartError
from switchboard.locks import exclusive, is_shared
from switchboard.supervisor import Child, Program, Supervisor

TRAINED_FROM = (
    "config.yml",
    "domain.yml",
    "data/**/*",
    "switchboard/components/**/*.py",
    "switchboard/understanding/**/*.py",
    "switchboard/encoder.py",
)
NOT_TRAINED_FROM = (
    "data/articles/*",
    "data/*.yml",
    "data/crm/*",
    "switchboard/components/channel.py",
    "switchboard/components/*_store.py",
    "switchboard/components/*_turn.py",
)
"""Answers are served from the database, the files directly in data/ are the worker's, and the way in and out of Rasa is
no part of a model: none of it needs training."""

MODELS = "models"
KEPT_MODELS = 3
COMPONENT = re.compile(r"Starting to train component '(\w+)'|Restored component '(\w+)' from cache")
PROGRESS = re.compile(r"([A-Z][A-Za-z ]*):\s+(\d+)%\|")
FINDING = re.compile(r"Fast path[ :][^\r\n\x1b]*")


def fingerprint(folder: Path) -> str:
    """SHA-256, in hexadecimal, over Rasa's version and the name and content of every file the model is made from."""
    digest = sha256(version("rasa").encode())
    for path in trained_from(folder):
        name, content = path.relative_to(folder).as_posix().encode(), path.read_bytes()
        digest.update(b"%d %s %d " % (len(name), name, len(content)) + content)
    return digest.hexdigest()


def trained_from(folder: Path) -> list[Path]:
    """The files a model is made from, in a fixed order."""
    found = {path for pattern in TRAINED_FROM for path in folder.glob(pattern) if path.is_file()}
    return sorted(found - {path for pattern in NOT_TRAINED_FROM for path in folder.glob(pattern)})


def model_path(folder: Path) -> Path:
    """Where the model of the present data is, or will be."""
    return folder / MODELS / f"switchboard-{fingerprint(folder)[:12]}.tar.gz"


def ensure_model(supervisor: Supervisor, environ: Mapping[str, str], again: bool = False) -> Path:
    """The archive of the present data, trained if it is missing or `again` is set.

    Raises:
        StartError: Rasa could not train it, or another training is under way.
    """
    model = model_path(Path.cwd())
    if model.exists() and not again:
        os.utime(model)  # the newest is what `rasa shell` takes by itself
        supervisor.console.say("The model is up to date, no training needed.")
        return model
    with drafts(model.parent) as folder:
        train(supervisor, environ, folder / model.name).replace(model)
    prune(model.parent)
    return model


@contextmanager
def drafts(models: Path) -> Iterator[Path]:
    """A folder to train in, beside the models; what a killed training left in it goes away."""
    models.mkdir(exist_ok=True)
    refusal = StartError("Another training is under way in this folder; wait for it to end.")
    with exclusive(models / ".lock", refusal):
        folder = models / ".training"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def train(supervisor: Supervisor, environ: Mapping[str, str], draft: Path) -> Path:
    """Have Rasa write the archive `draft`, and show where it is."""
    name = draft.name.removesuffix(".tar.gz")
    command = [sys.executable, "-m", "rasa", "train", "--fixed-model-name", name, "--out", str(draft.parent)]
    command += ["--augmentation", "0"]  # no policy of ours learns from stories glued together
    with supervisor.console.step("Training the model") as step:
        child = supervisor.run(Program("train", command, environ), lambda child: step.show(stage(child.lines())))
        if child.process.returncode or not draft.exists():
            raise StartError(failure(child))
    for finding in findings(child.log.read_bytes()[child.log_begin :]):
        supervisor.console.say(finding)
    return draft


def findings(log: bytes) -> list[str]:
    """What a component found out in its training and a person wants to know; nothing when it came from the cache."""
    return FINDING.findall(log.decode("utf-8", "replace"))


def stage(lines: list[str]) -> str:
    """Where the training is, as far as Rasa's log says."""
    component = progress = ""
    for line in lines:
        if found := COMPONENT.search(line):
            component, progress = found[1] or f"{found[2]} from cache", ""
        elif found := PROGRESS.search(line):
            progress = f"{found[1].lower()} {found[2]} %"
    return ", ".join(filter(None, (component, progress))) or "loading Rasa and the data"


def failure(child: Child) -> str:
    """Why a training failed, in Rasa's words: an exception's message, or the last lines."""
    lines = [line for line in child.lines() if not PROGRESS.search(line)]
    crashed = any(line.startswith("Traceback ") for line in lines)
    words = "\n  ".join(lines[-1:] if crashed else lines[-5:]) or child.why()
    return f"The model could not be trained: {words}\nAll of it is in {child.log}."


def prune(models: Path) -> None:
    """Keep the newest archives of ours, and those that a running Rasa would need if it had to start again."""
    ours = sorted(models.glob("switchboard-*.tar.gz"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in ours[KEPT_MODELS:]:
        if not is_shared(path):
            path.unlink()

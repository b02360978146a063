import os
import re
from pathlib import Path

import pytest

from switchboard import locks, training
from switchboard.understanding.cascade import Report


@pytest.fixture
def project(tmp_path):
    for name in ("config.yml", "domain.yml", "data/nlu/orders.yml", "data/articles/prices.md"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path


def test_the_same_data_has_the_same_model(project):
    before = training.model_path(project)
    os.utime(project / "config.yml", (1, 1))
    assert training.model_path(project) == before


@pytest.mark.parametrize("name", ["config.yml", "domain.yml", "data/nlu/orders.yml", "switchboard/components/x.py"])
def test_changed_data_has_another_model(project, name):
    before = training.fingerprint(project)
    (project / name).parent.mkdir(parents=True, exist_ok=True)
    (project / name).write_text("changed")
    assert training.fingerprint(project) != before


def test_moving_text_from_one_file_to_another_is_a_change(project):
    before = training.fingerprint(project)
    (project / "data/nlu/orders.yml").rename(project / "data/nlu/order.yml")
    assert training.fingerprint(project) != before


@pytest.mark.parametrize(
    "name", ["data/articles/prices.md", "data/escalation.yml", "switchboard/components/channel.py", "actions/orders.py"]
)
def test_what_is_no_part_of_a_model_needs_no_training(project, name):
    before = training.fingerprint(project)
    (project / name).parent.mkdir(parents=True, exist_ok=True)
    (project / name).write_text("changed")
    assert training.fingerprint(project) == before


def test_every_component_the_configuration_names_is_trained_from():
    folder = Path(training.__file__).parent.parent
    files = {path.relative_to(folder).as_posix() for path in training.trained_from(folder)}
    named = re.findall(r"name: (switchboard\.[\w.]+)\.\w+$", (folder / "config.yml").read_text(), re.MULTILINE)
    assert named
    assert {f"{name.replace('.', '/')}.py" for name in named} <= files


def test_the_stage_is_what_the_log_says_last():
    lines = [
        "INFO rasa.engine.training.hooks  - Restored component 'RegexFeaturizer' from cache.",
        "INFO rasa.engine.training.hooks  - Starting to train component 'TEDPolicy'.",
        "Epochs:  12%|#2        | 12/100 [00:01<00:09]",
        "Epochs:  40%|####      | 40/100 [00:04<00:06]",
    ]
    assert training.stage([]) == "loading Rasa and the data"
    assert training.stage(lines[:1]) == "RegexFeaturizer from cache"
    assert training.stage(lines) == "TEDPolicy, epochs 40 %"


def test_what_training_found_out_about_the_fast_path_is_shown():
    report = Report(examples=100, threshold=0.95, fast_share=0.251, fast_accuracy=0.987)
    log = f"Epochs:  40%|####      | 40/100\r\n2026-11-20 INFO switchboard.components  - {report}\x1b[0m\nEpochs:  0%|"
    assert training.findings(log.encode()) == ["Fast path from 0.95: 25 % of held-out messages, 99 % right."]


def test_the_newest_three_models_are_kept_and_others_are_left_alone(tmp_path):
    for age in range(5):
        path = tmp_path / f"switchboard-{age}.tar.gz"
        path.touch()
        os.utime(path, (1000 - age, 1000 - age))
    (tmp_path / "mine.tar.gz").touch()

    training.prune(tmp_path)

    kept = [f"switchboard-{age}.tar.gz" for age in range(3)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.tar.gz", *kept]


def test_a_model_that_is_served_is_kept_however_many_are_newer(tmp_path: Path) -> None:
    archives = [tmp_path / f"switchboard-{number}.tar.gz" for number in range(training.KEPT_MODELS + 2)]
    for age, path in enumerate(reversed(archives)):
        path.touch()
        os.utime(path, (1000 - age, 1000 - age))
    locks.share(archives[0])

    training.prune(tmp_path)

    assert sorted(tmp_path.iterdir()) == [archives[0], *archives[2:]]

"""Rasa's own tools work unchanged with the environment that `make run` made."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from switchboard.settings import read_env_file
from switchboard.training import model_path
from tests.system import ROOT, System

pytestmark = pytest.mark.slow

QUIET = {
    "RASA_TELEMETRY_ENABLED": "false",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "HF_HUB_OFFLINE": "1",
    "PYTHONWARNINGS": "ignore",
}


@pytest.fixture
def environ(system: System) -> Mapping[str, str]:
    """What `set -a; . ./.env; set +a` gives a shell."""
    return os.environ | QUIET | read_env_file(Path(system.settings.env_file))


def rasa(*arguments: str, environ: Mapping[str, str], said: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "rasa", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environ, input=said, capture_output=True, text=True, timeout=900)


def test_the_data_is_valid(environ: Mapping[str, str]) -> None:
    result = rasa("data", "validate", "--fail-on-warnings", environ=environ)

    assert result.returncode == 0, result.stderr[-2000:]


def test_every_test_story_is_played_right(environ: Mapping[str, str], tmp_path: Path) -> None:
    model = str(model_path(ROOT))
    arguments = ["--model", model, "--stories", "tests/stories", "--out", str(tmp_path), "--fail-on-prediction-errors"]

    result = rasa("test", "core", *arguments, environ=environ)

    assert result.returncode == 0, result.stderr[-2000:]


def test_the_shell_answers(environ: Mapping[str, str]) -> None:
    result = rasa("shell", "--model", str(model_path(ROOT)), environ=environ, said="where is order 12345\n/stop\n")

    assert "is expected to ship by" in result.stdout


def test_rasas_own_rest_channel_answers(system: System) -> None:
    address = f"http://127.0.0.1:{system.settings.rasa_port}/webhooks/rest/webhook"

    replies = httpx.post(address, json={"sender": "me", "message": "refund policy"}, timeout=30).json()

    assert replies[0]["recipient_id"] == "me"
    assert "30 days" in replies[0]["text"]

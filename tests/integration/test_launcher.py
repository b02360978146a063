"""What the launcher does before the first child runs, and how it says no."""

import http.server
import io
import socket
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from switchboard import launcher
from switchboard.console import Console
from switchboard.errors import SettingsError, StartError
from switchboard.programs import environment
from switchboard.settings import Settings, read_env_file
from switchboard.supervisor import Program, Supervisor

PROJECT = Path(launcher.__file__).parent.parent


@pytest.fixture
def settings(tmp_path):
    ports = [launcher_port() for _ in range(3)]
    folders = {"data_dir": str(tmp_path / "data"), "env_file": str(tmp_path / ".env")}
    return Settings(port=ports[0], rasa_port=ports[1], actions_port=ports[2], **folders)


@pytest.fixture
def taken():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def up(settings, **more):
    """`python -m switchboard up` with these settings: exit code and what it said on stderr."""
    command = [sys.executable, "-m", "switchboard", "up"]
    environ = environment(settings) | {name: str(value) for name, value in more.items()}
    done = subprocess.run(command, cwd=PROJECT, env=environ, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stderr


@pytest.mark.parametrize("name", ["PORT", "RASA_PORT", "ACTIONS_PORT"])
def test_a_port_that_is_taken_is_one_sentence_naming_its_setting(settings, taken, name):
    sentence = f"Port {taken} is taken; stop what uses it, or set {name} to another port.\n"
    assert up(settings, **{name: taken}) == (1, sentence)


@pytest.mark.parametrize("port", [0, 65536])
def test_a_port_that_does_not_exist_is_one_sentence(settings, port):
    assert up(settings, PORT=port) == (1, f"PORT must be between 1 and 65535, not {port}.\n")


def test_two_settings_with_one_port_are_one_sentence(settings):
    code, said = up(settings, RASA_PORT=settings.port)
    assert (code, said) == (1, "PORT, RASA_PORT, ACTIONS_PORT must be different ports.\n")


def test_a_second_launcher_on_the_same_folder_is_refused(settings):
    (settings.data_path).mkdir()
    with launcher.held_folder(settings):
        code, said = up(settings)
    assert code == 1
    assert (
        said == f"Switchboard already runs on {settings.data_path}; stop that one, or set DATA_DIR to another folder.\n"
    )


def test_a_database_that_cannot_be_reached_is_one_sentence(settings, taken):
    code, said = up(settings, DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing")
    assert code == 1
    assert "can't be reached" in said
    assert said.count("\n") == 1


def test_a_data_folder_that_cannot_be_made_is_one_sentence(settings, tmp_path):
    (tmp_path / "data").write_text("a file")
    assert up(settings) == (1, f"DATA_DIR {tmp_path}/data can't be used: File exists.\n")


def test_a_port_served_elsewhere_need_not_be_free(settings, taken):
    launcher.check_ports(replace(settings, rasa_port=taken, rasa_urls="http://rasa:5005"))
    with pytest.raises(StartError):
        launcher.check_ports(replace(settings, rasa_port=taken))


def test_secrets_are_made_once_and_kept_for_rasas_own_tools(settings):
    first = launcher.with_secrets(settings)
    kept = read_env_file(Path(settings.env_file))
    assert len(first.rasa_token) >= 43
    assert first.rasa_token != first.actions_token
    assert kept["RASA_TOKEN"] == first.rasa_token
    assert kept["ACTION_ENDPOINT_URL"] == f"http://127.0.0.1:{settings.actions_port}/webhook"
    assert kept["TRACKER_STORE_URL"] == settings.database

    second = launcher.with_secrets(Settings.load({"ENV_FILE": settings.env_file}))
    assert (second.rasa_token, second.actions_token) == (first.rasa_token, first.actions_token)


def test_children_get_every_setting_as_it_is(settings):
    assert Settings.load(environment(settings)) == settings


def test_a_rasa_that_runs_without_its_model_is_noticed(settings, tmp_path, rasa_without_model):
    settings = Settings(rasa_urls=rasa_without_model, port=settings.port)
    supervisor = Supervisor(tmp_path, Console(io.StringIO()))
    said = "print('ERROR rasa.core.agent  - Could not load model due to the file is cut off.')"
    program = Program("rasa", [sys.executable, "-c", f"import time; {said}; time.sleep(60)"], {"PYTHONUNBUFFERED": "1"})
    child = supervisor.start(program)
    while not child.lines():
        supervisor.pause()
    with pytest.raises(StartError, match=r"can't load x.tar.gz: the file is cut off; `make train AGAIN=1`"):
        launcher.wait_until_ready(supervisor, settings, Path("x.tar.gz"))
    supervisor.stop()


@pytest.fixture
def rasa_without_model():
    class Conflict(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_error(launcher.NO_MODEL)

        def log_message(self, *args):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Conflict)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_server_that_is_still_shutting_down_is_given_time(settings, tmp_path):
    """Its launcher was killed a moment ago; the next one may not fail for that."""
    supervisor = Supervisor(tmp_path, Console(io.StringIO()))
    pid_file = tmp_path / "postmaster.pid"
    pid_file.touch()
    tries = []

    def prepare():
        tries.append(1)
        if len(tries) < 3:
            raise StartError("The embedded database is already running.")

    with supervisor.console.step("Starting") as step:
        launcher.outlive_predecessor(supervisor, step, prepare, pid_file)
    assert len(tries) == 3


def test_what_readyz_still_waits_for_is_shown():
    body = '{"ready": false, "parts": {"database": "ok", "rasa": "has no model", "worker": "does not answer"}}'
    assert launcher.missing(body) == "not yet: rasa, worker"
    assert launcher.missing("") == "not yet: web"


def launcher_port() -> int:
    """A port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_the_token_is_on_no_command_line(settings):
    settings = launcher.with_secrets(settings)
    (program,) = launcher.rasa_programs(settings, Path("x.tar.gz"))
    assert settings.rasa_token not in " ".join(program.command)
    assert program.environ["RASA_TOKEN"] == settings.rasa_token


def test_several_workers_and_replicas_are_told_apart(settings):
    settings = replace(settings, rasa_port=6001, rasa_replicas=2, workers=2)
    replicas = launcher.rasa_programs(settings, Path("x.tar.gz"))
    assert [(program.name, program.command[-1]) for program in replicas] == [("rasa-1", "6001"), ("rasa-2", "6002")]
    assert [program.name for program in launcher.worker_programs(settings)] == ["worker-1", "worker-2"]
    for_a_worker = Settings.load(launcher.worker_programs(settings)[1].environ)
    assert for_a_worker.rasa_addresses == ["http://127.0.0.1:6001", "http://127.0.0.1:6002"]


def test_every_replicas_port_must_be_free(settings, taken):
    sentence = f"Port {taken} is taken; stop what uses it, or set RASA_PORT to another port."
    with pytest.raises(StartError, match=sentence):
        launcher.check_ports(replace(settings, rasa_port=taken - 1, rasa_replicas=2))


@pytest.mark.parametrize("name", ["workers", "rasa_replicas"])
def test_there_is_at_least_one_of_each(name):
    with pytest.raises(SettingsError, match="must be 1 or more"):
        Settings(**{name: 0})

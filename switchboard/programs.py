"""What the launcher runs, and with which environment."""

import os
import signal
import socket
import sys
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

from switchboard.settings import Settings
from switchboard.supervisor import Program

if TYPE_CHECKING:
    from switchboard.database.embedded import EmbeddedServer

LOOPBACK = "127.0.0.1"
LIBRARIES = {
    "RASA_TELEMETRY_ENABLED": "false",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "HF_HUB_OFFLINE": "1",
    "PYTHONUNBUFFERED": "1",
}
RASA = "import os, sys; sys.argv.append('--auth-token=' + os.environ['RASA_TOKEN']); from rasa.__main__ import main; main()"
"""`rasa` with its token taken from the environment: every user of the machine can read a command line."""


def for_rasa(settings: Settings) -> dict[str, str]:
    """The variables that endpoints.yml and credentials.yml name."""
    return {
        "RASA_TELEMETRY_ENABLED": "false",
        "RASA_TOKEN": settings.rasa_token,
        "ACTIONS_TOKEN": settings.actions_token,
        "ACTION_ENDPOINT_URL": f"{settings.actions_address}/webhook",
        "TRACKER_STORE_URL": settings.database,
    }


def environment(settings: Settings) -> dict[str, str]:
    """What every child gets: our environment, each setting as it is now, and what keeps the libraries quiet."""
    ours = {field.name.upper(): str(getattr(settings, field.name)) for field in fields(settings)}
    return {**os.environ, **LIBRARIES, **ours, **for_rasa(settings)}


def database_program(server: "EmbeddedServer") -> Program:
    """The embedded server; SIGINT is PostgreSQL's fast shutdown."""
    return Program(
        "database",
        server.command(),
        options=server.popen_options(),
        prepare=server.prepare,
        stop_signal=signal.SIGINT,
        death_signal=signal.SIGINT,
    )


def shell_program(settings: Settings, model: Path, conversation: str) -> Program:
    """`rasa shell` in the foreground, on a port of its own."""
    what = ["--model", str(model), "--endpoints", "endpoints.yml", "--port", str(free_port())]
    what += ["--conversation-id", conversation]
    command = [sys.executable, "-m", "rasa", "shell", *what]
    terminal = {"stdin": None, "stdout": None, "stderr": None, "start_new_session": False}
    return Program("shell", command, environment(settings), terminal)


def free_port() -> int:
    with socket.create_server((LOOPBACK, 0)) as server:
        return int(server.getsockname()[1])


def command_program(settings: Settings, command: str) -> Program:
    return Program(command, [sys.executable, "-m", "switchboard", command], environment(settings))


def worker_programs(settings: Settings) -> list[Program]:
    one = command_program(settings, "worker")
    return [replace(one, name=name) for name in numbered("worker", settings.workers)]


def actions_program(settings: Settings) -> Program:
    return Program("actions", [sys.executable, "-m", "actions"], environment(settings))


def rasa_programs(settings: Settings, model: Path) -> list[Program]:
    """Every replica, all with the same model, each on a port of its own."""
    what = ["--enable-api", "--model", str(model), "--endpoints", "endpoints.yml", "--credentials", "credentials.yml"]
    command = [sys.executable, "-c", RASA, "run", *what, "-i", LOOPBACK, "-p"]
    names = numbered("rasa", settings.rasa_replicas)
    ports = settings.rasa_ports
    return [
        Program(name, [*command, str(port)], environment(settings)) for name, port in zip(names, ports, strict=True)
    ]


def numbered(name: str, count: int) -> list[str]:
    """Names of several processes of a kind; one alone has no number.

    >>> numbered("rasa", 1), numbered("worker", 2)
    (['rasa'], ['worker-1', 'worker-2'])
    """
    return [name] if count == 1 else [f"{name}-{number}" for number in range(1, count + 1)]


def address_of(settings: Settings) -> str:
    """The web process's address for a browser on this machine."""
    host = {"0.0.0.0": LOOPBACK, "::": "[::1]"}.get(settings.host, settings.host)
    return f"http://{host}:{settings.port}"

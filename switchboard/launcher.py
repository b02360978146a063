"""`up`: everything on one machine, from an empty folder to a system that answers, and back to nothing when it is stopped.

The launcher builds nothing itself: it starts the same commands that a cluster would, in the right order, and looks
after them.
"""

import errno
import json
import os
import secrets
import socket
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import ProxyHandler, build_opener

from switchboard import envfile
from switchboard.console import Console, Step
from switchboard.errors import StartError
from switchboard.locks import exclusive, share
from switchboard.programs import (
    LOOPBACK,
    actions_program,
    address_of,
    command_program,
    database_program,
    environment,
    for_rasa,
    rasa_programs,
    shell_program,
    worker_programs,
)
from switchboard.settings import Settings
from switchboard.supervisor import Stopped, Supervisor
from switchboard.training import ensure_model
from switchboard.webhooks.signing import new_secret

READY_SECONDS = 300.0
DATABASE_SECONDS = 60.0
PREDECESSOR_SECONDS = 15.0
PROBE_SECONDS = 2.0
NO_MODEL = 409
"""What Rasa's `/status` answers when its server runs and no model is loaded."""
COULD_NOT_LOAD = "Could not load model due to "
KEPT = ("WEBHOOK_SECRET", "LINK_SECRET", "DESK_DEMO_PASSWORD")
"""What is generated once and kept in the env file, beside what Rasa's own tools need."""
direct = build_opener(ProxyHandler({}))
"""Our own addresses are never asked for through a proxy."""


def up(settings: Settings) -> None:
    """Start everything, say when it is ready, keep it running until SIGINT or SIGTERM.

    Raises:
        StartError: something is in the way; then nothing of ours is left running.
    """
    began = time.monotonic()
    make_folders(settings)
    with held_folder(settings):
        check_ports(settings)
        settings = with_secrets(settings)
        supervisor = make_supervisor(settings)
        with suppress(Stopped), supervisor.until_stopped():
            start_all(supervisor, settings)
            announce(supervisor.console, settings, time.monotonic() - began)
            supervisor.supervise()
        supervisor.console.say("Stopped.")


def train(settings: Settings, again: bool = False) -> None:
    """Train the model if it is missing, or in any case if `again` is set."""
    make_folders(settings)
    supervisor = make_supervisor(settings)
    with supervisor.until_stopped():
        ensure_model(supervisor, environment(settings), again)


def shell(settings: Settings) -> None:
    """Rasa's shell in this terminal, beside the running system or with what it needs started for it."""
    make_folders(settings)
    settings = with_secrets(settings)
    supervisor = make_supervisor(settings)
    with supervisor.until_stopped():
        try:
            with held_folder(settings):
                start_database(supervisor, settings)
                supervisor.start(actions_program(settings))
                talk(supervisor, settings)
        except AlreadyRunning:
            talk(supervisor, settings)


def talk(supervisor: Supervisor, settings: Settings) -> None:
    """Rasa's shell in the foreground, with the model of the present data, in a conversation that can know its customer."""
    model = ensure_model(supervisor, environment(settings))
    supervisor.run(shell_program(settings, model, new_conversation(settings)))


def new_conversation(settings: Settings) -> str:
    from switchboard.conversations.accept import open_conversation
    from switchboard.database.engine import make_engine

    engine = make_engine(settings, pool_size=1)
    try:
        with engine.begin() as connection:
            return open_conversation(connection).conversation_id
    finally:
        engine.dispose()


class AlreadyRunning(StartError):
    """Switchboard already runs on this data folder."""


def make_folders(settings: Settings) -> None:
    """The data folder and its logs, which only the owner may read: customers' words can be in them."""
    if not Path("config.yml").exists():
        raise StartError("There is no config.yml here; run this in the project's folder.")
    try:
        settings.data_path.mkdir(parents=True, exist_ok=True)
        logs_of(settings).mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise StartError(f"DATA_DIR {settings.data_path} can't be used: {error.strerror}.") from error


def logs_of(settings: Settings) -> Path:
    return settings.data_path / "logs"


def held_folder(settings: Settings) -> AbstractContextManager[None]:
    """The lock on the data folder."""
    refusal = f"Switchboard already runs on {settings.data_path}; stop that one, or set DATA_DIR to another folder."
    return exclusive(settings.data_path / "lock", AlreadyRunning(refusal))


def make_supervisor(settings: Settings) -> Supervisor:
    logs = logs_of(settings)
    return Supervisor(logs, Console(log=logs / "up.log"))


def check_ports(settings: Settings) -> None:
    """Raise StartError for the first port that can't be listened on."""
    ports = [("PORT", settings.host, settings.port)]
    ports += [] if settings.rasa_urls else [("RASA_PORT", LOOPBACK, port) for port in settings.rasa_ports]
    ports += [] if settings.actions_url else [("ACTIONS_PORT", LOOPBACK, settings.actions_port)]
    if len({port for _, _, port in ports}) < len(ports):
        names = dict.fromkeys(name for name, _, _ in ports)
        raise StartError(f"{', '.join(names)} must be different ports.")
    for name, host, port in ports:
        check_port(name, host, port)


def check_port(name: str, host: str, port: int) -> None:
    """Raise StartError unless this port is free; `name` is its setting."""
    if not 0 < port < 65536:
        raise StartError(f"{name} must be between 1 and 65535, not {port}.")
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise StartError(f"Port {port} is taken; stop what uses it, or set {name} to another port.") from None
        raise StartError(f"Can't listen on {host}, port {port} ({name}): {error.strerror}.") from None


def with_secrets(settings: Settings) -> Settings:
    """The settings with every secret set, and in the env file what Rasa's stock tools need from us."""
    settings = replace(
        settings,
        rasa_token=settings.rasa_token or secrets.token_urlsafe(32),
        actions_token=settings.actions_token or secrets.token_urlsafe(32),
        webhook_secret=settings.webhook_secret or new_secret(),
        link_secret=settings.link_secret or secrets.token_urlsafe(32),
        desk_demo_password=settings.desk_demo_password or secrets.token_urlsafe(9),
    )
    ours = {name: getattr(settings, name.lower()) for name in KEPT}
    envfile.update(Path(settings.env_file), for_rasa(settings) | ours)
    return settings


def start_all(supervisor: Supervisor, settings: Settings) -> None:
    """Everything in its order, until the system is ready; Rasa is the slow one, the others start beside it."""
    start_database(supervisor, settings)
    model = None if settings.rasa_urls else ensure_model(supervisor, environment(settings))
    if not settings.actions_url:
        supervisor.start(actions_program(settings))
    programs = [*worker_programs(settings), command_program(settings, "web")]
    if model:
        share(model)
        programs = rasa_programs(settings, model) + programs
    for program in programs:
        supervisor.start(program)
    wait_until_ready(supervisor, settings, model)


def start_database(supervisor: Supervisor, settings: Settings) -> None:
    """The embedded server, if it is ours to start, then its tables and the demo data."""
    if settings.embedded:
        start_embedded(supervisor, settings)
    run_command(supervisor, settings, "migrate", "Preparing the database's tables")
    run_command(supervisor, settings, "seed", "Reading the demo shop and the articles in")


def start_embedded(supervisor: Supervisor, settings: Settings) -> None:
    from switchboard.database.embedded import EmbeddedServer

    server = EmbeddedServer(settings)
    with supervisor.console.step("Starting the embedded database") as step:
        outlive_predecessor(supervisor, step, server.prepare, server.folder / "postmaster.pid")
        supervisor.start(database_program(server))
        supervisor.wait(server.answers, step, DATABASE_SECONDS)


def outlive_predecessor(supervisor: Supervisor, step: Step, prepare: Callable[[], None], pid_file: Path) -> None:
    """Call `prepare`; a server whose launcher was killed a moment ago is given the time to shut down."""
    while True:
        try:
            return prepare()
        except StartError:
            if step.seconds > PREDECESSOR_SECONDS or not pid_file.exists():
                raise
        supervisor.pause()


def run_command(supervisor: Supervisor, settings: Settings, command: str, what: str) -> None:
    """Run one of our commands to its end.

    Raises:
        StartError: it failed; the message is what it said.
    """
    with supervisor.console.step(what) as step:
        child = supervisor.run(command_program(settings, command), lambda child: step.show())
        if child.process.returncode:
            raise StartError((child.lines() or [f"`{command}` ended with {child.why()}."])[-1])


def wait_until_ready(supervisor: Supervisor, settings: Settings, model: Path | None) -> None:
    """Wait for `/readyz`, and notice a Rasa that runs without its model: it would do so for ever."""

    status_of_rasa = [f"{address}/status?token={quote(settings.rasa_token)}" for address in settings.rasa_addresses]

    def ready() -> bool:
        if model and any(get(address)[0] == NO_MODEL for address in status_of_rasa):
            raise StartError(
                f"Rasa can't load {model}: {why_no_model(supervisor)}; `make train AGAIN=1` makes it anew."
            )
        status, body = get(f"{address_of(settings)}/readyz")
        step.show(missing(body))
        return status == 200

    with supervisor.console.step("Waiting until everything answers") as step:
        supervisor.wait(ready, step, READY_SECONDS, every=0.5)


def get(url: str) -> tuple[int, str]:
    """Status and body of an address; status 0 if nobody answers."""
    try:
        with direct.open(url, timeout=PROBE_SECONDS) as response:
            return response.status, response.read().decode("utf-8", "replace")
    except HTTPError as error:
        return error.code, error.read().decode("utf-8", "replace")
    except OSError:
        return 0, ""


def missing(body: str) -> str:
    """What `/readyz` still waits for, by its answer."""
    try:
        parts = json.loads(body)["parts"]
    except (ValueError, KeyError, TypeError):
        return "not yet: web"
    return "not yet: " + ", ".join(name for name, state in parts.items() if state != "ok")


def why_no_model(supervisor: Supervisor) -> str:
    """Why Rasa could not load its model, in its own words."""
    replicas = [child for name, child in supervisor.children.items() if name.startswith("rasa")]
    lines = [line for child in replicas for line in child.lines()]
    said = [line.partition(COULD_NOT_LOAD)[2].rstrip(".") for line in lines if COULD_NOT_LOAD in line]
    return said[-1] if said else f"see {replicas[0].log}"


def sign_in_of(settings: Settings) -> str:
    """How to try the desk."""
    from switchboard.desk.demo import DEMO

    who = " or ".join(f"{email} ({role})" for email, (_, role) in DEMO.items())
    return f"The desk is at {address_of(settings)}/desk: {who}, password {settings.desk_demo_password}, on this machine only."


def announce(console: Console, settings: Settings, seconds: float) -> None:
    console.say(f"Switchboard is ready after {seconds:.0f} s: {address_of(settings)}/")
    if settings.only_here:
        console.say(sign_in_of(settings))
    console.say(f"Stop it with ctrl-C, or with `kill {os.getpid()}`. Logs are in {logs_of(settings)}.")

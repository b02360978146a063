"""A real Tryton for the tests: its own environment, a database on the tests' PostgreSQL, and its server."""

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

import httpx
import psycopg2

from switchboard.database.embedded import EmbeddedServer, die_with_parent, stop
from tests.database_fixtures import execute
from tests.system import free_ports
from tests.tryton_shop import tryton_shop

HOME = Path(__file__).parent / "tryton"
PROGRAMS = HOME / ".venv" / "bin"
INSTALLED = PROGRAMS / "trytond"
DATABASE = "tryton"
USER, PASSWORD = "admin", "let-me-in"
CHANGED = (
    "sale_sale",
    "sale_line",
    "party_party",
    "party_address",
    "party_contact_mechanism",
    "ir_note",
)
"""Tables that changes by the adapter write to."""


class Tryton:
    """A running Tryton with Larkspur's known customers and orders in it."""

    def __init__(self, url: str, server: EmbeddedServer) -> None:
        self.url, self.server = url, server

    def reset(self) -> None:
        """Everything as it was after seeding. Every change leaves a note, so without a new one there is nothing to do."""
        with connected(self.server) as cursor:
            cursor.execute("select count(*) from ir_note")
            [notes] = cursor.fetchone()
            cursor.execute("select count(*) from before.ir_note")
            if cursor.fetchone() != (notes,):
                cursor.execute("set session_replication_role = replica")
                for table in CHANGED:
                    cursor.execute(f"delete from {table}; insert into {table} select * from before.{table}")


@contextmanager
def running_tryton(server: EmbeddedServer, folder: Path) -> Iterator[Tryton]:
    """Tryton with its database made, filled and remembered."""
    [port] = free_ports(1)
    environment = prepared(server, folder, port)
    execute(server, f"create database {DATABASE} template template0")
    options = ["-u", "sale", "--activate-dependencies", "--email", "admin@example.com"]
    run([INSTALLED.with_name("trytond-admin"), "-d", DATABASE, *options], environment)
    shop = json.dumps(tryton_shop(datetime.now(timezone.utc).date()))
    run([INSTALLED.with_name("python"), HOME / "seed.py", DATABASE], environment, shop)
    with connected(server) as cursor:
        cursor.execute("create schema before")
        for table in CHANGED:
            cursor.execute(f"create table before.{table} as table {table}")
    with served(environment, folder, port):
        yield Tryton(f"http://127.0.0.1:{port}/{DATABASE}", server)


def prepared(server: EmbeddedServer, folder: Path, port: int) -> dict[str, str]:
    """Tryton's configuration and the administrator's password in files, and the environment that names them."""
    configuration, password = folder / "trytond.conf", folder / "password"
    address = f"postgresql://postgres@/?host={server.sockets}"
    configuration.write_text(f"[database]\nuri = {address}\n[web]\nlisten = 127.0.0.1:{port}\n")
    password.write_text(PASSWORD)
    return {**os.environ, "TRYTOND_CONFIG": str(configuration), "TRYTONPASSFILE": str(password)}


def run(command: list[Path | str], environment: dict[str, str], given: str = "") -> None:
    done = subprocess.run(command, env=environment, input=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@contextmanager
def served(environment: dict[str, str], folder: Path, port: int) -> Iterator[None]:
    with (folder / "trytond.log").open("wb") as log:
        command = [INSTALLED, "-d", DATABASE]
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, preexec_fn=die_with_parent)
    try:
        wait_for(port, folder)
        yield
    finally:
        stop(process)


def wait_for(port: int, folder: Path) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end:
        try:
            httpx.post(f"http://127.0.0.1:{port}/rpc/", json={"id": 0, "method": "common.server.version", "params": []})
            return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError((folder / "trytond.log").read_text())


@contextmanager
def connected(server: EmbeddedServer) -> Iterator["psycopg2.extensions.cursor"]:
    connection = psycopg2.connect(host=str(server.sockets), user="postgres", dbname=DATABASE)
    try:
        with connection, connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()

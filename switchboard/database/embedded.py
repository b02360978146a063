"""The embedded PostgreSQL: the wheel's binaries, run as a child of ours, on a socket only this user can reach.

PostgreSQL refuses to run as root. Started by root it runs as a system user of its own, which may not be able to walk
down to the data folder (a checkout below /root, say). No permission of a folder that isn't ours is changed for that:
the server is started inside its data folder and names it `/proc/self/cwd`, and finds its binaries in a copy under /var/lib.
"""

import ctypes
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg2

from switchboard.database.binaries import reachable_binaries, system_user
from switchboard.errors import StartError
from switchboard.settings import Settings

HERE = "/proc/self/cwd"

INITDB = ["--username=postgres", "--auth-local=trust", "--auth-host=reject", "--encoding=UTF8", "--locale=C"]
LOCALE = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
}
UNSAFE_SETTINGS = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


class EmbeddedServer:
    """One server on `DATA_DIR/postgres`. `unsafe` trades durability for speed: for tests only."""

    def __init__(self, settings: Settings, unsafe: bool = False) -> None:
        self.data_path = settings.data_path
        self.folder = settings.data_path / "postgres"
        self.sockets = settings.socket_folder
        self.log = settings.data_path / "logs" / "database.log"
        self.unsafe = unsafe
        self.owner: pwd.struct_passwd | None = None
        self.hidden = False
        self.binaries = Path()

    def prepare(self) -> None:
        """Make everything `command()` needs: the system user, the folders, the cluster when there is none.

        Raises:
            StartError: a folder can't be used, or a server already runs on it.
        """
        self.owner = system_user() if os.geteuid() == 0 else None
        try:
            self._make_data_folder()
            self.binaries = reachable_binaries(self.owner)
            self._make_cluster()
            self._make_socket_folder()
            self._check_pid_file()
        except OSError as error:
            raise StartError(
                f"The embedded database can't use {error.filename or self.data_path}: {error.strerror}."
            ) from error

    def command(self) -> list[str]:
        """The command line of the server; start it with `popen_options()`."""
        values = SETTINGS | (UNSAFE_SETTINGS if self.unsafe else {})
        options = [part for name, value in values.items() for part in ("-c", f"{name}={value}")]
        return [
            str(self.binaries / "postgres"),
            "-D",
            self._name_of(self.folder),
            "-k",
            self._socket_argument(),
            "-p",
            "5432",
            *options,
        ]

    def popen_options(self) -> dict[str, Any]:
        """What `subprocess.Popen` needs beside the command: the system user when root, and the folder to start in."""
        return self._options_in(self.folder)

    def wait_ready(self, timeout: float = 30.0, process: "subprocess.Popen[bytes] | None" = None) -> None:
        """Wait until the server takes connections.

        Raises:
            StartError: it doesn't within `timeout` seconds, or `process` has ended.
        """
        end = time.monotonic() + timeout
        while not self.answers():
            if time.monotonic() > end or (process and process.poll() is not None):
                raise StartError(f"The embedded database did not start; see {self.log}.")
            time.sleep(0.02)

    def answers(self) -> bool:
        """Whether a server takes connections on our socket right now."""
        try:
            psycopg2.connect(
                host=str(self.sockets), port=5432, user="postgres", dbname="postgres", connect_timeout=2
            ).close()
        except psycopg2.OperationalError:
            return False
        return True

    def start(self) -> "subprocess.Popen[bytes]":
        """Start the prepared server as a child that dies with us, and wait until it is ready."""
        self.log.parent.mkdir(mode=0o700, exist_ok=True)
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                self.command(),
                **self.popen_options(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
        try:
            self.wait_ready(process=process)
        except StartError:
            stop(process)
            raise
        return process

    def _make_data_folder(self) -> None:
        """Only the folder itself is opened to the system user, and only to walk through."""
        self.data_path.mkdir(parents=True, exist_ok=True)
        if self.owner:
            self.data_path.chmod(self.data_path.stat().st_mode | stat.S_IXOTH)
            self.hidden = not all(others_may_enter(folder) for folder in self.folder.parents)

    def _make_cluster(self) -> None:
        if (self.folder / "PG_VERSION").exists():
            self._own(self.folder)
            return
        new = self.data_path / "postgres.new"
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        self._own(new)
        self._initdb(new)
        new.rename(self.folder)

    def _initdb(self, folder: Path) -> None:
        command = [str(self.binaries / "initdb"), "-D", self._name_of(folder), *INITDB, *LOCALE]
        command += ["--no-sync"] if self.unsafe else []
        done = subprocess.run(command, **self._options_in(folder), capture_output=True, text=True, check=False)
        if done.returncode:
            raise StartError(f"The embedded database can't be created in {self.data_path}: {last_line(done.stderr)}")

    def _make_socket_folder(self) -> None:
        """Only a folder of our own will do: the short ones are in /tmp, where anyone could have made it first."""
        self.sockets.mkdir(mode=0o700, exist_ok=True)
        found = self.sockets.lstat()
        owner = self.owner.pw_uid if self.owner else os.geteuid()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (owner, os.geteuid()):
            raise StartError(
                f"The folder {self.sockets} belongs to somebody else; remove it or choose another DATA_DIR."
            )
        self.sockets.chmod(0o700)
        self._own(self.sockets)

    def _check_pid_file(self) -> None:
        """PostgreSQL copes with the file of a dead server, but not when its number now belongs to another process."""
        file = self.folder / "postmaster.pid"
        try:
            pid = int(file.read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return
        if not is_alive(pid):
            return
        if self.answers() or runs_in(pid, self.folder):
            raise StartError(f"The embedded database in {self.folder} is already running (process {pid}).")
        file.unlink()

    def _own(self, folder: Path) -> None:
        """Give a folder to the system user, with all that is in it, unless it already is theirs."""
        if self.owner is None or folder.stat().st_uid == self.owner.pw_uid:
            return
        for parent, _, files in os.walk(folder, topdown=False):
            for path in (parent, *(os.path.join(parent, file) for file in files)):
                os.chown(path, self.owner.pw_uid, self.owner.pw_gid, follow_symlinks=False)

    def _name_of(self, folder: Path) -> str:
        return HERE if self.hidden else str(folder)

    def _socket_argument(self) -> str:
        """The socket's folder as the server sees it: from its data folder, where the way from the root is closed."""
        beside = self.sockets.parent == self.data_path
        return f"../{self.sockets.name}" if self.hidden and beside else str(self.sockets)

    def _options_in(self, folder: Path) -> dict[str, Any]:
        if self.owner is None:
            return {"cwd": folder}
        return {"cwd": folder, "user": self.owner.pw_uid, "group": self.owner.pw_gid, "extra_groups": []}


@contextmanager
def running(settings: Settings, unsafe: bool = False) -> Iterator[EmbeddedServer]:
    """The embedded server, ready; stopped at the end, and by the kernel should this process be killed."""
    server = EmbeddedServer(settings, unsafe)
    server.prepare()
    process = server.start()
    try:
        yield server
    finally:
        stop(process)


def stop(process: "subprocess.Popen[bytes]", timeout: float = 20.0) -> None:
    """Fast shutdown: open transactions are rolled back, everything committed is kept."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(timeout)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGQUIT)
        process.wait(timeout)


def others_may_enter(folder: Path) -> bool:
    return bool(folder.stat().st_mode & stat.S_IXOTH)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def runs_in(pid: int, folder: Path) -> bool:
    """Whether that process works in this folder, as a PostgreSQL server does in its data."""
    try:
        return Path(f"/proc/{pid}/cwd").resolve(strict=True) == folder
    except OSError:
        return False


def die_with_parent() -> None:
    """Ask the kernel for a fast shutdown when our parent is gone (Linux; elsewhere the parent has to do it)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGINT)


def last_line(output: str) -> str:
    return (output.strip().splitlines() or ["no reason was given."])[-1]

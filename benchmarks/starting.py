"""How long `make run` takes: the first time, with training, and later."""

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from benchmarks.report import table, write_section
from tests.system import ROOT, free_ports

READY = "Switchboard is ready"


def run() -> str:
    """Clone the project, run it twice, write the section of docs/benchmarks.md and return it."""
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        first, steps = seconds_to_ready(clone)
        second, _ = seconds_to_ready(clone)
        size = sum(f.stat().st_size for f in (clone / ".venv").rglob("*") if f.is_file() and not f.is_symlink())
    body = described(first, second, steps, size)
    write_section("starting", "Starting", body)
    return body


def seconds_to_ready(clone: Path) -> tuple[float, list[str]]:
    """Run `make run` until it is ready, and stop it; the seconds, and what it said about its steps."""
    port, rasa_port, actions_port = map(str, free_ports(3))
    ports = {"PORT": port, "RASA_PORT": rasa_port, "ACTIONS_PORT": actions_port}
    environ = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], **ports}
    began, lines = time.monotonic(), []
    make = shutil.which("make") or "make"
    process = subprocess.Popen(
        [make, "run"], cwd=clone, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout
    for line in process.stdout:
        lines.append(line.strip())
        if READY in line:
            break
    seconds = time.monotonic() - began
    process.terminate()
    process.wait(timeout=60)
    if READY not in lines[-1]:
        raise RuntimeError("\n".join(lines[-20:]))
    return seconds, [line for line in lines if ": done in" in line]


def described(first: float, second: float, steps: list[str], size: int) -> str:
    rows = [
        ["first `make run` in a fresh clone, download caches warm, training included", f"{first:.0f} s", "240 s"],
        ["a later `make run`", f"{second:.0f} s", "45 s"],
    ]
    listed = "\n".join(f"- {step}" for step in steps)
    return (
        table(["what", "until ready", "goal"], rows)
        + f"\n\nThe first start's steps after the packages were installed ({size / 1e9:.1f} GB in `.venv`):\n\n{listed}"
    )

"""axe-core, the accessibility checker, as its makers publish it; fetched by npm and used in tests only."""

import hashlib
import shutil
import subprocess
import tarfile
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Page

AXE = "axe-core@4.11.0"
FILE = "package/axe.min.js"
SHA256 = "e9e5863c33a874f09bc01acd9234b7e3c871479f5eef8802fa582544465e6d01"
"""Of its one file, so that what checks is what is published."""

CACHE = Path(__file__).parent / ".npm"

SERIOUS = """async () => {
    const found = await axe.run(document, { resultTypes: ["violations"] });
    return found.violations
        .filter((each) => each.impact === "serious" || each.impact === "critical")
        .map((each) => `${each.id}: ${each.help}\\n` + each.nodes.map((node) => "  " + node.html.slice(0, 200)).join("\\n"));
}"""


def serious_violations(page: Page) -> list[str]:
    """What axe finds on a page, of the impacts serious and critical."""
    page.evaluate(_source())
    found: list[str] = page.evaluate(SERIOUS)
    return found


@cache
def _source() -> str:
    file = CACHE / AXE / FILE
    if not file.is_file():
        _fetch(CACHE / AXE)
    assert hashlib.sha256(file.read_bytes()).hexdigest() == SHA256
    return file.read_text()


def _fetch(folder: Path) -> None:
    if not shutil.which("npm"):
        pytest.skip("ACCESSIBILITY WAS NOT CHECKED: there is no npm here; install Node")
    folder.mkdir(parents=True, exist_ok=True)
    command = ["npm", "pack", AXE, "--silent", "--ignore-scripts", "--pack-destination", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    if done.returncode:
        pytest.skip(f"ACCESSIBILITY WAS NOT CHECKED: npm could not fetch {AXE}: {done.stderr.strip()[-300:]}")
    with tarfile.open(folder / done.stdout.split()[-1]) as archive:
        archive.extract(FILE, folder)

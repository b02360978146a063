"""Pages that don't agree with the code fail here. The failure says which line is missing where."""

import re
import subprocess
from dataclasses import fields
from pathlib import Path

import pytest

from switchboard import __version__
from switchboard.cli import COMMANDS
from switchboard.server import create_app
from switchboard.settings import Settings
from switchboard.web.openapi import description

ROOT = Path(__file__).parents[2]
PAGES = [
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    *(f"docs/{p.name}" for p in sorted((ROOT / "docs").glob("*.md"))),
]
DECISIONS = sorted((ROOT / "docs/decisions").glob("*.md"))

NOT_IN_OPENAPI = {"/", "/docs", "/widget.js", "/static", "/socket.io", "/openapi.json", "/desk"}
"""Pages, files, the desk's own calls, and Socket.IO's own protocol; every other route is a call and belongs into the API's description."""

WORDS = """
conversation, message, turn, outcome, holder, handoff, reason, team, agent, supervisor, assignee, inbox, canned response,
private note, tag, snooze, CSAT, SLA, first response time, article, intent, confidence, correction, candidate model,
serving model, containment, confirmed resolution, assumed resolution, reopened
"""

REGISTRIES = [
    f"{name}.{domain}"
    for name, domain in [
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "com"),
        ("npmjs", "org"),
        ("anaconda", "org"),
    ]
]
"""In pieces, so that this file doesn't name them either."""

LINK = re.compile(r"\]\(([^)\s]+)\)")


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("setting", fields(Settings), ids=lambda setting: setting.name)
def test_every_setting_is_documented_with_its_default(setting):
    name, default, doc = setting.name.upper(), setting.default, setting.metadata["doc"]
    shown = f"`{default}`" if default != "" else "empty"
    assert f"| `{name}` | {shown} | {doc} |\n" in read("docs/settings.md")
    assert f"# {doc}\n#{name}={default}\n" in read(".env.example")


def test_no_setting_is_documented_that_does_not_exist():
    documented = re.findall(r"^\| `([A-Z_]+)` \| (?:`.*`|empty) \| ", read("docs/settings.md"), re.MULTILINE)
    assert documented == [setting.name.upper() for setting in fields(Settings)]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_documented(command):
    assert f"`{command}`" in read("docs/operations.md")


def test_every_make_target_is_documented_and_has_a_line_of_help():
    makefile = read("Makefile")
    targets = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[1].split()
    pages = "\n".join(map(read, PAGES))
    assert targets
    for target in targets:
        assert re.search(rf"\bmake {target}\b", pages), f"no page says what `make {target}` does"
        assert re.search(rf"^{target}:.*## ", makefile, re.MULTILINE), f"`make help` doesn't list {target}"


def test_every_make_target_that_a_page_names_exists():
    targets = set(re.search(r"^\.PHONY: (.*)$", read("Makefile"), re.MULTILINE)[1].split())
    named = {name for page in PAGES for name in re.findall(r"(?:`|^|\$ )make ([a-z]+)", read(page), re.MULTILINE)}
    assert named <= targets


def test_every_route_is_described():
    paths = {route.path or "/" for route in create_app(Settings()).routes}
    assert paths == NOT_IN_OPENAPI | set(description()["paths"])


def test_every_call_is_described_with_its_methods():
    routes = create_app(Settings()).routes
    served = {(r.path, m) for r in routes for m in getattr(r, "methods", None) or () if m != "HEAD"}
    served = {(path, method) for path, method in served if path not in NOT_IN_OPENAPI}
    described = {(path, method.upper()) for path, methods in description()["paths"].items() for method in methods}
    assert served == described


def test_every_route_is_in_the_architecture_page():
    page = read("docs/architecture.md")
    for route in create_app(Settings()).routes:
        method = "POST" if "POST" in (getattr(route, "methods", None) or ()) else "GET"
        assert f"`{method} {route.path or '/'}`" in page


@pytest.mark.parametrize("word", [word.strip() for word in WORDS.split(",")])
def test_the_fields_words_are_defined_once(word):
    assert read("docs/glossary.md").count(f"\n| **{word}** |") == 1


def test_the_glossary_is_in_alphabetical_order_and_defines_nothing_twice():
    words = re.findall(r"^\| \*\*(.+?)\*\* \|", read("docs/glossary.md"), re.MULTILINE)
    assert words == sorted(set(words), key=str.lower)


@pytest.mark.parametrize("page", [*PAGES, *(f"docs/decisions/{path.name}" for path in DECISIONS)])
def test_links_between_pages_resolve(page):
    for target in LINK.findall(read(page)):
        if "://" not in target and not target.startswith("#"):
            path = (ROOT / page).parent / target.partition("#")[0]
            assert path.exists(), f"{page} links to {target}, which is not there"


def test_decisions_are_numbered_without_gaps_and_say_why():
    assert [path.name[:5] for path in DECISIONS] == [f"{number:04}-" for number in range(1, len(DECISIONS) + 1)]
    for path in DECISIONS:
        text = path.read_text(encoding="utf-8")
        assert text.startswith(f"# {int(path.name[:4])}. ")
        assert all(f"**{part}.**" in text for part in ("Context", "Choice", "Consequences")), path.name


def test_the_changelog_has_an_entry_for_this_version():
    assert re.search(rf"^## {re.escape(__version__)}\b", read("CHANGELOG.md"), re.MULTILINE)


def test_the_version_is_the_same_everywhere():
    assert f'\nversion = "{__version__}"\n' in read("pyproject.toml")


def test_no_file_names_a_package_registry():
    if not (ROOT / ".git").exists():
        pytest.skip("not a clone, so nothing says which files are the project's")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        path = ROOT / name
        content = path.read_bytes().lower() if path.is_file() else b""
        assert not any(host.encode() in content for host in REGISTRIES), f"{name} names a package registry"


def test_the_picture_of_the_chat_is_small():
    assert (ROOT / "docs/images/chat.png").stat().st_size < 300_000

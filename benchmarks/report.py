"""docs/benchmarks.md: a section for each benchmark, rewritten by its latest run."""

import os
import platform
import re
from datetime import date
from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"

INTRODUCTION = """# Benchmarks

What was measured, on which machine and when; `make benchmark` measures again and rewrites the sections.
Times compare with others of the same run, not with those of another machine.
"""


def write_section(name: str, title: str, body: str) -> None:
    """Put a section into the page, in place of the one with the same name."""
    page = PAGE.read_text(encoding="utf-8") if PAGE.exists() else INTRODUCTION
    section = f"<!-- {name} -->\n## {title}\n\n{machine()}\n\n{body.strip()}\n<!-- /{name} -->"
    pattern = re.compile(rf"<!-- {name} -->.*?<!-- /{name} -->", re.DOTALL)
    page = pattern.sub(lambda _: section, page) if pattern.search(page) else f"{page.rstrip()}\n\n{section}\n"
    PAGE.write_text(page, encoding="utf-8")


def machine() -> str:
    """Where and when this is measured."""
    model = next((line.split(":")[1].strip() for line in _cpu() if line.startswith("model name")), platform.machine())
    load = os.getloadavg()[0]
    return f"Measured on {date.today()}, {os.cpu_count()} cores of {model}, load {load:.1f} at the end."


def table(header: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def percentile(values: list[float], share: float) -> float:
    """The smallest value that at least `share` of the values don't exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * round(share * 100) // 100) - 1)]


def _cpu() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.exists() else []

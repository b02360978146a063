"""`python -m switchboard knowledge import`: articles from a shop's own pages."""

import argparse

from switchboard.database.engine import make_engine
from switchboard.knowledge.importing import import_from
from switchboard.settings import Settings


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Import, and say what became of it; the exit code is 1 if something could not be read."""
    engine = make_engine(settings, pool_size=1)
    report = import_from(engine, options.source, options.language, options.overwrite)
    for problem in report.problems:
        print(problem)
    print(
        f"{report.added} added, {report.changed} changed, {report.kept} as they were, {len(report.problems)} not imported."
    )
    return 1 if report.problems else 0

"""The commands. Each imports what it needs when it runs, so that `--help` is instant."""

import argparse
import logging
import os
import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

from switchboard.errors import StartError, SwitchboardError, first_line
from switchboard.settings import Settings

Run = Callable[[Settings, argparse.Namespace], int | None]

INTERRUPTED = 130
"""Exit code of a command that ctrl-C ended, by the shells' custom."""


def up(settings: Settings, options: argparse.Namespace) -> None:
    """Start everything on this machine and keep it running."""
    from switchboard.launcher import up

    up(settings)


def web(settings: Settings, options: argparse.Namespace) -> None:
    """Run the web process: the customers' API, the chat, health."""
    from switchboard.server import serve

    serve(settings)


def worker(settings: Settings, options: argparse.Namespace) -> None:
    """Run a worker: the turns of waiting messages."""
    from switchboard.worker import work

    work(settings)


def migrate(settings: Settings, options: argparse.Namespace) -> None:
    """Create the database's tables, or bring them up to date."""
    from switchboard.database.migrate import migrate

    migrate(settings)


def seed(settings: Settings, options: argparse.Namespace) -> None:
    """Fill an empty database with the demo shop, and read the articles of data/articles in."""
    from switchboard.database.engine import make_engine
    from switchboard.database.seed import seed
    from switchboard.desk.demo import hire
    from switchboard.knowledge.articles import import_folder
    from switchboard.routing.teams import load_teams, store_teams

    engine = make_engine(settings)
    seed(engine)
    with engine.begin() as connection:
        store_teams(connection, load_teams(settings.teams_file))
        hire(connection, settings)
    import_folder(engine, Path("data/articles"))


def train(settings: Settings, options: argparse.Namespace) -> None:
    """Train the model, unless the data hasn't changed since the last training."""
    from switchboard.launcher import train

    train(settings, again=options.again)


def dead_letters(settings: Settings, options: argparse.Namespace) -> int:
    """Show the messages that failed for good, or run them again (replay)."""
    from switchboard.conversations.dead_letters_command import run

    return run(settings, options)


def webhooks(settings: Settings, options: argparse.Namespace) -> int:
    """Show what could not be delivered to other systems, or try it again now (--retry)."""
    from switchboard.webhooks.command import run

    return run(settings, options)


def escalation(settings: Settings, options: argparse.Namespace) -> None:
    """Tell why people were called in a conversation (explain), or whether the rules for it can be used (check)."""
    from switchboard.turns.escalation_command import run

    run(settings, options)


def knowledge(settings: Settings, options: argparse.Namespace) -> int:
    """Read articles in from a folder of Markdown or HTML files, or from the pages of a sitemap (import)."""
    from switchboard.knowledge.command import run

    return run(settings, options)


def desk(settings: Settings, options: argparse.Namespace) -> int:
    """Let somebody sign in to the desk as an admin (add-admin)."""
    from switchboard.desk.command import run

    return run(settings, options)


def crm(settings: Settings, options: argparse.Namespace) -> int:
    """Read customers, products and orders from a folder's files into our own shop (import FOLDER)."""
    from switchboard.crm.importing import run

    return run(settings, options.folder)


def shell(settings: Settings, options: argparse.Namespace) -> None:
    """Talk to the assistant in this terminal (Rasa's own shell)."""
    from switchboard.launcher import shell

    shell(settings)


def benchmark(settings: Settings, options: argparse.Namespace) -> None:
    """Measure; what follows the command goes to the benchmarks."""
    if not find_spec("benchmarks"):
        raise StartError("The benchmarks are not in this folder; run this in a clone of the project.")
    os.execv(sys.executable, [sys.executable, "-m", "benchmarks", *options.arguments])


COMMANDS: dict[str, Run] = {
    command.__name__.replace("_", "-"): command
    for command in (
        up,
        web,
        worker,
        migrate,
        seed,
        train,
        dead_letters,
        webhooks,
        crm,
        escalation,
        knowledge,
        desk,
        shell,
        benchmark,
    )
}


def parser() -> argparse.ArgumentParser:
    """The command line; one command a function above, described by its docstring."""
    top = argparse.ArgumentParser(prog="python -m switchboard", description="Self-hosted customer-support automation.")
    commands = top.add_subparsers(dest="command", metavar="command", required=True)
    by_name = {
        name: commands.add_parser(name, help=run.__doc__, description=run.__doc__) for name, run in COMMANDS.items()
    }
    by_name["train"].add_argument("--again", action="store_true", help="train even if nothing has changed")
    letters = by_name["dead-letters"]
    letters.add_argument(
        "--text", action="store_true", help="also what was written, e-mail addresses and numbers masked"
    )
    replays = letters.add_subparsers(dest="replay", metavar="replay")
    replay = replays.add_parser("replay", help="run failed messages again", description="Run failed messages again.")
    which = replay.add_mutually_exclusive_group(required=True)
    which.add_argument("message", nargs="?", metavar="CONVERSATION:SEQ", help="one of the list")
    which.add_argument("--all", action="store_true", help="every one that can be")
    by_name["webhooks"].add_argument(
        "--retry", action="store_true", help="try all of it again now, also what was given up"
    )
    asked = by_name["escalation"].add_subparsers(dest="ask", metavar="ask", required=True)
    explain = asked.add_parser("explain", help="why people were called", description="Why people were called.")
    explain.add_argument("conversation", metavar="CONVERSATION", help="a conversation's id")
    asked.add_parser("check", help="whether the rules can be used", description="Whether the rules can be used.")
    doing = by_name["knowledge"].add_subparsers(dest="doing", metavar="import", required=True)
    importing = doing.add_parser("import", help="read articles in", description="Read articles in.")
    importing.add_argument("source", type=Path, help="a folder of Markdown or HTML files, or a sitemap file")
    importing.add_argument("--language", default="en", help="of pages that don't say theirs (default: en)")
    importing.add_argument("--overwrite", action="store_true", help="replace the text of articles that exist")
    hiring = by_name["desk"].add_subparsers(dest="hire", metavar="add-admin", required=True)
    admin = hiring.add_parser("add-admin", help="let somebody sign in as an admin", description="Let somebody sign in.")
    admin.add_argument("email", metavar="EMAIL", help="their e-mail address")
    admin.add_argument("--name", help="what customers and colleagues read")
    crms = by_name["crm"].add_subparsers(dest="crm", metavar="import", required=True)
    imports = crms.add_parser("import", help="read a folder's files", description="Read a folder's files.")
    imports.add_argument(
        "folder", type=Path, metavar="FOLDER", help="with customers, products, orders as .json or .csv"
    )
    by_name["benchmark"].add_argument("arguments", nargs=argparse.REMAINDER, help="passed on")
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    options = parser().parse_args(arguments)
    return in_words(lambda: run(options))


def run(options: argparse.Namespace) -> int:
    settings = Settings.load()
    log_to_stderr(settings.log_level)
    return COMMANDS[options.command](settings, options) or 0


def in_words(work: Callable[[], int]) -> int:
    """Do the work; what goes wrong on purpose ends as one sentence on stderr and exit code 1."""
    try:
        return work()
    except SwitchboardError as error:
        print(error.message, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        if not cannot_connect(error):
            raise
        print(cannot_connect(error), file=sys.stderr)
        return 1


def log_to_stderr(level: str) -> None:
    """Log lines of this process, one a line, with time and level."""
    logging.basicConfig(level=level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs addresses, and Rasa's hold our token


def cannot_connect(error: Exception) -> str:
    """One sentence if `error` says that the database can't be reached, else nothing.

    The class is known by its name, because importing SQLAlchemy for it would slow every command.
    """
    if type(error).__name__ != "OperationalError":
        return ""
    reason = first_line(getattr(error, "orig", None) or error)
    return f"The database can't be reached: {reason}. Is DATABASE_URL right, and the server running?"

"""`python -m switchboard dead-letters`: the list of failed messages on a terminal, and running them again."""

import argparse
import sys
from uuid import UUID

from sqlalchemy.engine import Engine

from switchboard.conversations.dead_letters import DeadLetter, list_dead_letters, replay
from switchboard.database.engine import make_engine
from switchboard.errors import BadRequest, SwitchboardError
from switchboard.privacy.masking import mask_details
from switchboard.settings import Settings


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Show or replay; the exit code is 1 if a message could not be replayed."""
    engine = make_engine(settings, pool_size=1)
    if not options.replay:
        show(engine, options.text)
        return 0
    if not options.all:
        return 0 if again(engine, options.message) else 1
    with engine.begin() as connection:
        names = [letter.name for letter in list_dead_letters(connection)]
    replayed: set[str] = set()
    for name in names:
        if name not in replayed:  # it may have come along with another
            replayed.update(again(engine, name))
    return 0 if replayed.issuperset(names) else 1


def show(engine: Engine, with_text: bool) -> None:
    """Print a line for each failed message; what the customer wrote only if asked, and masked."""
    with engine.begin() as connection:
        letters = list_dead_letters(connection)
    for letter in letters:
        print(line(letter))
        if with_text:
            print(*(f"    {part}" for part in mask_details(letter.text).splitlines()), sep="\n")
    print(f"{len(letters)} failed messages." if letters else "No message has failed.")


def line(letter: DeadLetter) -> str:
    return f"{letter.name}  {letter.created_at:%Y-%m-%d %H:%M:%S %Z}  {letter.tries} tries  {letter.error}"


def again(engine: Engine, name: str) -> list[str]:
    """Replay the message of that name, and say whether it could be; returns the names of those that wait again."""
    try:
        conversation_id, seq = parse(name)
        with engine.begin() as connection:
            seqs = replay(connection, conversation_id, seq)
    except SwitchboardError as error:
        print(f"{name}: {error.message}", file=sys.stderr)
        return []
    print(f"{name}: waits for a worker again" + (f", with {len(seqs) - 1} more." if len(seqs) > 1 else "."))
    return [f"{conversation_id}:{each}" for each in seqs]


def parse(name: str) -> tuple[str, int]:
    """A conversation's id and a message's number.

    Raises:
        BadRequest: `name` is not CONVERSATION:SEQ.
    """
    conversation, _, seq = name.rpartition(":")
    try:
        return str(UUID(conversation)), int(seq)
    except ValueError:
        raise BadRequest("A message is named CONVERSATION:SEQ, as the list shows it.") from None

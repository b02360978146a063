"""The e-mail address of a customer who waits for people, given in the form or written in the chat."""

from contextlib import suppress

from sqlalchemy.engine import Connection

from switchboard.conversations import contacts
from switchboard.conversations.holder import lock
from switchboard.conversations.reference import reference_of
from switchboard.conversations.saying import tell
from switchboard.errors import BadAddress, TooManyMessages
from switchboard.mail.letters import confirmation
from switchboard.mail.outbox import queue_mail
from switchboard.routing.words import answered_by_mail
from switchboard.settings import Settings
from switchboard.turns.details import emails


def keep_address(connection: Connection, settings: Settings, conversation_id: str, address: str) -> None:
    """Keep where the customer wants the answer, and send a confirmation there.

    Raises:
        TooManyMessages: it was changed too often.
    """
    if contacts.leave(connection, conversation_id, address):
        words = confirmation(settings, conversation_id, reference_of(connection, conversation_id) or "")
        queue_mail(connection, address, words.subject, words.body, conversation_id)


def keep_written_address(connection: Connection, settings: Settings, conversation_id: str, written: str) -> None:
    """Keep the address that a customer wrote who waits in a queue and has left none, and tell them so.

    Args:
        written: what they typed.
    """
    address = _address(written)
    if address is None or lock(connection, conversation_id)[0] != "queue":
        return
    if contacts.left(connection, conversation_id) is None:
        with suppress(TooManyMessages):
            keep_address(connection, settings, conversation_id, address)
            tell(connection, conversation_id, answered_by_mail(contacts.masked(address)))


def _address(written: str) -> str | None:
    for address in emails(written):
        with suppress(BadAddress):
            return contacts.valid_address(address)
    return None

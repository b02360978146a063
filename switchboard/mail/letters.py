"""What is written to customers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from textwrap import indent
from zoneinfo import ZoneInfo

from switchboard.conversations.links import VALID_SECONDS, link
from switchboard.settings import Settings


@dataclass(frozen=True)
class Words:
    """What a mail says."""

    subject: str
    body: str


@dataclass(frozen=True)
class Said:
    """An agent's message that goes by mail."""

    agent: str
    text: str
    at: datetime


def confirmation(settings: Settings, conversation_id: str, reference: str) -> Words:
    """That we have the customer's request, and how to find it again.

    It has none of the customer's words: nobody can have us write theirs to a stranger.
    """
    company = _company(settings)
    body = [
        f"Hello,\n\nwe have your request. Its reference is {reference}.",
        "When one of us answers and you have left the chat, we will send the answer to this address.",
        _way_back(settings, conversation_id),
        f"If you did not write to {company}, somebody has mistyped their address. You can ignore this mail.",
    ]
    return Words(f"{company}: we have your request {reference}", "\n\n".join(body) + "\n")


def answer(settings: Settings, conversation_id: str, reference: str, said: Sequence[Said]) -> Words:
    """What agents said while the customer was away."""
    company, name = _company(settings), said[-1].agent
    zone = ZoneInfo(settings.timezone)
    quoted = [f"{each.agent}, {_time(each.at, zone)}:\n\n{indent(each.text, '    ')}" for each in said]
    body = [f"Hello,\n\n{name} has answered your request {reference}:", *quoted, _way_back(settings, conversation_id)]
    return Words(f"{company}: {name} has answered your request {reference}", "\n\n".join(body) + "\n")


def _way_back(settings: Settings, conversation_id: str) -> str:
    days = VALID_SECONDS // (24 * 3600)
    return (
        f"Back into the chat, for {days} days:\n{link(settings, conversation_id)}\n\n"
        "Whoever has this link can read the chat and write in it, so please don't pass it on. "
        "Answers to this mail are not read."
    )


def _time(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    return f"{local.day} {local:%B, %H:%M} ({zone.key})"


def _company(settings: Settings) -> str:
    return parseaddr(settings.mail_from)[0] or "Support"

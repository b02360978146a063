"""What customers are told about who has their conversation."""

from datetime import datetime

from switchboard.conversations.reference import reference
from switchboard.routing.hours import tell_moment
from switchboard.routing.teams import Team


def joined(agent: str, team: str) -> str:
    """
    >>> joined("Sam", "Customer support")
    'Sam from Customer support has joined the conversation.'
    """
    return f"{agent} from {team} has joined the conversation."


def stepped_away(agent: str) -> str:
    """An agent went away; the conversation waits again."""
    return f"{agent} had to step away. You keep your place, and somebody else will be with you as soon as possible."


def passed_to(team: str) -> str:
    """The conversation waits for another team now."""
    return f"You are being passed on to {team}. You keep your place, and they will be with you as soon as possible."


def answered_by_mail(address: str) -> str:
    """They have written where they can be reached."""
    return f"Thank you. If you leave before the answer is here, you will get it by mail at {address}."


def closed(team: Team, handoff_id: int, now: datetime) -> str:
    """Nobody is there at this time."""
    opens = team.opens_next(now)
    back = f" They are back {tell_moment(opens, now)}." if opens else ""
    return (
        f"{team.title} is closed right now. Hours: {team.hours}.{back} If you leave your e-mail address here, "
        f"you will get the answer by mail. Your reference number is {reference(handoff_id)}."
    )

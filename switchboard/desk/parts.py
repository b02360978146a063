"""What every request of the desk shares, beside the web process's own parts."""

from dataclasses import dataclass

from anyio import CapacityLimiter
from starlette.requests import Request

from switchboard.crm.contract import Crm
from switchboard.desk.live import Live
from switchboard.desk.names import Names
from switchboard.desk.views import Intent


@dataclass(frozen=True)
class Desk:
    """The desk's parts; made once, at start. `hashing` keeps passwords from filling the memory: each takes 64 MB to check.
    `currency` is what the business system's amounts are in."""

    crm: Crm
    currency: str
    names: Names
    live: Live
    intents: list[Intent]
    hashing: CapacityLimiter


def desk(request: Request) -> Desk:
    """The desk's parts, from a request."""
    parts: Desk = request.app.state.desk
    return parts

"""What this process has taken and refused since its start, for /metrics. Numbers only."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from prometheus_client import Counter

from switchboard.errors import SwitchboardError

P = ParamSpec("P")
T = TypeVar("T")

ACCEPTED = Counter(
    "switchboard_accepted_messages", "Customers' messages stored by this process; a repeated one is one."
)
REFUSED = Counter("switchboard_refused_messages", "Customers' messages refused by this process.", ["reason"])


def refusals_counted(accept: Callable[P, T]) -> Callable[P, T]:
    """`accept`, with its errors counted by their code."""

    @wraps(accept)
    def counted(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return accept(*args, **kwargs)
        except SwitchboardError as error:
            REFUSED.labels(error.code).inc()
            raise

    return counted

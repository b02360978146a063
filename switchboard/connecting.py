"""How every process connects to PostgreSQL, Rasa's too."""

from typing import Any

CONNECT: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
"""Parameters of libpq, in seconds, the last in milliseconds: a server that vanishes without a word is noticed within a
minute, and not after the hours that the system's own defaults may take."""

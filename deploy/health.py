"""Whether this container's process does its work: `python deploy/health.py web|worker|actions|rasa`."""

import os
import socket
import sys
from urllib.parse import quote
from urllib.request import ProxyHandler, build_opener

SECONDS = 4.0

WORKER_SEEN = """
    select exists (select from switchboard.workers
                    where worker_id like %s || '-%%' and seen_at > now() - interval '10 seconds')
"""


def main(kind: str) -> int:
    """Exit code 0 if it is healthy."""
    healthy = worker_seen() if kind == "worker" else answers(address_of(kind))
    return 0 if healthy else 1


def address_of(kind: str) -> str:
    """Where the process says how it is; Rasa's address says whether it has a model."""
    where = {
        "web": f"{os.environ.get('PORT', '8000')}/readyz?self",
        "actions": f"{os.environ.get('ACTIONS_PORT', '5055')}/health",
        "rasa": f"{os.environ.get('RASA_PORT', '5005')}/status?token={quote(os.environ.get('RASA_TOKEN', ''))}",
    }
    return f"http://127.0.0.1:{where[kind]}"


def answers(url: str) -> bool:
    try:
        with build_opener(ProxyHandler({})).open(url, timeout=SECONDS) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def worker_seen() -> bool:
    """Whether a worker on this host has told the database lately that it is alive."""
    import psycopg2

    try:
        connection = psycopg2.connect(os.environ["DATABASE_URL"], connect_timeout=int(SECONDS))
    except psycopg2.OperationalError:
        return False
    try:
        cursor = connection.cursor()
        cursor.execute(WORKER_SEEN, (socket.gethostname(),))
        return bool(cursor.fetchone()[0])
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

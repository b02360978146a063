"""The desk with 5,000 open conversations and 200 agents: how soon a page of each list answers."""

import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import uvicorn
from sqlalchemy import text
from sqlalchemy.engine import Engine

from benchmarks.report import percentile, table, write_section
from switchboard.database import embedded
from switchboard.database.engine import make_engine
from switchboard.database.migrate import migrate
from switchboard.database.seed import seed
from switchboard.desk.passwords import hash_password
from switchboard.desk.views import VIEWS
from switchboard.server import create_app, options
from switchboard.settings import Settings

OPEN, AGENTS, CLOSED = 5_000, 200, 50_000
MESSAGES = 8
"""In each conversation."""

TIMES = 100
PASSWORD = "a password for the benchmark"

FILL = (
    """
    insert into switchboard.agents (email, name, role, password_hash, presence, seen_at, capacity)
    select 'agent' || n || '@larkspur.example', 'Agent ' || n, case when n = 1 then 'supervisor' else 'agent' end,
           :hash, 'online', now(), 10
      from generate_series(1, :agents) n
    """,
    """
    insert into switchboard.team_members (team, agent_id)
    select team, agent_id from switchboard.agents, (select team, row_number() over (order by team) as k from switchboard.teams) t
     where agent_id % 4 = k % 4 or agent_id % 3 = k % 3
    """,
    """
    insert into switchboard.conversations
           (conversation_id, channel, token_hash, holder, team, agent_id, last_seq, crm, external_id, updated_at)
    select gen_random_uuid(), 'web', md5(n::text),
           case when n > :open then 'closed' when n % 10 < 4 then 'bot' when n % 10 < 7 then 'queue' else 'agent' end,
           case when n % 10 >= 4 then (array['support', 'billing', 'orders', 'accounts'])[1 + n % 4] end,
           case when n <= :open and n % 10 >= 7 then 1 + n % :agents end,
           :each, case when n % 3 = 0 then 'shop' end, case when n % 3 = 0 then (1 + n % 50)::text end,
           now() - n * interval '1 second'
      from generate_series(1, :open + :closed) n
    """,
    """
    insert into switchboard.handoffs
           (conversation_id, seq, team, reason, priority, created_at, agent_id, assigned_at, first_assigned_at, ended_at, outcome)
    select conversation_id, 1, team, 'asked_for_a_person', (random() * 3)::int, updated_at,
           agent_id, case when holder = 'agent' then updated_at end, case when holder = 'agent' then updated_at end,
           case when holder = 'closed' then updated_at end, case when holder = 'closed' then 'resolved' end
      from switchboard.conversations where team is not null
    """,
    """
    insert into switchboard.messages (conversation_id, seq, sender, text, client_message_id, outcome, in_reply_to)
    select conversation_id, seq, case seq % 2 when 1 then 'customer' else 'bot' end,
           'Where is my order? It should have been here a week ago, and nobody tells me anything.',
           case seq % 2 when 1 then seq::text end, case seq % 2 when 1 then 'answered' end, case seq % 2 when 0 then seq - 1 end
      from switchboard.conversations, generate_series(1, :each) seq order by conversation_id, seq
    """,
    """
    insert into switchboard.sla_timers (handoff_id, kind, warn_at, due_at)
    select handoff_id, kind, now() + interval '1 minute', now() + interval '5 minutes'
      from switchboard.handoffs, unnest(array['first_response', 'resolution']) kind where ended_at is null
    """,
)


def run() -> str:
    """Measure, write the section of docs/benchmarks.md, and return it."""
    with tempfile.TemporaryDirectory() as folder, embedded.running(Settings(data_dir=folder)):
        settings = Settings(data_dir=folder)
        fill(settings)
        with serving(settings) as url, httpx.Client(base_url=url, headers={"Origin": url}, timeout=30) as desk:
            body = measured(desk)
    write_section("desk", "The desk: 5,000 open conversations, 200 agents", body)
    return body


def fill(settings: Settings) -> None:
    """A shop, agents, and conversations in every state."""
    migrate(settings)
    engine = make_engine(settings, pool_size=1)
    seed(engine)
    values = {"hash": hash_password(PASSWORD), "agents": AGENTS, "open": OPEN, "closed": CLOSED, "each": MESSAGES}
    with engine.begin() as connection:
        # What is filled in is right, so neither keys nor triggers need to look at each of 440,000 messages.
        connection.execute(text("set local session_replication_role = replica"))
        connection.execute(text("set local statement_timeout = 0"))
        for statement in FILL:
            connection.execute(text(statement), values)
    analyze(engine)
    engine.dispose()


def analyze(engine: Engine) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("vacuum analyze"))


@contextmanager
def serving(settings: Settings) -> Iterator[str]:
    """The web process in a thread; yields where it listens."""
    server = uvicorn.Server(uvicorn.Config(create_app(settings), port=0, log_level="warning", **options(settings)))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def measured(desk: httpx.Client) -> str:
    """The table: a row a list, as a supervisor and as an agent see it, and a conversation."""
    lines = []
    for role, email in (("supervisor", "agent1@larkspur.example"), ("agent", "agent2@larkspur.example")):
        sign_in(desk, email)
        pages = {view: f"/desk/inbox/{view}" for view in VIEWS}
        shown = desk.get("/desk/api/inbox/all").json()["items"][0]["conversation_id"]
        for name, path in {**pages, "a conversation": f"/desk/conversations/{shown}"}.items():
            lines.append([role, name, *timed(desk, path)])
    about = f"{OPEN:,} open conversations, {CLOSED:,} closed ones, {MESSAGES} messages in each; whole pages over HTTP."
    return f"{about}\n\n{table(['who', 'page', 'median', '95 %'], lines)}"


def sign_in(desk: httpx.Client, email: str) -> None:
    desk.cookies.clear()
    answer = desk.post("/desk/sign-in", data={"email": email, "password": PASSWORD})
    assert answer.status_code == 303, answer.text


def timed(desk: httpx.Client, path: str) -> list[str]:
    """Median and 95th percentile of `TIMES` requests, after a few that warm it up."""
    seconds = []
    for _ in range(TIMES + 5):
        began = time.perf_counter()
        desk.get(path).raise_for_status()
        seconds.append(time.perf_counter() - began)
    return [f"{value * 1000:.0f} ms" for value in (statistics.median(seconds[5:]), percentile(seconds[5:], 0.95))]

"""Other systems get what happens in their conversations: signed, in order, at least once, whatever dies meanwhile."""

import argparse
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from sqlalchemy.engine import Engine

from switchboard.conversations import holder
from switchboard.errors import StartError
from switchboard.settings import Settings
from switchboard.web import webhooks as door
from switchboard.web.rest import WebhookMessage
from switchboard.webhooks import command
from switchboard.webhooks.delivery import Pace
from switchboard.webhooks.signing import new_secret, verify
from switchboard.webhooks.worker import Deliveries
from tests.servers import Web
from tests.talking import rows, turn, wait_until, worker

SECRET = new_secret()

QUICK = Pace(timeout=10.0, first_pause=0.1, longest_pause=0.4)

IMPATIENT = replace(QUICK, timeout=1.0)

HANDOFF = {"handoff": {"team": "billing", "reason": "asked_for_a_person"}}


class Receiver:
    """Another system: keeps what it is told.

    Attributes:
        calls: headers and body of each call, also of those it refused.
        status: its answers, one after the other; the last one stays.
        delay: seconds it takes to answer.
    """

    def __init__(self, *status: int, delay: float = 0.0) -> None:
        self.calls: list[tuple[dict[str, str], bytes]] = []
        self.status, self.delay = list(status) or [200], delay
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}/hook"

    def __enter__(self) -> "Receiver":
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.calls]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = receiver.status.pop(0) if len(receiver.status) > 1 else receiver.status[0]
                receiver.calls.append(({name.lower(): value for name, value in self.headers.items()}, body))
                time.sleep(receiver.delay)
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", receiver.url)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        return Handler


@contextmanager
def delivering(settings: Settings, pace: Pace = QUICK) -> Iterator[Deliveries]:
    """What delivers in a worker process, until the block ends."""
    deliveries = Deliveries(settings, pace)
    deliveries.start()
    try:
        yield deliveries
    finally:
        deliveries.stop()
        assert not deliveries.is_alive()


def with_receivers(settings: Settings, **receivers: Receiver) -> Settings:
    pairs = ",".join(f"{name}={receiver.url}" for name, receiver in receivers.items())
    return replace(settings, webhooks=pairs, webhook_secret=SECRET)


def post(engine: Engine, words: str, sender: str = "ana", name: str = "shop") -> str:
    """A message of another system; returns its conversation's id."""
    with engine.begin() as connection:
        return door.take(connection, Settings(), name, WebhookMessage(sender, words)).conversation_id


def talk(engine: Engine, *replies: str, sender: str = "ana", name: str = "shop", **more: Any) -> str:
    """A message of another system and the turn that answers it."""
    conversation = post(engine, "hello", sender, name)
    assert worker(engine, turn(*(replies or ["Hello!"]), **more)).work_once()
    return conversation


def told(receiver: Receiver) -> list[tuple[Any, ...]]:
    """Type and gist of each event it was told, in order."""
    return [
        (each["type"], each.get("message", {}).get("text") or each.get("outcome") or each.get("holder"))
        for each in receiver.events
    ]


def waiting(engine: Engine) -> int:
    return int(rows(engine, "select count(*) from switchboard.webhook_events")[0][0])


def jobs(engine: Engine) -> int:
    return int(rows(engine, "select count(*) from procrastinate.procrastinate_jobs")[0][0])


def test_replies_outcomes_and_holders_are_delivered_in_order(settings: Settings, engine: Engine) -> None:
    with Receiver() as receiver, delivering(with_receivers(settings, shop=receiver)):
        conversation = talk(engine, "Hello!", **HANDOFF)
        with engine.begin() as connection:
            holder.close(connection, conversation)
        wait_until(lambda: not waiting(engine))
        wait_until(lambda: not jobs(engine))

    assert told(receiver) == [
        ("outcome", "answered"),
        ("message", "Hello!"),
        ("message", "I will connect you with a billing specialist. Please hold on."),
        ("state", "queue"),
        ("state", "closed"),
    ]
    first, second = receiver.events[:2]
    assert {key: first[key] for key in ("conversation_id", "sender", "seq")} == {
        "conversation_id": conversation, "sender": "ana", "seq": 1,
    }  # fmt: skip
    assert second["message"] == {
        "seq": 2, "sender": "bot", "text": "Hello!", "buttons": [], "in_reply_to": 1, "outcome": None,
        "at": second["message"]["at"], "agent": None,
    }  # fmt: skip
    ids = [int(each["id"]) for each in receiver.events]
    assert ids == sorted(set(ids))


def test_every_call_is_signed(settings: Settings, engine: Engine) -> None:
    with Receiver() as receiver, delivering(with_receivers(settings, shop=receiver)):
        talk(engine, "Hello!")
        wait_until(lambda: not waiting(engine))

    for headers, body in receiver.calls:
        assert verify(SECRET, headers, body)
        assert not verify(new_secret(), headers, body)
        assert headers["webhook-id"] == json.loads(body)["id"]
        assert headers["content-type"] == "application/json"


@pytest.mark.parametrize("status", [500, 302, 404])
def test_a_receiver_that_refuses_twice_is_tried_again_in_order(settings: Settings, engine: Engine, status: int) -> None:
    with Receiver(status, status, 200) as receiver, delivering(with_receivers(settings, shop=receiver)):
        talk(engine, "Hello!")
        wait_until(lambda: not waiting(engine))

    assert told(receiver) == [("outcome", "answered")] * 3 + [("message", "Hello!")]
    assert len({headers["webhook-id"] for headers, _ in receiver.calls[:3]}) == 1


def test_a_receiver_that_is_away_gets_everything_when_it_is_back(settings: Settings, engine: Engine) -> None:
    with Receiver() as receiver:
        its = with_receivers(settings, shop=receiver)
    with delivering(its):
        for number in range(5):
            talk(engine, f"Reply {number}")
        wait_until(lambda: rows(engine, "select 1 from switchboard.webhook_events where tries > 2"))
        port = receiver.port
        receiver = back_at(port)
        with receiver:
            wait_until(lambda: not waiting(engine), 20)

    texts = [gist for kind, gist in told(receiver) if kind == "message"]
    assert texts == [f"Reply {number}" for number in range(5)]


def back_at(port: int) -> Receiver:
    receiver = Receiver()
    receiver._server.server_close()
    receiver._server = ThreadingHTTPServer(("127.0.0.1", port), receiver._handler())
    return receiver


def test_a_slow_receiver_is_cut_off_and_tried_again(settings: Settings, engine: Engine) -> None:
    with Receiver(delay=3.0) as receiver, delivering(with_receivers(settings, shop=receiver), IMPATIENT):
        talk(engine)
        wait_until(lambda: len(receiver.calls) > 1)
        (error,) = rows(engine, "select error from switchboard.webhook_events order by event_id")[0]
        assert error == "no answer within 1 seconds"
        receiver.delay = 0.0
        wait_until(lambda: not waiting(engine))


def test_a_slow_receiver_holds_up_neither_turns_nor_other_receivers(settings: Settings, engine: Engine) -> None:
    with (
        Receiver(delay=60.0) as slow,
        Receiver() as quick,
        delivering(with_receivers(settings, slow=slow, quick=quick), IMPATIENT),
    ):
        for number in range(12):
            talk(engine, "Hello!", sender=f"customer-{number}", name="slow")
        talk(engine, "Hello!", name="quick")
        wait_until(lambda: not rows(engine, "select 1 from switchboard.webhook_events where receiver = 'quick'"))

        assert len(quick.calls) >= 2
        assert waiting(engine) == 12 * 2, "the slow one has taken something"


@contextmanager
def worker_process(settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    """A real worker process; killed at the end if it still lives."""
    ours = {"DATABASE_URL": settings.database_url, "WEBHOOKS": settings.webhooks, "WEBHOOK_SECRET": SECRET}
    process = subprocess.Popen([sys.executable, "-m", "switchboard", "worker"], env=os.environ | ours)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.wait()


def test_a_killed_worker_loses_nothing(settings: Settings, engine: Engine) -> None:
    talk(engine, "Hello!", "What can I do?")
    with Receiver(delay=8.0) as receiver:
        its = with_receivers(settings, shop=receiver)
        with worker_process(its) as process:
            wait_until(lambda: receiver.calls, 30)
            process.kill()
            process.wait()
        receiver.delay = 0.0
        with delivering(its):
            wait_until(lambda: not waiting(engine), 20)

    assert told(receiver) == [("outcome", "answered")] * 2 + [("message", "Hello!"), ("message", "What can I do?")]


def test_a_frozen_worker_is_replaced_and_goes_on_when_it_thaws(settings: Settings, engine: Engine) -> None:
    conversation = talk(engine, "Hello!")
    with Receiver(delay=8.0) as receiver:
        its = with_receivers(settings, shop=receiver)
        with worker_process(its) as process:
            wait_until(lambda: receiver.calls, 30)
            process.send_signal(signal.SIGSTOP)
            receiver.delay = 0.0
            with delivering(its):
                wait_until(lambda: not waiting(engine), 20)
            process.send_signal(signal.SIGCONT)
            with engine.begin() as connection:
                holder.close(connection, conversation)
            wait_until(lambda: not waiting(engine), 20)

            process.terminate()
            assert process.wait(20) == 0

    assert told(receiver)[:3] == [("outcome", "answered")] * 2 + [("message", "Hello!")]
    assert told(receiver)[-1] == ("state", "closed")


def test_a_job_whose_end_was_not_written_down_is_taken_over(settings: Settings, engine: Engine) -> None:
    """The connection on which the end of the first one is written breaks; its worker lives."""
    rows(
        engine,
        """create sequence public.ends;
           create function public.break_once() returns trigger language plpgsql as $$
           begin
               if nextval('public.ends') = 1 then perform pg_terminate_backend(pg_backend_pid()); end if;
               return old;
           end $$;
           create trigger break_once before delete on procrastinate.procrastinate_jobs
              for each row execute function public.break_once()""",
    )
    with Receiver() as receiver, delivering(with_receivers(settings, shop=receiver)):
        talk(engine, "One")
        wait_until(lambda: rows(engine, "select 1 from public.ends where is_called"))
        talk(engine, "Two")
        wait_until(lambda: not waiting(engine) and not jobs(engine), 15)

    assert [gist for kind, gist in told(receiver) if kind == "message"] == ["One", "Two"]


def test_deliveries_outlive_their_connections_to_the_database(settings: Settings, engine: Engine) -> None:
    with Receiver() as receiver, delivering(with_receivers(settings, shop=receiver)):
        talk(engine, "One")
        wait_until(lambda: not waiting(engine))
        rows(
            engine,
            """select pg_terminate_backend(pid) from pg_stat_activity
                where datname = current_database() and pid <> pg_backend_pid()""",
        )
        talk(engine, "Two")
        wait_until(lambda: not waiting(engine), 20)

    assert [gist for kind, gist in told(receiver) if kind == "message"] == ["One", "Two"]


def test_a_stop_waits_for_deliveries_under_way(settings: Settings, engine: Engine) -> None:
    with Receiver(delay=0.5) as receiver:
        with delivering(with_receivers(settings, shop=receiver)):
            talk(engine)
            wait_until(lambda: receiver.calls)
        assert len(receiver.calls) + waiting(engine) == 2


def test_what_is_given_up_is_shown_and_can_be_tried_again(settings: Settings, engine: Engine, capsys: Any) -> None:
    with Receiver(500) as receiver:
        its = with_receivers(settings, shop=receiver)
        with delivering(its, replace(QUICK, give_up_after=0.0, fewest_tries=3)):
            talk(engine, "Hello!")
            given_up = "select 1 from switchboard.webhook_events where given_up_at is not null"
            wait_until(lambda: len(rows(engine, given_up)) == 2)
            assert command.run(its, argparse.Namespace(retry=False)) == 1
            said = capsys.readouterr().out.splitlines()
            assert [line.partition("  shop  ")[2].partition("  ")[2].split()[0] for line in said[:2]] == [
                "outcome", "message",
            ]  # fmt: skip
            assert all("3 tries  answered 500  GIVEN UP" in line for line in said[:2])
            assert said[2] == "2 failing, 0 more waiting."

            receiver.status = [200]
            assert command.run(its, argparse.Namespace(retry=True)) == 0
            wait_until(lambda: not waiting(engine))

    assert told(receiver)[-2:] == [("outcome", "answered"), ("message", "Hello!")]


def test_a_retry_does_not_wait_for_the_pause(settings: Settings, engine: Engine) -> None:
    with Receiver(500) as receiver:
        its = with_receivers(settings, shop=receiver)
        with delivering(its, replace(QUICK, first_pause=60.0, longest_pause=60.0)):
            talk(engine)
            scheduled = "select 1 from procrastinate.procrastinate_jobs where status = 'todo' and scheduled_at > now()"
            wait_until(lambda: rows(engine, scheduled))
            receiver.status = [200]
            command.run(its, argparse.Namespace(retry=True))
            wait_until(lambda: not waiting(engine))


def test_conversations_of_other_channels_are_told_to_nobody(settings: Settings, engine: Engine) -> None:
    with Web(settings) as web:
        httpx.post(f"{web.url}/api/conversations", json={})
    rows(engine, "update switchboard.conversations set holder = 'closed'")

    assert (waiting(engine), jobs(engine)) == (0, 0)


def test_what_was_overtaken_by_a_person_is_not_told(settings: Settings, engine: Engine) -> None:
    conversation = post(engine, "hello")

    def take_over(_: httpx.Request) -> httpx.Response:
        with engine.begin() as connection:
            holder.hand_over(connection, conversation, 1, holder.Call("billing", "asked_for_a_person"))
        return httpx.Response(200, json=turn("Too late."))

    worker(engine, take_over).work_once()

    kinds = "select kind, coalesce(outcome, holder) from switchboard.webhook_events order by event_id"
    assert rows(engine, kinds) == [("state", "queue"), ("outcome", "forwarded")]


def test_an_event_and_its_job_come_with_the_commit_or_not_at_all(engine: Engine) -> None:
    conversation = post(engine, "hello")
    with engine.connect() as connection:
        holder.close(connection, conversation)
        connection.rollback()

    assert (waiting(engine), jobs(engine)) == (0, 0)


def test_a_deleted_conversations_events_are_dropped(settings: Settings, engine: Engine) -> None:
    talk(engine, "Hello!")
    rows(engine, "delete from switchboard.conversations")
    assert waiting(engine) == 0

    with Receiver() as receiver, delivering(with_receivers(settings, shop=receiver)):
        wait_until(lambda: not jobs(engine))

    assert receiver.calls == []


def test_receivers_need_a_secret(settings: Settings) -> None:
    with pytest.raises(StartError, match="WEBHOOK_SECRET"):
        Deliveries(replace(settings, webhooks="shop=https://shop.example"))


def test_messages_are_taken_at_once(settings: Settings, engine: Engine) -> None:
    its = replace(settings, api_keys="shop=key", webhooks="shop=http://127.0.0.1:9")
    with Web(its) as web:
        body = {"sender": "ana", "message": "hello", "metadata": {"message_id": "m1"}}
        key = {"Authorization": "Bearer key"}
        taken = httpx.post(f"{web.url}/webhooks/messages", json=body, headers=key)
        again = httpx.post(f"{web.url}/webhooks/messages", json=body, headers=key)
        unknown = httpx.post(f"{web.url}/webhooks/messages", json=body)

    assert (taken.status_code, taken.json()["seq"]) == (202, 1)
    assert again.json() == taken.json()
    assert unknown.status_code == 401
    assert rows(engine, "select channel, sender from switchboard.conversations") == [("webhook", "shop:ana")]


def test_a_caller_without_a_receiver_is_told_so(settings: Settings) -> None:
    with Web(settings) as web:
        refused = httpx.post(f"{web.url}/webhooks/messages", json={"sender": "ana", "message": "hello"})

    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "no_receiver")

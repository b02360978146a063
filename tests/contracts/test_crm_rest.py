"""What only the REST adapter can get into: calls that fail, answers that are lost, pages, and an API that isn't as mapped."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from sqlalchemy import select, text
from sqlalchemy.engine import Engine

from switchboard.crm.changes import AddNote, CancelOrder, ChangeEmail
from switchboard.crm.http import Pace, Remote
from switchboard.crm.outside_effects import alone, locks
from switchboard.crm.rest import RestCrm
from switchboard.crm.rest_mapping import Mapping
from switchboard.database.embedded import EmbeddedServer
from switchboard.database.engine import make_engine
from switchboard.database.tables import effects
from switchboard.errors import CrmUnavailable, EffectUnknown
from switchboard.settings import Settings
from tests.contracts.larkspur import KEY, NOAH, OLIVIA, OTHER_KEY, id_of
from tests.crm_server import (
    TOKEN,
    CrmServer,
    Fault,
    breaks,
    does_it_and_says,
    hangs,
    loses_the_answer,
    loses_the_request,
    says,
)
from tests.cuttable import CuttableServer

QUICK = Pace(answer_timeout=2.0, pause=0.0, failures=100)
NO_ANSWER = [breaks(500), breaks(503), breaks(429), says(b"<html>Oops"), loses_the_request, hangs(6.0)]
LOST = [loses_the_answer, hangs(6.0)]
NOT_DONE = [loses_the_request, breaks(500), says(b"<html>Oops")]


@pytest.fixture
def crm(ledger: Engine, mapping: Mapping, crm_server: CrmServer) -> RestCrm:
    return RestCrm(ledger, msgspec.structs.replace(mapping, pace=QUICK), crm_server.url, password=TOKEN)


@pytest.fixture
def cancel(crm: RestCrm) -> CancelOrder:
    return CancelOrder(id_of(crm, OLIVIA), "12346")


class TestReading:
    @pytest.mark.parametrize("fault", NO_ANSWER)
    def test_a_call_that_fails_is_tried_again(self, crm: RestCrm, crm_server: CrmServer, fault: Fault) -> None:
        crm_server.faults = [fault, fault] if fault is not NO_ANSWER[-1] else [fault]
        assert crm.order_status("12346") is not None

    @pytest.mark.parametrize("fault", NO_ANSWER[:-1])
    def test_in_the_end_it_is_away(self, crm: RestCrm, crm_server: CrmServer, fault: Fault) -> None:
        crm_server.faults = [fault] * 3
        with pytest.raises(CrmUnavailable):
            crm.order_status("12346")
        assert len(crm_server.requests) == 3

    def test_a_wrong_token_is_tried_once(self, ledger: Engine, mapping: Mapping, crm_server: CrmServer) -> None:
        with pytest.raises(CrmUnavailable):
            RestCrm(ledger, mapping, crm_server.url, password="wrong").order_status("12346")
        assert len(crm_server.requests) == 1

    @pytest.mark.parametrize("body", [b"{}", b"[]", b'{"no": "12346", "status": "unheard of", "client": "1"}', b"1"])
    def test_what_is_not_as_mapped_is_not_made_up(self, crm: RestCrm, crm_server: CrmServer, body: bytes) -> None:
        crm_server.faults = [says(body)]
        with pytest.raises(CrmUnavailable):
            crm.order_status("12346")

    def test_another_order_than_the_one_asked_for_is_none(self, crm: RestCrm, crm_server: CrmServer) -> None:
        crm_server.shop.orders["12346"]["no"] = "12347"
        assert crm.order_status("12346") is None

    def test_ids_stay_in_their_place(self, crm: RestCrm, crm_server: CrmServer) -> None:
        assert crm.customer("1/orders?limit=1#") is None
        assert crm_server.requests[-1][1] == "/v1/clients/1%2Forders%3Flimit%3D1%23"

    def test_it_asks_for_the_same_whichever_part_is_wrong(self, crm: RestCrm, crm_server: CrmServer) -> None:
        asked = []
        for email in (OLIVIA, NOAH, "nobody@example.com"):
            crm_server.requests.clear()
            crm.identify("12346", email)
            asked.append([path.partition("?")[0] for _, path, _ in crm_server.requests])
        assert asked == [["/v1/clients", "/v1/orders/12346"]] * 3


def with_pages(ledger: Engine, mapping: Mapping, server: CrmServer, most: int) -> RestCrm:
    few = msgspec.structs.replace(mapping, pages=msgspec.structs.replace(mapping.pages, most=most))
    return RestCrm(ledger, few, server.url, password=TOKEN)


class TestPages:
    def test_all_of_them_are_read(self, crm: RestCrm, crm_server: CrmServer) -> None:
        assert crm.product_counts().products == 50
        assert len(crm_server.requests) == 3

    def test_one_that_is_missing_makes_the_list_none(self, crm: RestCrm, crm_server: CrmServer) -> None:
        crm_server.faults = [None, breaks(), breaks(), breaks()]
        with pytest.raises(CrmUnavailable):
            crm.product_counts()

    def test_endless_ones_are_given_up(self, ledger: Engine, mapping: Mapping, crm_server: CrmServer) -> None:
        with pytest.raises(CrmUnavailable):
            with_pages(ledger, mapping, crm_server, most=2).product_counts()

    def test_as_many_as_there_may_be_are_read(self, ledger: Engine, mapping: Mapping, crm_server: CrmServer) -> None:
        assert with_pages(ledger, mapping, crm_server, most=3).product_counts().products == 50


class TestChanging:
    def test_our_key_travels_along(self, crm: RestCrm, crm_server: CrmServer, cancel: CancelOrder) -> None:
        crm.carry_out(cancel, KEY)
        assert crm_server.requests[-1] == ("POST", "/v1/orders/12346/void", "message-1:do_it:0")

    @pytest.mark.parametrize("fault", LOST)
    def test_what_was_done_is_not_done_again(
        self, crm: RestCrm, crm_server: CrmServer, cancel: CancelOrder, fault: Fault
    ) -> None:
        planned = crm.quote(cancel)
        at_the_change(crm_server, crm, cancel, fault)
        assert crm.carry_out(cancel, KEY) == planned
        assert crm_server.shop.orders["12346"]["status"] == "void"
        assert pending(crm.engine) == []

    @pytest.mark.parametrize("fault", NOT_DONE)
    def test_what_was_not_done_is_done_once(
        self, crm: RestCrm, crm_server: CrmServer, cancel: CancelOrder, fault: Fault
    ) -> None:
        at_the_change(crm_server, crm, cancel, fault)
        assert crm.carry_out(cancel, KEY).done
        assert crm_server.changes() == ["/v1/orders/12346/void"] * 2
        assert len(crm_server.done) == 1

    def test_while_nobody_can_tell_a_person_must_look(
        self, crm: RestCrm, crm_server: CrmServer, cancel: CancelOrder
    ) -> None:
        at_the_change(crm_server, crm, cancel, loses_the_answer, breaks(), breaks(), breaks())
        with pytest.raises(EffectUnknown):
            crm.carry_out(cancel, KEY)
        assert pending(crm.engine) == ["message-1"]

    def test_later_it_is_found_out(self, crm: RestCrm, crm_server: CrmServer, cancel: CancelOrder) -> None:
        planned = crm.quote(cancel)
        at_the_change(crm_server, crm, cancel, loses_the_answer, breaks(), breaks(), breaks())
        with pytest.raises(EffectUnknown):
            crm.carry_out(cancel, KEY)
        assert crm.carry_out(cancel, KEY) == planned
        assert crm_server.changes() == ["/v1/orders/12346/void"]
        assert pending(crm.engine) == []

    def test_what_is_turned_away_is_not_done_and_may_be_tried_anew(
        self, crm: RestCrm, crm_server: CrmServer, cancel: CancelOrder
    ) -> None:
        at_the_change(crm_server, crm, cancel, breaks(400))
        with pytest.raises(CrmUnavailable):
            crm.carry_out(cancel, KEY)
        assert pending(crm.engine) == []
        assert crm.carry_out(cancel, KEY).done

    @pytest.mark.parametrize("status", [201, 204])
    def test_any_success_is_one(self, crm: RestCrm, crm_server: CrmServer, cancel: CancelOrder, status: int) -> None:
        at_the_change(crm_server, crm, cancel, does_it_and_says(status))
        assert crm.carry_out(cancel, KEY).done
        assert len(crm_server.changes()) == 1

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 410, 413, 415, 422])
    def test_what_they_would_not_look_at_was_not_done(
        self, crm: RestCrm, crm_server: CrmServer, cancel: CancelOrder, status: int
    ) -> None:
        at_the_change(crm_server, crm, cancel, breaks(status))
        with pytest.raises(CrmUnavailable):
            crm.carry_out(cancel, KEY)
        assert len(crm_server.changes()) == 1
        assert pending(crm.engine) == []

    @pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308, 402, 406, 408, 409, 424, 425, 499, 500, 504])
    def test_a_status_that_says_neither_yes_nor_no_is_read_back(
        self, crm: RestCrm, crm_server: CrmServer, cancel: CancelOrder, status: int
    ) -> None:
        planned = crm.quote(cancel)
        at_the_change(crm_server, crm, cancel, does_it_and_says(status))
        assert crm.carry_out(cancel, KEY) == planned
        assert len(crm_server.changes()) == 1

    @pytest.mark.parametrize("total", ["a lot", True, [], {}])
    def test_a_success_that_cannot_be_read_is_read_back(
        self, crm: RestCrm, crm_server: CrmServer, mapping: Mapping, cancel: CancelOrder, total: object
    ) -> None:
        crm = with_result(crm, cancel, {"total": "total"})
        planned = crm.quote(cancel)
        at_the_change(crm_server, crm, cancel, does_it_and_says(200, {"total": total}))
        assert crm.carry_out(cancel, KEY) == planned
        assert len(crm_server.changes()) == 1

    def test_one_that_can_never_be_read_is_for_a_person(
        self, crm: RestCrm, crm_server: CrmServer, cancel: CancelOrder
    ) -> None:
        crm = with_result(crm, cancel, {"until": "until"})
        told = does_it_and_says(200, {"until": "2026-05-01T00:00:00Z"})
        at_the_change(crm_server, crm, cancel, told, told)
        with pytest.raises(EffectUnknown):
            crm.carry_out(cancel, KEY)
        assert pending(crm.engine) == ["message-1"]

    def test_what_may_be_done_is_not_forgotten_when_a_second_try_is_turned_away(
        self, crm: RestCrm, crm_server: CrmServer, cancel: CancelOrder
    ) -> None:
        at_the_change(crm_server, crm, cancel, loses_the_request, breaks(), breaks(), breaks())
        with pytest.raises(EffectUnknown):
            crm.carry_out(cancel, KEY)
        crm_server.faults = [None, breaks(400)]
        with pytest.raises(EffectUnknown):
            crm.carry_out(cancel, KEY)
        assert pending(crm.engine) == ["message-1"]

    def test_a_change_that_is_still_under_way_is_waited_for_by_reading_back(
        self, crm: RestCrm, crm_server: CrmServer, cancel: CancelOrder
    ) -> None:
        at_the_change(crm_server, crm, cancel, breaks(409), breaks(409))
        with pytest.raises(EffectUnknown):
            crm.carry_out(cancel, KEY)
        assert crm.carry_out(cancel, KEY).done

    def test_a_refusal_of_theirs_is_told_in_our_words(self, crm: RestCrm, crm_server: CrmServer) -> None:
        noah, olivia = id_of(crm, NOAH), id_of(crm, OLIVIA)
        crm_server.shop.clients[noah]["mail"] = "Somebody@Example.com"
        taken = ChangeEmail(olivia, "somebody@example.com")
        at_the_change(
            crm_server, crm, taken, lambda handler, go_on: handler.say(409, {"error": {"code": "MAIL_TAKEN"}})
        )
        crm_server.shop.clients[noah]["mail"] = NOAH
        assert crm.carry_out(taken, KEY).refused == "email_taken"

    def test_its_reference_is_told(self, crm: RestCrm, crm_server: CrmServer) -> None:
        noted = crm.carry_out(AddNote(id_of(crm, OLIVIA), "Please ring twice"), KEY)
        assert [ticket.reference for ticket in crm.tickets(id_of(crm, OLIVIA))] == [noted.reference]

    def test_what_is_not_mapped_is_not_supported(
        self, ledger: Engine, mapping: Mapping, crm_server: CrmServer, cancel: CancelOrder
    ) -> None:
        changes = {name: call for name, call in mapping.changes.items() if name != "cancel_order"}
        crm = RestCrm(ledger, msgspec.structs.replace(mapping, changes=changes), crm_server.url, password=TOKEN)
        assert crm.carry_out(cancel, KEY).refused == "unsupported"
        assert crm_server.changes() == []


class TestOurOwnDatabase:
    def test_what_could_not_be_recorded_is_found_out_later(
        self, crm: RestCrm, crm_server: CrmServer, cancel: CancelOrder, way: CuttableServer
    ) -> None:
        planned = crm.quote(cancel)
        way.cut_at("UPDATE switchboard.effects")
        with pytest.raises(EffectUnknown):
            crm.carry_out(cancel, KEY)
        way.restore()
        assert crm.carry_out(cancel, KEY) == planned
        assert len(crm_server.changes()) == 1

    def test_what_is_recorded_is_done_even_if_the_locks_cannot_be_given_back(
        self, crm: RestCrm, cancel: CancelOrder, way: CuttableServer
    ) -> None:
        planned = crm.quote(cancel)
        way.cut_at("pg_advisory_unlock_all")
        assert crm.carry_out(cancel, KEY) == planned
        way.restore()
        assert crm.carry_out(cancel, OTHER_KEY).refused == "already_cancelled"

    def test_who_waits_too_long_for_one_lock_keeps_no_other(
        self, ledger: Engine, mapping: Mapping, crm_server: CrmServer
    ) -> None:
        impatient = make_engine(Settings(database_url=str(ledger.url)), patience=0.3)
        crm = RestCrm(impatient, mapping, crm_server.url, password=TOKEN)
        change = ChangeEmail(id_of(crm, OLIVIA), "o@example.org")
        with alone(ledger, (locks(KEY, change)[1],)), pytest.raises(CrmUnavailable):
            crm.carry_out(change, KEY)
        with ledger.connect() as connection:
            assert connection.scalar(text("select count(*) from pg_locks where locktype = 'advisory'")) == 0
        impatient.dispose()

    def test_before_anything_is_done_it_is_as_if_the_system_were_away(
        self, crm: RestCrm, crm_server: CrmServer, cancel: CancelOrder, way: CuttableServer
    ) -> None:
        way.cut_at("INSERT INTO switchboard.effects")
        with pytest.raises(CrmUnavailable):
            crm.carry_out(cancel, KEY)
        assert crm_server.changes() == []

    @pytest.fixture
    def crm(self, ledger: Engine, mapping: Mapping, crm_server: CrmServer, way: CuttableServer) -> Iterator[RestCrm]:
        engine = make_engine(Settings(database_url=way.address.replace("/postgres?", f"/{ledger.url.database}?")))
        yield RestCrm(engine, msgspec.structs.replace(mapping, pace=QUICK), crm_server.url, password=TOKEN)
        engine.dispose()

    @pytest.fixture
    def way(self, postgres: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CuttableServer]:
        way = CuttableServer(tmp_path_factory.mktemp("way"), postgres.sockets)
        yield way
        way.close()


class TestBreaker:
    def test_a_system_that_keeps_failing_is_left_alone(
        self, ledger: Engine, mapping: Mapping, crm_server: CrmServer
    ) -> None:
        pace = replace(QUICK, tries=1, failures=3, rest=3600.0)
        crm = RestCrm(ledger, msgspec.structs.replace(mapping, pace=pace), crm_server.url, password=TOKEN)
        crm_server.faults = [breaks()] * 3
        for _ in range(5):
            with pytest.raises(CrmUnavailable):
                crm.order_status("12346")
        assert len(crm_server.requests) == 3

    def test_then_it_is_asked_again(self, ledger: Engine, mapping: Mapping, crm_server: CrmServer) -> None:
        pace = replace(QUICK, tries=1, failures=1, rest=0.0)
        crm = RestCrm(ledger, msgspec.structs.replace(mapping, pace=pace), crm_server.url, password=TOKEN)
        crm_server.faults = [breaks()]
        with pytest.raises(CrmUnavailable):
            crm.order_status("12346")
        assert crm.order_status("12346") is not None

    def test_a_change_it_keeps_from_happening_may_be_tried_later(
        self, ledger: Engine, mapping: Mapping, crm_server: CrmServer, cancel: CancelOrder
    ) -> None:
        pace = replace(QUICK, tries=1, failures=1, rest=3600.0)
        crm = RestCrm(ledger, msgspec.structs.replace(mapping, pace=pace), crm_server.url, password=TOKEN)
        crm_server.faults = [breaks()]
        with pytest.raises(CrmUnavailable):
            crm.carry_out(cancel, OTHER_KEY)
        with pytest.raises(CrmUnavailable):
            crm.carry_out(cancel, OTHER_KEY)
        assert pending(ledger) == []


class TestHanging:
    """It takes the call and never answers."""

    PACE = Pace(answer_timeout=30.0, patience=2.0, pause=0.0)

    @pytest.fixture
    def crm(self, ledger: Engine, mapping: Mapping, crm_server: CrmServer) -> RestCrm:
        return RestCrm(ledger, msgspec.structs.replace(mapping, pace=self.PACE), crm_server.url, password=TOKEN)

    def test_it_is_away_as_soon_as_the_patience_of_all_tries_is_over(self, crm: RestCrm, crm_server: CrmServer) -> None:
        crm_server.faults = [hangs(30.0)] * 3
        assert seconds_until_away(crm) < 15

    def test_tries_that_time_was_left_for_share_it(self, crm: RestCrm, crm_server: CrmServer) -> None:
        crm_server.faults = [breaks(), hangs(30.0), hangs(30.0)]
        assert seconds_until_away(crm) < 15
        assert len(crm_server.requests) == 2

    def test_after_two_such_calls_it_is_left_alone(self, crm: RestCrm, crm_server: CrmServer) -> None:
        crm_server.faults = [hangs(30.0)] * 9
        for _ in range(3):
            seconds_until_away(crm)
        assert len(crm_server.requests) == 2

    def test_so_is_one_that_lets_nobody_in_and_a_change_was_not_done(self) -> None:
        with ExitStack() as stack:
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
            for _ in range(2):  # the queue of those who wait to be let in is full
                waiting = stack.enter_context(socket.socket())
                waiting.setblocking(False)
                waiting.connect_ex(listener.getsockname())
            remote = Remote(f"http://127.0.0.1:{listener.getsockname()[1]}", replace(self.PACE, connect_timeout=30.0))
            begun = time.monotonic()
            with pytest.raises(CrmUnavailable) as caught:
                remote.change("POST", "/orders")
            assert time.monotonic() - begun < 15
            assert caught.type is CrmUnavailable

    def test_two_reads_that_hang_leave_a_turn_some_time(self) -> None:
        assert 2 * Pace().patience < Settings().turn_timeout - 2


def seconds_until_away(crm: RestCrm) -> float:
    begun = time.monotonic()
    with pytest.raises(CrmUnavailable):
        crm.order_status("12346")
    return time.monotonic() - begun


def at_the_change(server: CrmServer, crm: RestCrm, request: CancelOrder | ChangeEmail, *faults: Fault) -> None:
    """Let all go well until the change itself, and these faults come then."""
    before = len(server.requests)
    crm.quote(request)
    server.faults = [None] * (len(server.requests) - before) + list(faults)


def with_result(crm: RestCrm, request: CancelOrder, result: dict[Any, str]) -> RestCrm:
    """The same, where the answer to such a request has more to tell."""
    mapping = crm.mapping
    call = msgspec.structs.replace(mapping.changes[request.name], result=result)
    mapping = msgspec.structs.replace(mapping, changes={**mapping.changes, request.name: call})
    return RestCrm(crm.engine, mapping, str(crm.calls.remote.client.base_url), password=TOKEN)


def pending(engine: Engine) -> list[str]:
    """Messages with effects of which nobody knows what became."""
    with engine.connect() as connection:
        return list(connection.execute(select(effects.c.message_id).where(effects.c.result.is_(None))).scalars())

"""What only the REST adapter can get into: calls that fail, answers that are lost, pages, and an API that isn't as mapped."""

from dataclasses import replace

import msgspec
import pytest
from sqlalchemy import select
from sqlalchemy.engine import Engine

from switchboard.crm.changes import AddNote, CancelOrder, ChangeEmail
from switchboard.crm.http import Pace
from switchboard.crm.rest import RestCrm
from switchboard.crm.rest_mapping import Mapping
from switchboard.database.tables import effects
from switchboard.errors import CrmUnavailable, EffectUnknown
from tests.contracts.larkspur import KEY, NOAH, OLIVIA, OTHER_KEY, id_of
from tests.crm_server import (
    TOKEN,
    CrmServer,
    Fault,
    breaks,
    hangs,
    loses_the_answer,
    loses_the_request,
    says,
)

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


class TestPages:
    def test_all_of_them_are_read(self, crm: RestCrm, crm_server: CrmServer) -> None:
        assert crm.product_counts().products == 50
        assert len(crm_server.requests) == 3

    def test_one_that_is_missing_makes_the_list_none(self, crm: RestCrm, crm_server: CrmServer) -> None:
        crm_server.faults = [None, breaks(), breaks(), breaks()]
        with pytest.raises(CrmUnavailable):
            crm.product_counts()

    def test_endless_ones_are_given_up(self, ledger: Engine, mapping: Mapping, crm_server: CrmServer) -> None:
        few = msgspec.structs.replace(mapping, pages=msgspec.structs.replace(mapping.pages, most=2))
        with pytest.raises(CrmUnavailable):
            RestCrm(ledger, few, crm_server.url, password=TOKEN).product_counts()


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


def at_the_change(server: CrmServer, crm: RestCrm, request: CancelOrder | ChangeEmail, *faults: Fault) -> None:
    """Let all go well until the change itself, and these faults come then."""
    before = len(server.requests)
    crm.quote(request)
    server.faults = [None] * (len(server.requests) - before) + list(faults)


def pending(engine: Engine) -> list[str]:
    """Messages with effects of which nobody knows what became."""
    with engine.connect() as connection:
        return list(connection.execute(select(effects.c.message_id).where(effects.c.result.is_(None))).scalars())

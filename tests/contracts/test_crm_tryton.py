"""What only the Tryton adapter can get into: changes of several calls that stop half-way, sessions that end, its own records."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from sqlalchemy.engine import Engine

from switchboard.crm.changes import AddNote, CancelOrder, ChangeItems, ReturnItems
from switchboard.crm.http import Pace
from switchboard.crm.tryton import TrytonCrm
from switchboard.errors import CrmUnavailable, EffectUnknown
from tests.contracts.larkspur import HANNAH, KEY, OLIVIA, OTHER_KEY, id_of, item, order_of, stock, swap
from tests.tryton_proxy import Proxy
from tests.tryton_server import PASSWORD, USER, Tryton, connected

CANCELLED = ["model.ir.note.create", "model.sale.sale.cancel"]
CHANGED = ["model.ir.note.create", "model.sale.sale.draft", "model.sale.sale.write", "model.sale.sale.quote"]
RETURNED = ["model.ir.note.create", "model.sale.sale.create", "model.sale.sale.quote"]


@pytest.fixture
def proxy(tryton: Tryton) -> Iterator[Proxy]:
    with Proxy(tryton.url) as proxy:
        yield proxy
    tryton.reset()


@pytest.fixture
def crm(ledger: Engine, proxy: Proxy) -> TrytonCrm:
    return TrytonCrm(ledger, proxy.url, USER, PASSWORD, Pace(pause=0.0, failures=100))


@pytest.fixture
def cancel(crm: TrytonCrm) -> CancelOrder:
    return CancelOrder(id_of(crm, OLIVIA), "12346", "ordered twice")


class TestHalfWay:
    @pytest.mark.parametrize("lost", ["answer", "request", "error"])
    @pytest.mark.parametrize("method", CANCELLED)
    def test_an_order_is_cancelled_once(
        self, crm: TrytonCrm, proxy: Proxy, tryton: Tryton, cancel: CancelOrder, method: str, lost: str
    ) -> None:
        proxy.lose = {method: lost}
        assert crm.carry_out(cancel, KEY).done
        assert order_of(crm, "12346", OLIVIA).state == "cancelled"
        assert our_notes(tryton) == 1

    @pytest.mark.parametrize("lost", ["answer", "request"])
    @pytest.mark.parametrize("method", CHANGED)
    def test_items_are_changed_once(self, crm: TrytonCrm, proxy: Proxy, tryton: Tryton, method: str, lost: str) -> None:
        change = ChangeItems(id_of(crm, OLIVIA), "12346", (swap(crm, "Alder frying pan", "8 in", "10 in"),))
        planned = crm.quote(change)
        proxy.lose = {method: lost}
        assert crm.carry_out(change, KEY) == planned
        order = order_of(crm, "12346", OLIVIA)
        assert [(line.variant, line.unit_price) for line in order.lines] == [("10 in", Decimal(54))]
        assert (order.state, order.total, order.items_changed) == ("pending", planned.total, True)
        assert our_notes(tryton) == 1

    @pytest.mark.parametrize("lost", ["answer", "request"])
    @pytest.mark.parametrize("method", RETURNED)
    def test_a_return_is_announced_once(
        self, crm: TrytonCrm, proxy: Proxy, tryton: Tryton, method: str, lost: str
    ) -> None:
        back = ReturnItems(id_of(crm, HANNAH), "78901", (item(crm, "Dune mug", "sand", 1),))
        proxy.lose = {method: lost}
        result = crm.carry_out(back, KEY)
        order = order_of(crm, "78901", HANNAH)
        assert [sent.reference for sent in order.returns] == [result.reference]
        assert [line.returned for line in order.lines if line.product == "Dune mug"] == [1]
        assert our_notes(tryton) == 1

    def test_a_return_whose_number_could_not_be_read_is_announced(self, crm: TrytonCrm, proxy: Proxy) -> None:
        back = ReturnItems(id_of(crm, HANNAH), "78901", (item(crm, "Dune mug", "sand", 1),))
        proxy.lose = {"model.sale.sale.quote": "next"}
        result = crm.carry_out(back, KEY)
        assert [sent.reference for sent in order_of(crm, "78901", HANNAH).returns] == [result.reference]
        assert crm.carry_out(back, KEY) == result

    def test_what_is_half_done_is_not_forgotten(self, crm: TrytonCrm, proxy: Proxy, tryton: Tryton) -> None:
        change = ChangeItems(id_of(crm, OLIVIA), "12346", (swap(crm, "Alder frying pan", "8 in", "10 in"),))
        planned = crm.quote(change)
        proxy.lose = {"model.sale.sale.draft": "all"}
        with pytest.raises(EffectUnknown):
            crm.carry_out(change, KEY)
        proxy.down, proxy.lose = False, {"model.ir.note.search_read": "next"}
        with pytest.raises(EffectUnknown):
            crm.carry_out(change, KEY)
        assert crm.carry_out(change, KEY) == planned
        assert [line.variant for line in order_of(crm, "12346", OLIVIA).lines] == ["10 in"]
        assert our_notes(tryton) == 1

    def test_while_nobody_can_tell_a_person_must_look(self, crm: TrytonCrm, proxy: Proxy, cancel: CancelOrder) -> None:
        proxy.lose = {"model.sale.sale.cancel": "all"}
        with pytest.raises(EffectUnknown):
            crm.carry_out(cancel, KEY)
        proxy.down = False
        assert crm.carry_out(cancel, KEY).done
        assert proxy.methods.count("model.sale.sale.cancel") == 1


class TestSession:
    def test_one_that_ended_is_begun_anew(self, crm: TrytonCrm, tryton: Tryton) -> None:
        assert crm.order_status("12346") is not None
        with connected(tryton.server) as cursor:
            cursor.execute("delete from ir_session")
        assert crm.order_status("12346") is not None

    def test_a_wrong_password_is_as_if_it_were_away(self, ledger: Engine, tryton: Tryton) -> None:
        with pytest.raises(CrmUnavailable):
            TrytonCrm(ledger, tryton.url, "nobody", "wrong", Pace(pause=0.0)).order_status("12346")


class TestWhoItIs:
    def test_it_takes_the_same_calls_whichever_part_is_wrong(self, crm: TrytonCrm, proxy: Proxy) -> None:
        crm.order_status("12346")
        calls = []
        for email in (OLIVIA, HANNAH, "nobody@example.com"):
            proxy.methods.clear()
            crm.identify("12346", email)
            calls.append(list(proxy.methods))
        assert calls[1:] == calls[:-1]
        assert "model.sale.sale.search_read" in calls[0]


class TestItsOwnRecords:
    def test_why_it_was_cancelled_is_there_to_read(self, crm: TrytonCrm, tryton: Tryton, cancel: CancelOrder) -> None:
        crm.carry_out(cancel, KEY)
        with connected(tryton.server) as cursor:
            cursor.execute("select message from ir_note order by id desc limit 1")
            [message] = cursor.fetchone()
        assert message.splitlines() == [
            "Cancelled by the customer",
            "ordered twice",
            "[switchboard cancel_order message-1:do_it:0]",
        ]

    def test_a_key_that_is_part_of_another_is_not_taken_for_it(self, crm: TrytonCrm, cancel: CancelOrder) -> None:
        assert crm.carry_out(cancel, KEY).done
        other = CancelOrder(cancel.external_id, "12347")
        assert crm.carry_out(other, OTHER_KEY).done

    def test_an_order_without_a_number_is_not_told_for_words(self, crm: TrytonCrm, tryton: Tryton) -> None:
        crm.carry_out(AddNote(id_of(crm, OLIVIA), "so that everything is put back afterwards"), KEY)
        with connected(tryton.server) as cursor:
            cursor.execute("update sale_sale set number = null where number = '12347'")
        assert crm.order_status("nonsense") is None

    def test_what_is_sold_elsewhere_is_not_on_sale_here(self, crm: TrytonCrm) -> None:
        assert crm.products("delivery") == []
        assert stock(crm, "Dune dinner plate", "ink") == 0


def our_notes(tryton: Tryton) -> int:
    with connected(tryton.server) as cursor:
        cursor.execute("select count(*) from ir_note where message like '%[switchboard %'")
        [count] = cursor.fetchone()
    return count

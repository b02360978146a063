"""What every adapter of the CRM contract tells, on the demo shop's known customers and orders."""

from dataclasses import fields
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from switchboard.crm.changes import CancelOrder
from switchboard.crm.contract import Crm, OrderStatus
from switchboard.errors import CrmUnavailable
from tests.contracts.larkspur import (
    BEATRIX,
    CANNOT,
    ETHAN,
    GRACE,
    HANNAH,
    KEY,
    LUCAS,
    MAYA,
    NOAH,
    OLIVIA,
    PETER,
    SAMUEL,
    id_of,
    needs,
    of,
    order_of,
    stock,
    variant,
)

NOBODY = ("", "0", "999999", "nonsense", "1' or '1'='1", "\x00", "\ud800", "9" * 40, "-1", "²")


def today() -> date:
    """The shops' day, or the one after it: they are filled once for all tests, and midnight may have passed since."""
    return datetime.now(timezone.utc).date()


class TestOrderStatus:
    def test_it_tells_state_and_expected_dates(self, crm: Crm) -> None:
        needs(crm, "delivery dates")
        status = crm.order_status("12345")
        assert status is not None
        ship_on = status.expected_ship_on
        assert status == OrderStatus("12345", "processing", ship_on, ship_on + timedelta(days=4))
        assert (ship_on - today()).days in (1, 0)

    def test_it_can_tell_nothing_else(self) -> None:
        assert {field.name for field in fields(OrderStatus)} == {
            "number",
            "state",
            "expected_ship_on",
            "expected_delivery_on",
        }

    @pytest.mark.parametrize("spelling", ["W1234567", "w1234567", "order #W1234567"])
    def test_the_number_may_be_spelt_as_customers_do(self, crm: Crm, spelling: str) -> None:
        status = crm.order_status(spelling)
        assert status is not None
        assert status.number == "W1234567"

    @pytest.mark.parametrize("number", ["99999", "W9999999", "", "nonsense", "1' or '1'='1", "%", "\x00"])
    def test_an_unknown_number_has_none(self, crm: Crm, number: str) -> None:
        assert crm.order_status(number) is None


class TestWhoItIs:
    def test_an_email_address_finds_its_customer(self, crm: Crm) -> None:
        customer = crm.find_customer(OLIVIA)
        assert customer is not None
        assert (customer.name, customer.email, customer.tier) == ("Olivia Bennett", OLIVIA, "standard")

    def test_the_id_leads_to_the_same_customer(self, crm: Crm) -> None:
        assert crm.customer(id_of(crm, OLIVIA)) == of(crm, OLIVIA)

    def test_a_customer_has_an_address(self, crm: Crm) -> None:
        address = of(crm, HANNAH).address
        assert address is not None
        assert (address.street, address.city, address.postcode, address.country) == (
            "8 Orchard Lane",
            "Madison",
            "53703",
            "US",
        )

    def test_a_member_of_plus_is_known(self, crm: Crm) -> None:
        assert of(crm, SAMUEL).tier == "plus"

    @pytest.mark.parametrize("email", [f"  {OLIVIA.upper()} ", OLIVIA.title()])
    def test_the_email_may_be_in_capitals_and_padded(self, crm: Crm, email: str) -> None:
        assert crm.find_customer(email) == of(crm, OLIVIA)

    @pytest.mark.parametrize(
        "email", ["", "%", "nobody@example.com", f"{OLIVIA}\x00", f"{OLIVIA}\ud800", "olivia.bennett"]
    )
    def test_an_unknown_email_address_finds_nobody(self, crm: Crm, email: str) -> None:
        assert crm.find_customer(email) is None

    def test_an_unknown_id_is_nobodys(self, crm: Crm) -> None:
        assert {crm.customer(external_id) for external_id in NOBODY} == {None}

    @pytest.mark.parametrize("number", ["12346", "#12346", "order 12346"])
    def test_number_and_email_together_tell_who_it_is(self, crm: Crm, number: str) -> None:
        assert crm.identify(number, OLIVIA.upper()) == of(crm, OLIVIA)

    @pytest.mark.parametrize(
        ("number", "email"),
        [("12346", NOAH), ("99999", OLIVIA), ("nonsense", OLIVIA), ("12346", ""), ("12346", f"{OLIVIA}\x00"), ("", "")],
    )
    def test_a_wrong_pair_is_nobody(self, crm: Crm, number: str, email: str) -> None:
        assert crm.identify(number, email) is None

    @pytest.mark.parametrize(
        ("name", "postcode"),
        [("Hannah Whitfield", "53703"), ("  hannah   WHITFIELD ", "53 703"), ("Ines Moreau", "44000")],
    )
    def test_name_and_postcode_tell_who_it_is(self, crm: Crm, name: str, postcode: str) -> None:
        customer = crm.identify_by_name(name, postcode)
        assert customer is not None
        assert customer.name == " ".join(name.split()).title()

    @pytest.mark.parametrize(
        ("name", "postcode"),
        [("Hannah Whitfield", "44000"), ("Hannah", "53703"), ("%", "53703"), ("", ""), ("Hannah Whitfield", "\x00")],
    )
    def test_a_wrong_name_or_postcode_is_nobody(self, crm: Crm, name: str, postcode: str) -> None:
        assert crm.identify_by_name(name, postcode) is None

    def test_two_of_the_same_name_and_postcode_are_not_told_apart(self, crm: Crm) -> None:
        assert of(crm, PETER).name == "Peter Lang"
        assert crm.identify_by_name("Peter Lang", "55802") is None


class TestOrders:
    def test_they_come_newest_first(self, crm: Crm) -> None:
        placed = [order.placed_at for order in crm.orders(id_of(crm, HANNAH))]
        assert len(placed) == 4
        assert placed == sorted(placed, reverse=True)  # type: ignore[type-var]

    def test_as_many_as_asked_for(self, crm: Crm) -> None:
        customer = id_of(crm, HANNAH)
        assert crm.orders(customer, limit=2) == crm.orders(customer)[:2]

    def test_they_are_theirs_only(self, crm: Crm) -> None:
        numbers = {order.number for order in crm.orders(id_of(crm, OLIVIA))}
        assert numbers == {"12345", "12346", "12347"}

    def test_who_never_ordered_has_none(self, crm: Crm) -> None:
        assert crm.orders(id_of(crm, PETER)) == []

    def test_nobody_has_none(self, crm: Crm) -> None:
        assert [external_id for external_id in NOBODY if crm.orders(external_id)] == []

    def test_an_order_tells_what_was_bought(self, crm: Crm) -> None:
        order = order_of(crm, "78901", HANNAH)
        assert [(line.product, line.variant, line.quantity, line.unit_price) for line in order.lines] == [
            ("Dune mug", "sand", 2, Decimal(14)),
            ("Juniper bath towel", "white", 1, Decimal(28)),
            ("Marlow tumbler", "set of 4", 1, Decimal(34)),
        ]
        assert order.total == Decimal(90) + order.delivery_fee

    def test_a_line_names_its_variant(self, crm: Crm) -> None:
        line = order_of(crm, "78901", HANNAH).lines[0]
        mug = variant(crm, "Dune mug", "sand")
        assert (line.variant_id, line.product_id, line.sku) == (mug.variant_id, mug.product_id, mug.sku)

    def test_an_order_tells_where_it_goes_and_how_it_was_paid(self, crm: Crm) -> None:
        needs(crm, "payments")
        order = order_of(crm, "12346", OLIVIA)
        assert order.address == of(crm, OLIVIA).address
        assert [(payment.kind, payment.amount, payment.paid) for payment in order.payments] == [
            ("visa", order.total, True)
        ]

    def test_a_delivered_order_tells_when(self, crm: Crm) -> None:
        delivered_at = order_of(crm, "78901", HANNAH).delivered_at
        assert delivered_at is not None
        assert (today() - delivered_at.date()).days in (10, 11)

    def test_what_is_awaited_is_not_paid(self, crm: Crm) -> None:
        assert [payment.paid for payment in order_of(crm, "67890", LUCAS).payments] == [False]

    def test_what_went_back_is_told(self, crm: Crm) -> None:
        needs(crm, "payments")
        order = order_of(crm, "45678", GRACE)
        assert (order.state, order.refunded) == ("cancelled", order.total)

    def test_a_parcel_on_its_way_back_is_told(self, crm: Crm) -> None:
        order = order_of(crm, "78904", HANNAH)
        if crm.name != "shop" and not order.returns:
            pytest.skip(f"{crm.name} knows of no returns")
        assert [(sent.kind, sent.amount, sent.received_on) for sent in order.returns] == [("return", Decimal(84), None)]
        assert [line.returned for line in order.lines] == [1, 0]

    @pytest.mark.parametrize(
        ("number", "email"),
        [("12346", NOAH), ("99999", OLIVIA), ("nonsense", OLIVIA), ("", OLIVIA), ("1' or '1'='1", OLIVIA)],
    )
    def test_somebody_elses_order_is_not_there(self, crm: Crm, number: str, email: str) -> None:
        assert crm.order(number, id_of(crm, email)) is None

    def test_nobody_has_an_order(self, crm: Crm) -> None:
        assert {crm.order("12346", external_id) for external_id in NOBODY} == {None}

    @pytest.mark.parametrize(
        ("number", "email", "allowed"),
        [
            ("12346", OLIVIA, {"cancel_order", "change_order_address", "change_order_payment", "change_items"}),
            ("12345", OLIVIA, set()),
            ("23456", MAYA, set()),
            ("45678", GRACE, set()),
            ("56789", GRACE, set()),
            ("78901", HANNAH, {"return_items", "exchange_items"}),
            ("78903", HANNAH, set()),
            ("89012", SAMUEL, {"return_items", "exchange_items"}),
            ("89013", SAMUEL, set()),
            ("89015", BEATRIX, {"return_items", "exchange_items"}),
        ],
    )
    def test_state_and_age_tell_what_is_allowed(self, crm: Crm, number: str, email: str, allowed: set[str]) -> None:
        assert set(order_of(crm, number, email).allowed) == allowed - set(CANNOT.get(crm.name, ()))


class TestPaymentMethods:
    def test_the_default_comes_first(self, crm: Crm) -> None:
        needs(crm, "payments")
        methods = crm.payment_methods(id_of(crm, HANNAH))
        assert [(method.kind, method.last_four, method.is_default) for method in methods] == [
            ("visa", "4242", True),
            ("gift_card", None, False),
        ]

    def test_a_gift_card_has_a_balance(self, crm: Crm) -> None:
        needs(crm, "payments")
        assert [method.balance for method in crm.payment_methods(id_of(crm, HANNAH))] == [None, Decimal(60)]

    def test_nobody_has_none(self, crm: Crm) -> None:
        assert [external_id for external_id in NOBODY if crm.payment_methods(external_id)] == []


class TestProducts:
    def test_words_find_a_product_with_its_variants(self, crm: Crm) -> None:
        [kettle] = crm.products("clover TEA kettles")
        assert kettle.name == "Clover tea kettle"
        assert {(variant.title, variant.price) for variant in kettle.variants} == {
            ("steel", Decimal(49)),
            ("forest green", Decimal(54)),
            ("cream", Decimal(54)),
        }

    def test_all_words_must_fit(self, crm: Crm) -> None:
        assert [product.name for product in crm.products("kettle")] == ["Clover electric kettle", "Clover tea kettle"]
        assert [product.name for product in crm.products("forest kettle")] == ["Clover tea kettle"]

    def test_as_many_as_asked_for_by_name(self, crm: Crm) -> None:
        assert [product.name for product in crm.products("", limit=2)] == ["Alder frying pan", "Alder saucepan"]

    def test_what_is_not_sold_is_not_found(self, crm: Crm) -> None:
        assert [words for words in ("unicorn", "%", "_", "' or '1'='1", "\x00") if crm.products(words)] == []

    def test_the_id_leads_to_the_same_product(self, crm: Crm) -> None:
        [mug] = crm.products("dune mug")
        assert crm.product(mug.product_id) == mug

    def test_an_unknown_id_is_no_product(self, crm: Crm) -> None:
        assert [product_id for product_id in NOBODY if crm.product(product_id)] == []

    def test_what_is_sold_out_says_so(self, crm: Crm) -> None:
        assert stock(crm, "Dune dinner plate", "ink") == 0
        assert stock(crm, "Dune dinner plate", "sand") > 0

    def test_they_can_be_counted(self, crm: Crm) -> None:
        counts = crm.product_counts()
        everything = crm.products("", limit=1000)
        assert counts.products == len(everything) == 50
        assert counts.variants == sum(len(product.variants) for product in everything)


class TestTickets:
    def test_what_is_remembered_comes_newest_first(self, crm: Crm) -> None:
        needs(crm, "tickets")
        tickets = crm.tickets(id_of(crm, HANNAH))
        if crm.name != "shop" and not tickets:
            pytest.skip(f"{crm.name} remembers nothing")
        assert {(ticket.kind, ticket.subject, ticket.closed_at is None) for ticket in tickets} == {
            ("note", "Prefers e-mail", True),
            ("ticket", "Where is my parcel?", False),
        }
        assert tickets == sorted(tickets, key=lambda ticket: ticket.created_at, reverse=True)

    def test_nobody_has_none(self, crm: Crm) -> None:
        assert [external_id for external_id in NOBODY if crm.tickets(external_id)] == []


class TestInvoice:
    def test_a_shipped_order_has_one(self, crm: Crm) -> None:
        order = order_of(crm, "23456", MAYA)
        invoice = crm.invoice("#23456", id_of(crm, MAYA))
        assert invoice is not None
        assert (invoice.order_number, invoice.total, invoice.delivery_fee) == ("23456", order.total, order.delivery_fee)
        assert [line.product for line in invoice.lines] == ["Cobalt Dutch oven"]
        assert invoice.invoice_number

    def test_before_it_is_shipped_there_is_none(self, crm: Crm) -> None:
        assert crm.invoice("12346", id_of(crm, OLIVIA)) is None

    def test_somebody_elses_is_not_there(self, crm: Crm) -> None:
        assert crm.invoice("34567", id_of(crm, ETHAN)) is not None
        assert crm.invoice("34567", id_of(crm, OLIVIA)) is None


@pytest.mark.parametrize(
    "call",
    [
        lambda crm: crm.order_status("12345"),
        lambda crm: crm.find_customer(OLIVIA),
        lambda crm: crm.identify("12345", OLIVIA),
        lambda crm: crm.identify_by_name("Hannah Whitfield", "53703"),
        lambda crm: crm.customer("1"),
        lambda crm: crm.orders("1"),
        lambda crm: crm.order("12345", "1"),
        lambda crm: crm.payment_methods("1"),
        lambda crm: crm.products("mug"),
        lambda crm: crm.product("1"),
        lambda crm: crm.product_counts(),
        lambda crm: crm.tickets("1"),
        lambda crm: crm.invoice("12345", "1"),
        lambda crm: crm.quote(CancelOrder("1", "12346")),
        lambda crm: crm.carry_out(CancelOrder("1", "12346"), KEY),
    ],
)
def test_every_call_says_when_the_system_is_away(crm_that_is_away: Crm, call) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(CrmUnavailable):
        call(crm_that_is_away)

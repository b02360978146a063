"""What every adapter of the CRM contract changes about a customer: address, e-mail, membership, deletion, notes."""

from dataclasses import replace
from datetime import datetime, timezone

import pytest

from switchboard.crm.changes import (
    AddNote,
    CancelMembership,
    ChangeEmail,
    ChangeProfileAddress,
    EffectKey,
    Request,
    RequestDeletion,
    ReturnItems,
)
from switchboard.crm.contract import Crm
from tests.contracts.larkspur import (
    BEATRIX,
    GRACE,
    HANNAH,
    KEY,
    NEW_HOME,
    NOAH,
    OLIVIA,
    OTHER_KEY,
    PETER,
    SAMUEL,
    at_once,
    carry_out,
    id_of,
    item,
    of,
    order_of,
    quoted,
)

NEW_EMAIL = "olivia.b@example.org"


class TestChangeProfileAddress:
    def test_new_orders_start_with_it(self, crm: Crm) -> None:
        assert carry_out(crm, ChangeProfileAddress(id_of(crm, OLIVIA), NEW_HOME)).done
        assert of(crm, OLIVIA).address == NEW_HOME

    def test_orders_under_way_keep_theirs(self, crm: Crm) -> None:
        before = order_of(crm, "12346", OLIVIA)
        carry_out(crm, ChangeProfileAddress(id_of(crm, OLIVIA), NEW_HOME))
        assert order_of(crm, "12346", OLIVIA).address == before.address

    def test_it_may_be_in_another_country(self, crm: Crm) -> None:
        address = replace(NEW_HOME, city="Halifax", region="NS", postcode="B3J 1A1", country="CA")
        assert carry_out(crm, ChangeProfileAddress(id_of(crm, OLIVIA), address)).done

    @pytest.mark.parametrize(
        "wrong", [{"street": " "}, {"city": ""}, {"postcode": ""}, {"country": "AQ"}, {"city": "x" * 201}]
    )
    def test_it_must_be_an_address(self, crm: Crm, wrong: dict[str, str]) -> None:
        request = ChangeProfileAddress(id_of(crm, OLIVIA), replace(NEW_HOME, **wrong))
        assert carry_out(crm, request).refused == "bad_address"

    def test_the_same_address_is_no_change(self, crm: Crm) -> None:
        customer = of(crm, OLIVIA)
        assert customer.address is not None
        assert (
            carry_out(crm, ChangeProfileAddress(customer.external_id, customer.address)).refused == "nothing_to_change"
        )

    def test_name_and_new_postcode_tell_who_it_is(self, crm: Crm) -> None:
        carry_out(crm, ChangeProfileAddress(id_of(crm, OLIVIA), NEW_HOME))
        assert crm.identify_by_name("Olivia Bennett", "43215") == of(crm, OLIVIA)


class TestChangeEmail:
    def test_the_customer_is_found_by_the_new_one_only(self, crm: Crm) -> None:
        customer = id_of(crm, OLIVIA)
        assert carry_out(crm, ChangeEmail(customer, f" {NEW_EMAIL} ")).done
        assert id_of(crm, NEW_EMAIL) == customer
        assert crm.find_customer(OLIVIA) is None

    @pytest.mark.parametrize(
        "email",
        [
            "",
            "olivia",
            "a@b",
            "a b@example.com",
            "a@b@example.com",
            "a@exa mple.com",
            "\x00@example.com",
            "x" * 250 + "@example.com",
        ],
    )
    def test_it_must_be_an_email_address(self, crm: Crm, email: str) -> None:
        assert carry_out(crm, ChangeEmail(id_of(crm, OLIVIA), email)).refused == "bad_email"

    @pytest.mark.parametrize("email", [NOAH, NOAH.upper()])
    def test_somebody_elses_is_refused(self, crm: Crm, email: str) -> None:
        assert carry_out(crm, ChangeEmail(id_of(crm, OLIVIA), email)).refused == "email_taken"

    def test_the_same_one_is_no_change(self, crm: Crm) -> None:
        assert carry_out(crm, ChangeEmail(id_of(crm, OLIVIA), OLIVIA.upper())).refused == "nothing_to_change"

    def test_two_customers_cannot_both_get_it(self, crm: Crm) -> None:
        requests = [ChangeEmail(id_of(crm, email), NEW_EMAIL) for email in (OLIVIA, NOAH)]
        quoted(crm, requests[0])
        results = at_once(lambda: crm.carry_out(requests[0], KEY), lambda: crm.carry_out(requests[1], OTHER_KEY))
        assert sorted(result.refused or "" for result in results) == ["", "email_taken"]


class TestCancelMembership:
    def test_it_is_not_renewed_and_runs_on(self, crm: Crm) -> None:
        before = of(crm, SAMUEL)
        result = carry_out(crm, CancelMembership(before.external_id))
        assert result.done
        assert result.until == before.plus_until
        left = before.plus_until - datetime.now(timezone.utc).date()
        assert left.days in (165, 164), "midnight may have passed since the shop was filled"
        after = of(crm, SAMUEL)
        assert (after.tier, after.plus_renews, after.plus_until) == ("plus", False, before.plus_until)

    def test_once(self, crm: Crm) -> None:
        assert carry_out(crm, CancelMembership(id_of(crm, BEATRIX))).refused == "membership_ended"

    def test_who_is_no_member_has_none(self, crm: Crm) -> None:
        assert carry_out(crm, CancelMembership(id_of(crm, OLIVIA))).refused == "not_a_member"

    def test_returns_take_as_long_as_before(self, crm: Crm) -> None:
        carry_out(crm, CancelMembership(id_of(crm, SAMUEL)))
        mixer = ReturnItems(id_of(crm, SAMUEL), "89012", (item(crm, "Garnet hand mixer", "red"),))
        assert carry_out(crm, mixer, OTHER_KEY).done


class TestRequestDeletion:
    def test_the_account_is_noted_for_deletion(self, crm: Crm) -> None:
        assert carry_out(crm, RequestDeletion(id_of(crm, PETER))).done
        assert of(crm, PETER).deletion_requested

    def test_people_are_told(self, crm: Crm) -> None:
        result = carry_out(crm, RequestDeletion(id_of(crm, PETER)))
        [ticket] = crm.tickets(id_of(crm, PETER))
        assert (ticket.kind, ticket.reference, ticket.closed_at) == ("ticket", result.reference, None)

    def test_finished_orders_are_no_hindrance(self, crm: Crm) -> None:
        assert carry_out(crm, RequestDeletion(id_of(crm, GRACE))).done

    def test_orders_under_way_are(self, crm: Crm) -> None:
        assert carry_out(crm, RequestDeletion(id_of(crm, OLIVIA))).refused == "open_orders"
        assert not of(crm, OLIVIA).deletion_requested

    def test_once(self, crm: Crm) -> None:
        carry_out(crm, RequestDeletion(id_of(crm, PETER)))
        assert carry_out(crm, RequestDeletion(id_of(crm, PETER)), OTHER_KEY).refused == "already_requested"


class TestAddNote:
    def test_it_is_remembered(self, crm: Crm) -> None:
        result = carry_out(crm, AddNote(id_of(crm, OLIVIA), "Wants a gift receipt."))
        [note, *_] = crm.tickets(id_of(crm, OLIVIA))
        assert (note.kind, note.text, note.reference) == ("note", "Wants a gift receipt.", result.reference)

    def test_once_an_effect(self, crm: Crm) -> None:
        quoted(crm, AddNote(id_of(crm, OLIVIA), "Hello"))
        request = AddNote(id_of(crm, OLIVIA), "Hello")
        results = at_once(*[lambda: crm.carry_out(request, KEY)] * 3)
        assert len({result.reference for result in results}) == 1
        assert len(crm.tickets(id_of(crm, OLIVIA))) == 1

    def test_each_of_a_messages_effects(self, crm: Crm) -> None:
        customer = id_of(crm, OLIVIA)
        for ordinal in range(2):
            carry_out(crm, AddNote(customer, "Hello"), EffectKey("message-1", "add_note", ordinal))
        assert len(crm.tickets(customer)) == 2

    def test_it_may_hold_any_character(self, crm: Crm) -> None:
        assert carry_out(crm, AddNote(id_of(crm, OLIVIA), "\x00\ud800 😀")).done

    def test_nothing_is_no_note(self, crm: Crm) -> None:
        assert carry_out(crm, AddNote(id_of(crm, OLIVIA), "  ")).refused == "nothing_to_change"

    def test_it_is_on_their_card_only(self, crm: Crm) -> None:
        before = crm.tickets(id_of(crm, HANNAH))
        carry_out(crm, AddNote(id_of(crm, OLIVIA), "Hello"))
        assert crm.tickets(id_of(crm, HANNAH)) == before


@pytest.mark.parametrize(
    "request_of",
    [
        lambda who: ChangeProfileAddress(who, NEW_HOME),
        lambda who: ChangeEmail(who, NEW_EMAIL),
        CancelMembership,
        RequestDeletion,
        lambda who: AddNote(who, "Hello"),
    ],
)
def test_nobody_has_nothing_changed(crm: Crm, request_of) -> None:  # type: ignore[no-untyped-def]
    for number, nobody in enumerate(("", "999999", "nonsense")):
        request: Request = request_of(nobody)
        assert carry_out(crm, request, EffectKey("message-1", "do_it", number)).refused == "unknown_customer"

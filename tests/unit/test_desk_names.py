"""The desk goes on when the business system does not answer."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from types import SimpleNamespace

from switchboard.crm.contract import Customer, Ticket
from switchboard.desk.customer import AWAY, NOBODY, NOT_VERIFIED, card
from switchboard.desk.names import Names
from switchboard.errors import CrmUnavailable
from tests.talking import wait_until

CHIPPED = Ticket("1", "ticket", "A chipped mug", "It came chipped.", datetime(2026, 11, 1, tzinfo=timezone.utc))
KIM = Customer("1", "Kim Lee", "kim@example.com")
VERIFIED = SimpleNamespace(crm="shop", external_id="1", verified=True)
NO_MORE = SimpleNamespace(crm="shop", external_id="1", verified=False)
UNKNOWN = SimpleNamespace(crm=None, external_id=None, verified=False)
OF_ANOTHER = SimpleNamespace(crm="other", external_id="1", verified=True)


class Shop:
    """A business system with one customer, which can be away; counts what it is asked."""

    name = "shop"

    def __init__(self, away: bool = False) -> None:
        self.away, self.asked = away, 0

    def customer(self, external_id):
        self.asked += 1
        if self.away:
            raise CrmUnavailable
        return KIM if external_id == "1" else None

    def find_customer(self, email):
        return KIM if self.customer("1") and email == KIM.email else None

    def orders(self, external_id, limit=10):
        return []

    def tickets(self, external_id, limit=10):
        return [CHIPPED]


def at_desk(shop):
    """As much of the desk's parts as a card needs."""
    return SimpleNamespace(crm=shop, currency="$")


def test_a_name_is_asked_for_once():
    shop = Shop()
    names = Names(shop)
    assert [names.of("shop", "1") for _ in range(3)] == ["Kim Lee"] * 3
    assert [names.of("shop", "2") for _ in range(3)] == [None] * 3
    assert shop.asked == 2


def test_only_customers_of_this_business_system_are_asked_for():
    shop = Shop()
    names = Names(shop)
    assert [names.of("other", "1"), names.of(None, None)] == [None, None]
    assert shop.asked == 0


def test_a_business_system_that_is_away_is_asked_once_a_list():
    shop = Shop(away=True)
    names = Names(shop)
    assert [names.of("shop", str(customer)) for customer in range(50)] == [None] * 50
    assert shop.asked == 1


def test_a_business_system_that_hangs_holds_up_nobody():
    hangs = threading.Event()

    class Hanging(Shop):
        def customer(self, external_id):
            self.asked += 1
            assert hangs.wait(10)
            return KIM

    shop = Hanging()
    names = Names(shop)
    with ThreadPoolExecutor(8) as lists:
        assert list(lists.map(lambda each: names.of("shop", str(each)), range(40))) == [None] * 40
    assert shop.asked == 1

    hangs.set()
    wait_until(lambda: names.of("shop", "0") == "Kim Lee")


def test_names_are_asked_for_again_once_there_is_an_answer():
    names = Names(Shop())
    with ThreadPoolExecutor(8) as lists:
        assert list(lists.map(lambda _: names.of("shop", "1"), range(40))) == ["Kim Lee"] * 40
    assert names.of("shop", "2") is None
    assert names.crm.asked == 2


def test_a_verified_customers_card():
    shown = card(at_desk(Shop()), VERIFIED, "Visitor 1a2b", [], None)
    assert (shown.name, shown.verified, shown.note, shown.tickets) == ("Kim Lee", True, None, [CHIPPED])


def test_who_has_not_shown_it_again_is_not_verified():
    shown = card(at_desk(Shop()), NO_MORE, "Kim Lee", [], KIM.email)
    assert (shown.verified, shown.found_by, shown.tickets) == (False, KIM.email, [])


def test_an_address_proves_nothing():
    shown = card(at_desk(Shop()), UNKNOWN, "Visitor 1a2b", [], "kim@example.com")
    assert (shown.name, shown.verified, shown.found_by, shown.note) == (
        "Kim Lee",
        False,
        "kim@example.com",
        NOT_VERIFIED,
    )


def test_an_address_that_the_shop_does_not_know():
    shown = card(at_desk(Shop()), UNKNOWN, "Visitor 1a2b", [], "lee@example.com")
    assert (shown.name, shown.note) == ("Visitor 1a2b", NOBODY.format(email="lee@example.com"))


def test_a_card_says_when_the_business_system_is_away():
    for conversation in (VERIFIED, UNKNOWN, OF_ANOTHER):
        shown = card(at_desk(Shop(away=True)), conversation, "Visitor 1a2b", [], "kim@example.com")
        assert (shown.name, shown.note, shown.verified) == ("Visitor 1a2b", AWAY, conversation is VERIFIED)


def test_another_business_systems_customer_is_not_looked_up_here():
    shown = card(at_desk(Shop()), OF_ANOTHER, "Visitor 1a2b", [], None)
    assert (shown.name, shown.verified) == ("Visitor 1a2b", False)

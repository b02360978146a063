"""The business system is away, or its answers get lost, while customers wait: the running system says what it can't do,
calls a person, makes nothing up, and does nothing twice. The business system is another shop's, behind REST."""

from collections.abc import Callable, Iterator
from datetime import date

import pytest
import yaml
from sqlalchemy.engine import Engine

from switchboard.database.engine import make_engine
from switchboard.database.larkspur import Larkspur
from tests.acceptance import books
from tests.acceptance.customer import Customer
from tests.crm_server import TOKEN, CrmServer, Fault, Handler, breaks, hangs, loses_the_answer, loses_the_request
from tests.crm_shop import Shop
from tests.system import ROOT, System, running_system

pytestmark = pytest.mark.slow

FOR_LONG = 500
"""Requests: more than a test makes."""

INVENTIONS = ("Done", "is cancelled", "waiting to be packed", "$", "can't find", "Shall I do that?")

OLIVIA, LUCAS, NOAH = "olivia.bennett@example.com", "lucas.ferreira@example.com", "noah.carter@example.com"


@pytest.fixture(scope="module")
def crm_server() -> Iterator[CrmServer]:
    with CrmServer(Shop(Larkspur(date.today()))) as server:
        yield server


@pytest.fixture(scope="module")
def crm_system(crm_server: CrmServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Switchboard on that business system, which it asks again at once and never gives up on."""
    folder = tmp_path_factory.mktemp("crm")
    mapping = yaml.safe_load((ROOT / "data/crm/rest-example.yml").read_text(encoding="utf-8"))
    mapping["pace"] |= {"pause": 0.0, "patience": 3.0, "failures": 10_000}
    (folder / "mapping.yml").write_text(yaml.safe_dump(mapping), encoding="utf-8")
    crm = {"CRM": "rest", "CRM_MAPPING": str(folder / "mapping.yml"), "CRM_URL": crm_server.url, "CRM_PASSWORD": TOKEN}
    with running_system(folder, **crm) as running:
        yield running


@pytest.fixture(scope="module")
def ledger(crm_system: System) -> Iterator[Engine]:
    engine = make_engine(crm_system.settings, pool_size=2)
    yield engine
    engine.dispose()


@pytest.fixture(autouse=True)
def _all_is_well_again(crm_server: CrmServer) -> Iterator[None]:
    yield
    crm_server.faults = []


@pytest.fixture
def somebody(crm_system: System) -> Customer:
    return Customer(crm_system.url)


def told(ledger: Engine, what: str, customer: Customer) -> list[str]:
    """What the rows say of the customer's conversation."""
    query = "select conversation_id::text from switchboard.conversations where sender = :sender"
    [conversation] = books.told(ledger, query, sender=f"local:{customer.sender}")
    return books.told(ledger, books.CONVERSATION[what], conversation=conversation)


def when_changing(fault: Fault) -> Fault:
    """Only requests that change something go wrong."""
    return lambda handler, go_on: go_on() if handler.command == "GET" else fault(handler, go_on)


def unreadable_afterwards(handler: Handler, go_on: Callable[[], None]) -> None:
    """It does it, can't say so, and can't be asked about it either."""
    if handler.command != "GET":
        loses_the_answer(handler, go_on)
    elif "/changes/" in handler.path:
        breaks(503)(handler, go_on)
    else:
        go_on()


@pytest.mark.parametrize("fault", [breaks(503), loses_the_request], ids=["says 503", "is silent"])
@pytest.mark.parametrize(
    "words",
    [
        "where is order W1234567?",
        f"cancel order W1234567, {NOAH}",
        f"I want to return something from order W2345678, {NOAH}",
        f"show me the invoice of order W2345678, {NOAH}",
        "how much is the Alder frying pan?",
    ],
)
def test_what_is_asked_while_it_is_away_is_left_to_a_person(
    crm_server: CrmServer, somebody: Customer, ledger: Engine, words: str, fault: Fault
) -> None:
    crm_server.faults = [fault] * FOR_LONG

    answer = somebody.say(words)

    assert "I can't" in answer
    assert "connect you with" in answer
    assert not [each for each in INVENTIONS if each in answer]
    assert told(ledger, "handed over", somebody) == ["crm_away"]
    assert told(ledger, "wrong details", somebody) == [0]


def test_a_system_that_hangs_is_left_to_a_person_before_the_turn_is_over(
    crm_server: CrmServer, somebody: Customer, ledger: Engine
) -> None:
    crm_server.faults = [hangs(60.0)] * FOR_LONG

    answer = somebody.say(f"cancel order W1234567, {NOAH}")

    assert "I can't reach our order system right now" in answer
    assert told(ledger, "handed over", somebody) == ["crm_away"]


def test_away_at_the_yes_nothing_is_done_and_that_is_said(
    crm_server: CrmServer, somebody: Customer, ledger: Engine
) -> None:
    somebody.say(f"cancel order W1234567, {NOAH}")
    assert "Shall I do that?" in somebody.say("it takes too long")
    before = crm_server.changes()
    crm_server.faults = [breaks(503)] * FOR_LONG

    answer = somebody.say("yes")

    assert "I can't reach our order system right now" in answer
    assert "Done" not in answer
    assert crm_server.changes() == before
    assert crm_server.shop.orders["W1234567"]["status"] == "open"
    assert told(ledger, "handed over", somebody) == ["crm_away"]
    assert told(ledger, "effects", somebody) == []


def test_an_answer_that_is_lost_is_read_back_and_nothing_is_done_twice(
    crm_server: CrmServer, somebody: Customer, ledger: Engine
) -> None:
    somebody.say(f"cancel order 67890, {LUCAS}")
    somebody.say("ordered by mistake")
    crm_server.faults = [when_changing(loses_the_answer)] * FOR_LONG

    answer = somebody.say("yes")

    assert "Done: order #67890 is cancelled." in answer
    assert len([path for path in crm_server.changes() if "67890" in path]) == 1
    assert told(ledger, "effects", somebody) == ["cancel_order 67890"]
    assert "I cancelled order #67890" in somebody.say("what did you just do?")


def test_an_outcome_that_stays_unknown_goes_to_a_person_and_is_not_claimed(
    crm_server: CrmServer, somebody: Customer, ledger: Engine
) -> None:
    somebody.say(f"cancel order 12347, {OLIVIA}")
    somebody.say("ordered by mistake")
    crm_server.faults = [unreadable_afterwards] * FOR_LONG

    answer = somebody.say("yes")

    assert "I can't say whether the change went through" in answer
    assert "connect you with" in answer
    assert "Done" not in answer
    assert told(ledger, "handed over", somebody) == ["effect_unknown"]


def test_afterwards_the_customer_is_served_as_ever(crm_server: CrmServer, somebody: Customer) -> None:
    crm_server.faults = [breaks(503)] * FOR_LONG
    first = Customer(str(somebody.http.base_url))
    assert "I can't" in first.say(f"cancel order 12346, {OLIVIA}")
    crm_server.faults = []

    assert "Why do you want to cancel order #12346?" in somebody.say(f"cancel order 12346, {OLIVIA}")

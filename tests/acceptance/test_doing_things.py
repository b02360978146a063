"""Written conversations in which something is done for a customer, or must not be: each against the running system, with
the words on the way and the rows at the end. They stand in doing_things/, a file a topic; each has its own customer."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml
from httpx import HTTPStatusError
from sqlalchemy.engine import Engine

from tests.acceptance import books
from tests.acceptance.fresh_shop import Shopper, welcome
from tests.acceptance.lines import Line, WebChat, Webhook, code_sent
from tests.acceptance.playing import Play
from tests.system import System
from tests.talking import rows

pytestmark = pytest.mark.slow

WRITTEN = Path(__file__).parent / "doing_things"


def written() -> list[Any]:
    """All conversations, each named by its topic and title."""
    return [
        pytest.param(script, id=f"{path.stem}: {script['title']}")
        for path in sorted(WRITTEN.glob("*.yml"))
        for script in yaml.safe_load(path.read_text(encoding="utf-8"))
    ]


@pytest.fixture
def _stock(shop: Engine) -> Iterator[None]:
    """What was taken from the shelves is put back: it is all that the customers share."""
    before = rows(shop, "select variant_id, stock from shop.variants")
    yield
    for variant, stock in set(before) - set(rows(shop, "select variant_id, stock from shop.variants")):
        rows(shop, "update shop.variants set stock = :stock where variant_id = :variant", stock=stock, variant=variant)


@pytest.mark.usefixtures("_stock")
@pytest.mark.parametrize("script", written())
def test_the_conversation_goes_as_written(system: System, shop: Engine, script: dict[str, Any]) -> None:
    Play(system, shop, script).run()


def test_there_are_enough_conversations() -> None:
    scripts = [param.values[0] for param in written()]

    assert len(scripts) >= 40
    assert sum(script.get("adversarial", False) for script in scripts) >= len(scripts) / 3


PAN = {"pan": "pending by visa: 1 Alder frying pan (8 in)"}


@pytest.fixture
def shopper(shop: Engine) -> Shopper:
    """A customer with a pan that is not packed yet."""
    return welcome(shop, "Ida Larsson", orders=PAN)


@pytest.fixture
def _from_anywhere(shop: Engine) -> Iterator[None]:
    """The network address of the tests is no one's who guessed, neither before nor after."""
    rows(shop, FORGET)
    yield
    rows(shop, FORGET)


FORGET = "delete from switchboard.attempts where subject like 'origin:%'"

WRONG = "cancel order {pan}, somebody{n}@example.com"


def said(line: Line, words: str) -> str:
    return "\n".join(reply["text"] for reply in line.say(words, str(uuid4())))


def reasons(shop: Engine, line: Line) -> list[str]:
    return books.told(shop, books.CONVERSATION["handed over"], conversation=line.conversation(shop))


@pytest.mark.usefixtures("_from_anywhere")
def test_a_new_conversation_is_no_new_chance_to_guess(system: System, shop: Engine, shopper: Shopper) -> None:
    pan = shopper.orders["pan"]
    for n in range(3):
        assert "can't find a customer" in said(WebChat(system), WRONG.format(pan=pan, n=n))

    last = WebChat(system)

    assert "connect you with" in said(last, f"cancel order {pan}, {shopper.email}")
    assert reasons(shop, last) == ["identity_not_confirmed"]
    assert books.told(shop, books.ORDER["state"], number=pan) == ["pending"]


@pytest.mark.usefixtures("_from_anywhere")
def test_who_gave_right_details_may_go_on_after_wrong_ones(system: System, shop: Engine, shopper: Shopper) -> None:
    line, pan = WebChat(system), shopper.orders["pan"]
    for n in range(2):
        said(line, WRONG.format(pan=pan, n=n))

    assert "Why do you want to cancel" in said(line, f"it is order {pan}, {shopper.email}")


def test_a_customer_gets_three_codes_an_hour_however_many_conversations_ask(
    system: System, shop: Engine, shopper: Shopper
) -> None:
    request = f"send order {shopper.orders['pan']} to 12 Alder Street, Eugene, OR 97401, {shopper.email}"
    for _ in range(3):
        assert "I have sent a code" in said(Webhook(system), request)

    last = Webhook(system)

    assert "I have sent a code" not in said(last, request)
    assert reasons(shop, last) == ["identity_not_confirmed"]
    assert rows(shop, "select count(*) from switchboard.mails where recipient = :to", to=shopper.email) == [(3,)]


def test_two_conversations_say_yes_at_once_and_the_order_is_cancelled_once(
    system: System, shop: Engine, shopper: Shopper
) -> None:
    pan, lines = shopper.orders["pan"], [Webhook(system), Webhook(system)]
    for line in lines:
        said(line, f"cancel order {pan}, {shopper.email}")
        assert "Shall I do that?" in said(line, "it takes too long")

    with ThreadPoolExecutor(2) as together:
        first, second = sorted(together.map(lambda line: said(line, "yes"), lines), key=len)

    assert "cancelled already" in first
    assert second.startswith(f"Done: order #{pan} is cancelled.")
    assert books.told(shop, books.ORDER["payments"], number=pan) == ["visa 39.00, back 39.00"]


def test_a_code_is_good_once(system: System, shop: Engine, shopper: Shopper) -> None:
    line, other, pan = Webhook(system), Webhook(system), shopper.orders["pan"]
    said(line, f"send order {pan} to 12 Alder Street, Eugene, OR 97401, {shopper.email}")
    code = code_sent(system, shop, shopper.email)
    assert "Shall I do that?" in said(line, code)
    said(other, f"change the address of order {pan}, {shopper.email}")

    assert "This is not the code" in said(other, code)


def test_a_button_of_another_conversation_is_no_button_here(system: System, shop: Engine, shopper: Shopper) -> None:
    line, other = WebChat(system), WebChat(system)
    said(line, f"cancel order {shopper.orders['pan']}, {shopper.email}")
    said(line, "it takes too long")

    pressed = other.send(str(uuid4()), button=line.offered["Yes, do that"])

    assert pressed.status_code == 400
    assert books.told(shop, books.ORDER["state"], number=shopper.orders["pan"]) == ["pending"]


def test_a_message_without_end_is_refused_and_the_form_stays(system: System, shop: Engine, shopper: Shopper) -> None:
    line = Webhook(system)
    said(line, f"cancel order {shopper.orders['pan']}, {shopper.email}")

    with pytest.raises(HTTPStatusError, match="413"):
        said(line, "yes " * 2000)

    assert "Shall I do that?" in said(line, "it takes too long")

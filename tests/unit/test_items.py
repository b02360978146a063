"""Which items of an order are meant, and how many of each."""

from decimal import Decimal

import pytest

from actions.tasks.base import Unclear
from actions.tasks.items import find_items, quantity_alone
from switchboard.crm.contract import OrderLine

MUGS = OrderLine("Dune mug", "ink", 3, Decimal(14), "m")
TOWEL = OrderLine("Juniper bath towel", "white", 1, Decimal(28), "t")
GLASSES = OrderLine("Marlow wine glass", "set of 2", 2, Decimal(26), "g")


def found(text: str, *lines: OrderLine) -> dict[str, int | None]:
    return dict(find_items(text, lines or (MUGS, TOWEL, GLASSES)))


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("the mugs", {"m": None}),
        ("2 mugs", {"m": 2}),
        ("one of the mugs", {"m": 1}),
        ("one of the 3 mugs", {"m": 1}),
        ("one of my three ink mugs and the towel", {"m": 1, "t": None}),
        ("just 2 of the 3 mugs", {"m": 2}),
        ("two of the mugs and one of the wine glasses", {"m": 2, "g": 1}),
        ("the three mugs", {"m": 3}),
        ("everything except the towel", {"m": None, "g": None}),
        ("everything except one towel", {"m": None, "g": None}),
        ("all but the mugs", {"t": None, "g": None}),
        ("not the towel, just the mugs", {"m": None}),
        ("the mugs, they are not needed", {"m": None}),
        ("the mugs, they came without their box", {"m": None}),
    ],
)
def test_the_number_before_of_is_how_many(text: str, items: dict[str, int | None]) -> None:
    assert found(text) == items


@pytest.mark.parametrize(
    "text",
    [
        "all mugs except one",
        "all the mugs but one",
        "all but one mug",
        "everything but one mug",
        "all but a mug",
        "everything except for two of the mugs",
        "everything except the pillow",
        "not all the mugs",
        "all without the damaged ones",
    ],
)
def test_what_is_left_out_and_can_not_be_read_is_asked_for(text: str) -> None:
    with pytest.raises(Unclear, match="which items"):
        found(text)
    with pytest.raises(Unclear, match="which items"):
        found(text, MUGS)


@pytest.mark.parametrize(
    ("text", "quantity"),
    [
        ("just one of them", 1),
        ("no, only one", 1),
        ("2 of them please", 2),
        ("two", 2),
        ("only 2", 2),
        ("return just one from order 77002", 1),
        ("one of my orders", None),
        ("return it, I got it only 2 weeks ago", None),
        ("order 12346", None),
        ("no", None),
        ("5 of them", None),
    ],
)
def test_how_many_may_be_said_without_the_name_of_the_only_item(text: str, quantity: int | None) -> None:
    assert quantity_alone(text, MUGS) == quantity

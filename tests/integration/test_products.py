"""Questions about what is sold, answered from the shop."""

import pytest
from sqlalchemy.engine import Engine

from actions.products import answer
from switchboard.crm.sql import SqlCrm


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("How much is the Cobalt Dutch oven?", "The Cobalt Dutch oven comes in 4 qt, blue ($109.00"),
        ("what does the 6 qt white Dutch oven cost", "The Cobalt Dutch oven, 6 qt, white, costs $149.00"),
        ("price of the water carafe", "The Marlow water carafe (1 l) costs $32.00 and is"),
        (
            "Is the dinner plate available in ink?",
            "The Dune dinner plate, ink, costs $18.00 and is sold out right now.",
        ),
        ("which colours does the mug come in?", "The Dune mug comes in sand ($14.00"),
        ("do you have frying pans", "The Alder frying pan comes in 8 in"),
        ("do you sell lamps?", "We have Iris floor lamp, "),
        ("How many products do you sell?", "We sell 50 products in "),
        ("how many lamps do you have", "We sell "),
        ("how many versions of the Dune mug are there", "The Dune mug comes in 3 versions"),
        ("how much is a lawn mower", "I can't find that among what we sell."),
        ("how many lawn mowers do you sell", "We sell none of those."),
        ("hold on, is the pan in stock in 10 in?", "We have Alder "),
        ("do you have 0 towels", "We have Juniper "),
        ("do you sell an ape", "I can't find that among what we sell."),
        ("", "I can't find that among what we sell."),
    ],
)
def test_questions_are_answered_from_the_shop(engine: Engine, question: str, said: str) -> None:
    assert answer(SqlCrm(engine), question).startswith(said)


def test_stock_is_told_as_it_is_now(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("update shop.variants set stock = 3 where title = '1 l'")
    assert answer(SqlCrm(engine), "is the water carafe in stock?").endswith("in stock, but only few are left.")

"""Questions about what is sold, answered from the shop."""

import pytest
from sqlalchemy.engine import Engine

from actions.products import answer
from switchboard.crm.sql import SqlCrm
from switchboard.settings import Settings
from tests.wired import wired

NOT_SOLD = "I can't find that among what we sell."
NO_BLUE_TOWEL = "We have no blue version of that. The Juniper bath towel comes in white ($28.00"


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
        ("what do you have in bedding", "We have Fern fitted sheet, "),
        ("How many products do you sell?", "We sell 50 products in "),
        ("how many different items do you sell in total", "We sell 50 products in "),
        ("how big is your range", "We sell 50 products in "),
        ("how many lamps do you have", "We sell "),
        ("how many versions of the Dune mug are there", "The Dune mug comes in 3 versions"),
        ("how much is a lawn mower", NOT_SOLD),
        ("how many lawn mowers do you sell", "We sell none of those."),
        ("do you have 0 towels", "We have Juniper "),
        ("do you sell an ape", NOT_SOLD),
        ("", NOT_SOLD),
    ],
)
def test_questions_are_answered_from_the_shop(engine: Engine, question: str, said: str) -> None:
    assert answer(SqlCrm(engine), question).startswith(said)


def test_prices_are_in_the_shops_currency(engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CURRENCY", "EUR")
    with wired(settings, monkeypatch):
        said = answer(SqlCrm(engine), "price of the water carafe")

    assert said.startswith("The Marlow water carafe (1 l) costs EUR 32.00 and is")


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("do you have a blue kettle?", "We have no blue version of that. The Clover electric kettle comes in steel ("),
        ("kettle in blue", "We have no blue version of that. The Clover electric kettle comes in steel ("),
        ("how many blue kettles do you sell?", "We have no blue version of that. The Clover electric kettle"),
        ("how much is the green Dutch oven?", "We have no green version of the Cobalt Dutch oven: it comes in 4 qt"),
        ("do you have red towels in stock?", "We have no red version of that. The Juniper bath towel comes in white"),
        ("blue towels or red towels?", NO_BLUE_TOWEL),
        ("is the electric kettle sold in purple", "We have no purple version of the Clover electric kettle: it comes"),
        ("do you have a purple electric kettle", "We have no purple version of the Clover electric kettle: it comes"),
        ("do you have the frying pan in 14 inch", "We have no 14 in version of the Alder frying pan: it comes in 8"),
        ("you have frying pans of 28 cm?", "We have no 28 cm version of the Alder frying pan: it comes in 8 in"),
        ("the 4 qt white Dutch oven, how much?", "We have no 4 qt white version of the Cobalt Dutch oven: it"),
        ("is there a small Dutch oven in stock", "We have no small version of the Cobalt Dutch oven: it comes in"),
        ("do you have light blue towels", "We have no light blue version of that. The Juniper bath towel comes in"),
        ("do you make the food processor in red? In red?", "We have no red version of the Garnet food processor: it"),
        ("bath towel in linen?", "We have no linen version of the Juniper bath towel: it comes in white ($28.00"),
    ],
)
def test_a_version_that_is_not_sold_is_said_to_be_missing(engine: Engine, question: str, said: str) -> None:
    assert answer(SqlCrm(engine), question).startswith(said)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("how much is the 8 inch frying pan", "The Alder frying pan, 8 in, costs $39.00 and is "),
        ("8-inch frying pan, price?", "The Alder frying pan, 8 in, costs $39.00 and is "),
        ("price of the frying pan in 10 in", "The Alder frying pan, 10 in, costs $54.00 and is "),
        ("hold on, is the pan in stock in 10 in?", "The Alder frying pan, 10 in, costs $54.00 and is "),
        ("is the six quart stockpot in stock", "The Alder stockpot, 6 qt, costs $79.00 and is "),
        ("what does the four slice toaster cost", "The Ember toaster, 4 slices, costs $89.00 and is "),
        ("how much are the tumblers in a set of 6", "The Marlow tumbler, set of 6, costs $48.00 and is "),
        ("is the set of 6 in stock, of the tumblers", "The Marlow tumbler, set of 6, costs $48.00 and is "),
        ("green tea kettles", "The Clover tea kettle, forest green, costs $54.00 and is "),
        ("is the knife block for 5 knives in stock", "The Birch knife block, for 5 knives, costs $69.00 and is "),
        ("the kettle, the electric one, in black", "The Clover electric kettle, black, costs $69.00 and is "),
        ("a red stand mixer for my sister in law", "The Garnet stand mixer, red, costs $329.00 and is "),
        ("tea kettle in blue or cream", "The Clover tea kettle, cream, costs $54.00 and is "),
        ("how many blue Dutch ovens are there", "The Cobalt Dutch oven comes in 2 such versions: 4 qt, blue ("),
        ("is the blue Dutch oven in stock", "The Cobalt Dutch oven: 4 qt, blue is "),
        ("do you have red mixers", "We have Garnet hand mixer, $59.00 and Garnet stand mixer, $329.00."),
        ("what do you have in sage", "We have Fern linen duvet cover, $149.00 and Fern pillowcase, $29.00"),
    ],
)
def test_the_version_asked_for_is_the_one_told(engine: Engine, question: str, said: str) -> None:
    assert answer(SqlCrm(engine), question).startswith(said)


@pytest.mark.parametrize(
    "question",
    [
        "do you have a blue lawn mower",
        "how much is the red bicycle?",
        "sofa in white",
        "is there an electric blanket",
        "do you sell pan lids?",
        "do you sell beds",
        "do you have books",
        "how much is a Juniper kettle",
    ],
)
def test_what_is_not_sold_is_called_by_no_other_products_name(engine: Engine, question: str) -> None:
    assert answer(SqlCrm(engine), question).startswith(NOT_SOLD)


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("do you sell ovens", ["Cobalt Dutch oven"]),
        ("lamp and table", ["Hazel side table", "Iris floor lamp", "Iris table lamp"]),
        ("do you have kettles under $50", ["Clover electric kettle", "Clover tea kettle"]),
        ("wine glasses", ["Marlow wine glass"]),
        ("do you sell knives", ["Birch bread knife", "Birch chef's knife", "Birch paring knife"]),
        ("how many baking dishes do you have", ["Cobalt baking dish"]),
        ("pillow cases?", ["Fern pillowcase"]),
        ("a stock pot please", ["Alder stockpot"]),
        ("is the nightlight in stock", ["Iris night light"]),
        ("towels for the bath", ["Juniper bath towel"]),
        ("the milk pan and the wool blanket", ["Copperline milk pan", "Fern wool blanket"]),
        ("do you have kettles, and how much is the mug?", ["Clover electric kettle", "Clover tea kettle", "Dune mug"]),
        ("are the Cedar cutting board and the knife block both in stock", ["Birch knife block", "Cedar cutting board"]),
        ("is the Clover tea kettle heavy", ["Clover tea kettle"]),
        ("I saw the Ember toaster in a magazine and it didn't say what it costs. Can you tell me?", ["Ember toaster"]),
    ],
)
def test_only_what_bears_the_noun_is_named(engine: Engine, question: str, names: list[str]) -> None:
    shop = SqlCrm(engine)
    said = answer(shop, question)
    assert [each.name for each in shop.products("", 50) if each.name in said] == names


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("do you sell bread", "With “bread” in the name we have Birch bread knife, $59.00."),
        ("how many coffees do you have", "With “coffee” in the name we have Ember coffee grinder, $119.00 to $129.00."),
        ("what is there from Cobalt", "With “cobalt” in the name we have Cobalt Dutch oven, $109.00"),
    ],
)
def test_a_word_of_the_name_that_is_not_the_noun_is_said_to_be_that(engine: Engine, question: str, said: str) -> None:
    assert answer(SqlCrm(engine), question).startswith(said)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("how much is a frying pan in euros?", "The Alder frying pan comes in 8 in ($39.00"),
        ("how much in pounds is the water carafe?", "The Marlow water carafe (1 l) costs $32.00"),
        ("price of the water carafe in Canadian dollars", "The Marlow water carafe (1 l) costs $32.00"),
        ("how much is the red stand mixer in EUR or GBP", "The Garnet stand mixer, red, costs $329.00"),
        ("how much is the stand mixer in red in euros", "The Garnet stand mixer, red, costs $329.00"),
    ],
)
def test_a_currency_is_no_version(engine: Engine, question: str, said: str) -> None:
    assert answer(SqlCrm(engine), question).startswith(said)


def test_of_two_things_the_one_that_is_not_sold_is_said(engine: Engine) -> None:
    said = answer(SqlCrm(engine), "how much is the water carafe and the lawn mower?")
    assert said.startswith("The Marlow water carafe (1 l) costs $32.00")
    assert said.endswith("I can't find “lawn mower” among what we sell.")


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("do you have a mlik pan", "If you mean “milk”: The Copperline milk pan (1 qt) costs $64.00"),
        ("how much is the tea ketle", "If you mean “kettle”: The Clover tea kettle comes in steel ($49.00)"),
        ("price of the tosater", NOT_SOLD),
        ("do you sell tumlers", "If you mean “tumbler”: The Marlow tumbler comes in set of 4"),
        ("gray hand vacuum", "If you mean “grey”: The Kestrel hand vacuum (grey) costs $79.00"),
    ],
)
def test_a_misspelt_word_is_taken_for_another_only_if_that_is_said(engine: Engine, question: str, said: str) -> None:
    assert answer(SqlCrm(engine), question).startswith(said)


def test_stock_is_told_as_it_is_now(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("update shop.variants set stock = 3 where title = '1 l'")
    assert answer(SqlCrm(engine), "is the water carafe in stock?").endswith("in stock, but only few are left.")


def test_of_several_products_those_that_are_sold_out_say_so(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("update shop.variants set stock = 0 where title = 'red'")
        connection.exec_driver_sql("update shop.variants set stock = 9 where title = 'red' and price > 100")
    said = "We have Garnet hand mixer, $59.00 (sold out) and Garnet stand mixer, $329.00."
    assert answer(SqlCrm(engine), "do you have red mixers") == said

"""The extractor knows what the shop sells and where it delivers, and takes a spaCy model where there is one."""

import logging
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import spacy

from benchmarks.nlu_data import read_marked
from switchboard.database.catalogue import CITIES, PRODUCTS
from switchboard.database.known import KNOWN_CUSTOMERS
from switchboard.understanding.entities import Extractor
from switchboard.understanding.patterns import Patterns

TODAY = date(2026, 11, 20)
PRODUCT_NAMES = [name for name, *_ in PRODUCTS]
CITY_NAMES = [city for cities in CITIES.values() for city, *_ in cities]


@pytest.fixture(scope="module")
def shop() -> Patterns:
    return read_marked(Path(__file__).parents[2] / "data" / "nlu")[1]


@pytest.fixture(scope="module")
def extractor(shop: Patterns) -> Extractor:
    return Extractor(shop)


def test_every_product_of_the_shop_is_in_the_list(shop: Patterns) -> None:
    assert set(PRODUCT_NAMES) - set(shop.lists["product"]) == set()


def test_every_city_of_the_shop_is_in_the_list(shop: Patterns) -> None:
    assert set(CITY_NAMES) - set(shop.lists["city"]) == set()


@pytest.mark.parametrize(
    ("kind", "name"), [*(("product", name) for name in PRODUCT_NAMES), *(("city", name) for name in CITY_NAMES)]
)
def test_what_the_shop_knows_is_found_with_its_exact_span(extractor: Extractor, kind: str, name: str) -> None:
    text = f"I asked about {name.lower()} yesterday"
    found = [(text[e.start : e.end], e.kind) for e in extractor.extract(text, TODAY) if e.kind != "date"]
    assert found == [(name.lower(), kind)]


@pytest.mark.parametrize("name", [f"{first} {last}" for first, last, *_ in KNOWN_CUSTOMERS])
def test_known_customers_can_say_their_name(extractor: Extractor, name: str) -> None:
    assert [(e.kind, e.value) for e in extractor.extract(f"my name is {name}", TODAY)] == [("person_name", name)]


def test_a_named_spacy_model_is_used(tmp_path: Path) -> None:
    model = spacy.blank("en")
    ruler: Any = model.add_pipe("entity_ruler", name="known")
    ruler.add_patterns([{"label": "PERSON", "pattern": "Zaphod"}, {"label": "GPE", "pattern": "Sevastopol"}])
    model.to_disk(tmp_path)
    extractor = Extractor(Patterns({}, {"product": ["lamp"]}, []), str(tmp_path))
    found = [(e.kind, e.value) for e in extractor.extract("Send the lamp to Zaphod at Sevastopol", TODAY)]
    assert found == [("product", "lamp"), ("person_name", "Zaphod"), ("city", "Sevastopol")]


def test_a_spacy_model_that_is_not_there_is_missed_aloud_and_once(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        extractors = [Extractor(Patterns({}, {"product": ["lamp"]}, []), "no_such_model") for _ in range(2)]
    assert [e.value for e in extractors[0].extract("a lamp", TODAY)] == ["lamp"]
    assert [record.message for record in caplog.records] == [
        "The spaCy model no_such_model is not installed; people and places are found by rules and lists alone."
    ]

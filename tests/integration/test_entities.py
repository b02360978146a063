"""Entities of messages with the project's own patterns, on Friday, 20 November 2026."""

import itertools
import re
from datetime import date
from pathlib import Path
from time import process_time

import pytest
import yaml

from switchboard.understanding.entities import Extractor
from switchboard.understanding.patterns import Patterns

DATA = Path(__file__).parents[2] / "data" / "nlu"
TODAY = date(2026, 11, 20)
WORDS = [
    "my",
    "order",
    "please",
    "and",
    "refund",
    "the",
    "park",
    "i",
    "name",
    "not",
    "good",
    "morning",
    "angry",
    "sorry",
]


@pytest.fixture(scope="module")
def extractor() -> Extractor:
    expressions: dict[str, list[str]] = {}
    lists: dict[str, list[str]] = {}
    for item in yaml.safe_load((DATA / "entities.yml").read_text(encoding="utf-8"))["nlu"]:
        entries = [line.strip().removeprefix("- ") for line in item["examples"].splitlines() if line.strip()]
        (expressions if "regex" in item else lists)[item.get("regex") or item["lookup"]] = entries
    return Extractor(Patterns(expressions, lists, WORDS))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("where is order #48213?", [("order_number", "#48213", "48213")]),
        ("cancel 48213 please", [("order_number", "48213", "48213")]),
        ("status of w1234567", [("order_number", "w1234567", "W1234567")]),
        ("send INV-2026-004711 again", [("invoice_number", "INV-2026-004711", "INV-2026-004711")]),
        ("mail me at Jane.Doe@Example.com.", [("email", "Jane.Doe@Example.com", "jane.doe@example.com")]),
        ("call +1 202 555 0142", [("phone", "+1 202 555 0142", "+1 202 555 0142")]),
        ("you took $49.90 twice", [("money", "$49.90", "$49.90")]),
        ("my alder saucepan broke", [("product", "alder saucepan", "alder saucepan")]),
        ("do you ship to Canada", [("country", "Canada", "Canada")]),
        ("I live in Portland", [("city", "Portland", "Portland")]),
        ("my name is jane doe", [("person_name", "jane doe", "jane doe")]),
        ("this is Peter van Dijk speaking", [("person_name", "Peter van Dijk", "Peter van Dijk")]),
        ("My name is Helen Park, my order", [("person_name", "Helen Park", "Helen Park")]),
        ("Daniel Reyes here, refund please", [("person_name", "Daniel Reyes", "Daniel Reyes")]),
    ],
)
def test_an_entity_has_its_kind_its_exact_span_and_its_value(
    extractor: Extractor, text: str, expected: list[tuple[str, str, str]]
) -> None:
    assert [(e.kind, text[e.start : e.end], e.value) for e in extractor.extract(text, TODAY)] == expected


@pytest.mark.parametrize(
    "text",
    ["", "😀", "I am angry", "I'm sorry", "this is not good", "Good Morning", "123", "1234567890123", "zip 60614"],
)
def test_what_names_nothing_has_no_entity(extractor: Extractor, text: str) -> None:
    assert extractor.extract(text, TODAY) == []


def test_a_date_says_which_day_it_means(extractor: Extractor) -> None:
    [found] = extractor.extract("it was delivered last Tuesday", TODAY)
    assert (found.kind, found.value, found.iso) == ("date", "last Tuesday", "2026-11-17")


def test_several_entities_come_in_reading_order_and_never_overlap(extractor: Extractor) -> None:
    text = "my name is Jane Doe, order #48213, ordered yesterday, jane@example.com, to Berlin, Germany"
    found = extractor.extract(text, TODAY)
    assert [e.kind for e in found] == ["person_name", "order_number", "date", "email", "city", "country"]
    assert all(before.end <= after.start for before, after in itertools.pairwise(found))


@pytest.mark.parametrize("part", ["1", "a@", "#", "#$", "Jan ", "( ", "in a ", "+1 202", "a.b-", "𝒜", "\u0301"])
def test_a_long_message_is_searched_in_good_time(extractor: Extractor, part: str) -> None:
    begin = process_time()
    extractor.extract(part * (5000 // len(part)), TODAY)
    assert process_time() - begin < 1


def test_spans_hold_in_text_with_emoji_and_accents(extractor: Extractor) -> None:
    text = "😀😀 café — order #48213"
    [found] = extractor.extract(text, TODAY)
    assert re.fullmatch("#48213", text[found.start : found.end])

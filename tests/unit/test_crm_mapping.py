"""The mapping of the REST adapter: what a file may say, how values are read and filled in, and how pages follow each other."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from switchboard.crm.breaker import Breaker
from switchboard.crm.http import Answer
from switchboard.crm.rest_mapping import Field, Mapping, Pages, load_mapping
from switchboard.crm.rest_pages import pages
from switchboard.crm.rest_values import at, fill, fill_path, value_of
from switchboard.errors import CrmUnavailable, SettingsError

EXAMPLE = Path("data/crm/rest-example.yml")


def with_part(tmp_path: Path, *path: str, value: Any) -> Path:
    """The example, with one thing else; None takes it out."""
    content = yaml.safe_load(EXAMPLE.read_text())
    inside = content
    for step in path[:-1]:
        inside = inside[step]
    inside[path[-1]] = value
    if value is None:
        del inside[path[-1]]
    file = tmp_path / "mapping.yml"
    file.write_text(yaml.safe_dump(content))
    return file


class TestLoading:
    def test_the_example_can_be_used(self) -> None:
        assert isinstance(load_mapping(EXAMPLE), Mapping)

    @pytest.mark.parametrize(
        ("path", "value", "named"),
        [
            (("calls", "order"), None, "calls.order"),
            (("calls", "outcome"), None, "calls.outcome"),
            (("calls", "ordr"), {"path": "/"}, "ordr"),
            (("changes", "cancel"), {"path": "/"}, "cancel"),
            (("records", "customer", "email"), None, "records.customer.email"),
            (("records", "customer", "emial"), "mail", "records.customer.emial"),
            (("records", "clients"), {}, "records.clients"),
            (("refusals", "codes", "PACKED"), "packed", "packed"),
            (("pages", "next"), None, "pages.next"),
            (("pace", "tries"), "often", "tries"),
            (("auth",), "magic", "magic"),
            (("password",), "secret", "password"),
        ],
    )
    def test_what_cannot_be_meant_is_named(self, tmp_path: Path, path: tuple[str, ...], value: Any, named: str) -> None:
        with pytest.raises(SettingsError, match=named):
            load_mapping(with_part(tmp_path, *path, value=value))

    @pytest.mark.parametrize("content", [b"", b"calls: [", b"\xff", b"just words"])
    def test_what_is_no_mapping_is_refused(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "mapping.yml").write_bytes(content)
        with pytest.raises(SettingsError):
            load_mapping(tmp_path / "mapping.yml")

    def test_a_file_that_is_not_there_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(SettingsError):
            load_mapping(tmp_path / "nowhere.yml")


class TestValues:
    @pytest.mark.parametrize(
        ("path", "value"),
        [("a.b", 1), ("list.1.c", 2), ("list.7.c", None), ("a.b.c", None), ("x", None), ("list.c", None)],
    )
    def test_a_path_leads_to_a_value(self, path: str, value: Any) -> None:
        assert at({"a": {"b": 1}, "list": [{}, {"c": 2}]}, path) == value

    @pytest.mark.parametrize(
        ("source", "value"),
        [
            ("state", "open"),
            (Field(at="state", words={"open": "pending"}), "pending"),
            (Field(at="state", words={"shut": "pending"}), None),
            (Field(at="nothing", default="standard"), "standard"),
            (Field(at="paid", words={"true": "yes"}), "yes"),
            (Field(at="sum", cents=True), Decimal("12.34")),
            (Field(at="nothing", cents=True), None),
            (Field(join=["first", "last"]), "Olivia Bennett"),
            (Field(given="note"), "note"),
        ],
    )
    def test_a_field_is_read_as_mapped(self, source: str | Field, value: Any) -> None:
        data = {"state": "open", "sum": 1234, "first": "Olivia", "last": "Bennett", "paid": True}
        assert value_of(source, data) == value

    def test_a_template_is_filled(self) -> None:
        template = {"who": "{id}", "why": "{reason}", "note": "for {id}", "n": 1, "to": {"zip": "{address.postcode}"}}
        values = {"id": "c1", "reason": None, "address": {"postcode": "97205"}}
        assert fill(template, values) == {"who": "c1", "note": "for c1", "n": 1, "to": {"zip": "97205"}}

    def test_a_list_is_filled_once_for_each(self) -> None:
        template = {"each": "lines", "as": {"sku": "{variant_id}", "of": "{number}", "count": "{quantity}"}}
        values = {"number": "12346", "lines": [{"variant_id": "7", "quantity": 2}, {"variant_id": "8", "quantity": 1}]}
        assert fill(template, values) == [
            {"sku": "7", "of": "12346", "count": 2},
            {"sku": "8", "of": "12346", "count": 1},
        ]

    @pytest.mark.parametrize("value", ["a/b", "a?b", "a#b", "é", "\ud800"])
    def test_a_value_cannot_leave_its_place_in_a_path(self, value: str) -> None:
        assert fill_path("/orders/{n}/x", {"n": value}).count("/") == 3


SEVEN = list(range(7))


class TestPages:
    @pytest.mark.parametrize(
        ("rules", "asked"),
        [
            (Pages(kind="none"), [{}]),
            (Pages(kind="number", size=3), [{"limit": 3, "page": n} for n in (1, 2, 3, 4)]),
            (Pages(kind="number", first=0, size=3), [{"limit": 3, "page": n} for n in (0, 1, 2, 3)]),
            (Pages(kind="offset", param="from", size=3), [{"limit": 3, "from": n} for n in (0, 3, 6, 7)]),
            (Pages(kind="number", size=3, next="more"), [{"limit": 3, "page": n} for n in (1, 2, 3)]),
            (
                Pages(kind="cursor", param="after", next="more", size=3),
                [{"limit": 3}, {"limit": 3, "after": 3}, {"limit": 3, "after": 6}],
            ),
        ],
    )
    def test_they_are_asked_for_until_the_last(self, rules: Pages, asked: list[dict[str, int]]) -> None:
        seen: list[dict[str, int]] = []

        def get(extra: dict[str, Any]) -> Answer:
            seen.append(extra)
            start = extra.get("from", extra.get("after", (extra.get("page", rules.first) - rules.first) * 3))
            size = extra.get("limit", 7)
            more = start + size if start + size < 7 else None
            return Answer(200, {"rows": SEVEN[start : start + size], "more": more})

        assert list(pages(rules, "rows", get)) == SEVEN
        assert seen == asked

    @pytest.mark.parametrize("rules", [Pages(kind="number", size=50), Pages(kind="offset", param="from", size=50)])
    def test_a_server_that_gives_fewer_than_asked_for_loses_none(self, rules: Pages) -> None:
        def get(extra: dict[str, Any]) -> Answer:
            start = extra.get("from", (extra.get("page", 1) - 1) * 2)
            return Answer(200, {"rows": SEVEN[start : start + 2]})

        assert list(pages(rules, "rows", get)) == SEVEN

    @pytest.mark.parametrize("kind", ["number", "offset"])
    def test_a_list_that_comes_whole_whatever_is_asked_for_is_read_once(self, kind: Any) -> None:
        assert list(pages(Pages(kind=kind), "rows", lambda _: Answer(200, {"rows": SEVEN}))) == SEVEN

    def test_a_page_without_a_list_is_an_error(self) -> None:
        with pytest.raises(CrmUnavailable):
            list(pages(Pages(), "rows", lambda _: Answer(200, {"rows": {}})))

    def test_where_there_is_nothing_the_list_is_empty(self) -> None:
        assert list(pages(Pages(), "rows", lambda _: None)) == []


class TestBreaker:
    def test_it_opens_after_failures_in_a_row_only(self) -> None:
        breaker = Breaker(2, 30.0, lambda: 0.0)
        breaker.failed()
        breaker.succeeded()
        breaker.failed()
        breaker.admit()
        breaker.failed()
        with pytest.raises(CrmUnavailable):
            breaker.admit()

    def test_one_call_tries_whether_it_works_again(self) -> None:
        now = [0.0]
        breaker = Breaker(1, 30.0, lambda: now[0])
        breaker.failed()
        now[0] = 30.0
        breaker.admit()
        with pytest.raises(CrmUnavailable):
            breaker.admit()

    def test_it_closes_when_that_one_succeeds(self) -> None:
        now = [0.0]
        breaker = Breaker(1, 30.0, lambda: now[0])
        breaker.failed()
        now[0] = 30.0
        breaker.admit()
        breaker.succeeded()
        breaker.admit()
        breaker.admit()

    def test_it_stays_open_when_that_one_fails(self) -> None:
        now = [0.0]
        breaker = Breaker(1, 30.0, lambda: now[0])
        breaker.failed()
        now[0] = 30.0
        breaker.admit()
        breaker.failed()
        now[0] = 59.0
        with pytest.raises(CrmUnavailable):
            breaker.admit()


def test_the_example_names_every_field_there_is() -> None:
    """So that nobody has to guess what can be mapped."""
    from dataclasses import fields

    from switchboard.crm.rest_mapping import RECORDS

    mapping = load_mapping(EXAMPLE)
    left_out = {"customer": set(), "order": {"allowed", "returned_at", "carrier", "tracking_number"}}
    for name, record in RECORDS.items():
        missing = {field.name for field in fields(record)} - set(mapping.records[name]) - left_out.get(name, set())
        assert not missing, name
    assert msgspec.to_builtins(mapping.refusals.codes)

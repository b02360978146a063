"""Values from and for another system's JSON: by the paths and templates of the mapping."""

import logging
import re
from collections.abc import Mapping as Values
from dataclasses import MISSING, fields
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import msgspec

from switchboard.crm.rest_mapping import RECORDS, Field, Mapping
from switchboard.crm.text import storable
from switchboard.errors import CrmUnavailable

log = logging.getLogger(__name__)

NAME = re.compile(r"\{([\w.]+)\}")
EACH, AS = "each", "as"
INSIDE = {
    "address": "address",
    "lines": "line",
    "payments": "payment",
    "returns": "return",
    "variants": "variant",
}
"""Fields that are records themselves, or lists of them."""


def at(data: Any, path: str) -> Any:
    """The value at a path such as `customer.name` or `lines.0.sku`; the data itself for no path; None where there is none."""
    for step in path.split(".") if path else []:
        if isinstance(data, list):
            data = data[int(step)] if step.isdigit() and int(step) < len(data) else None
        else:
            data = data.get(step) if isinstance(data, dict) else None
    return data


def fill(template: Any, values: Values[str, Any]) -> Any:
    """The template with its names replaced; a text that is one name becomes the value itself. What is None is left out.

    `{"each": "lines", "as": …}` becomes a list, `as` filled once for each.
    """
    if isinstance(template, str):
        return fill_text(template, values)
    if isinstance(template, dict) and set(template) == {EACH, AS}:
        return [fill(template[AS], {**values, **part}) for part in at(values, template[EACH]) or ()]
    if isinstance(template, dict):
        filled = {name: fill(part, values) for name, part in template.items()}
        return {name: part for name, part in filled.items() if part is not None}
    return template


def fill_text(template: str, values: Values[str, Any]) -> Any:
    whole = NAME.fullmatch(template)
    if whole:
        value = at(values, whole[1])
        return storable(value) if isinstance(value, str) else value
    return NAME.sub(lambda name: text(at(values, name[1])), template)


def fill_path(template: str, values: Values[str, Any]) -> str:
    """The path with each value made harmless for it."""
    return NAME.sub(lambda name: quote(text(at(values, name[1])), safe=""), template)


def text(value: Any) -> str:
    """As JSON writes it, without what can't be sent."""
    return str(value).lower() if isinstance(value, bool) else "" if value is None else storable(str(value))


def read_record(mapping: Mapping, name: str, data: Any) -> Any:
    """The contract's record `name` from the other system's JSON.

    Raises:
        CrmUnavailable: the JSON can't be what the mapping says. Nothing is made up.
    """
    try:
        return msgspec.convert(record_values(mapping, name, data), RECORDS[name], strict=False)
    except (msgspec.ValidationError, ArithmeticError) as error:
        log.error("The business system's %s is not as CRM_MAPPING says: %s", name, error)
        raise CrmUnavailable from error


def record_values(mapping: Mapping, name: str, data: Any) -> dict[str, Any]:
    """What the record's fields are to be, before their types are checked; without a value, those that have one keep their default."""
    known = {field.name: field for field in fields(RECORDS[name])}
    values = {
        field: converted(mapping, field, known[field].type, value_of(source, data))
        for field, source in mapping.records.get(name, {}).items()
    }
    return {field: value for field, value in values.items() if value is not None or known[field].default is MISSING}


def converted(mapping: Mapping, field: str, kind: Any, value: Any) -> Any:
    if field in INSIDE and isinstance(value, list):
        return [record_values(mapping, INSIDE[field], part) for part in value]
    if field in INSIDE and value is not None:
        return record_values(mapping, INSIDE[field], value)
    return id_text(value) if kind in (str, str | None) else value


def id_text(value: Any) -> Any:
    """Ids may be numbers there; here they are text."""
    return str(value) if type(value) is int else value


def value_of(source: str | Field, data: Any) -> Any:
    if isinstance(source, str):
        return at(data, source)
    if source.given is not None:
        return source.given
    if source.join:
        return " ".join(filter(None, (text(at(data, path)) for path in source.join)))
    value = at(data, source.at)
    if source.words:
        value = source.words.get(text(value))
    if source.cents and value is not None:
        value = msgspec.convert(value, Decimal, strict=False) / 100
    return source.default if value is None else value

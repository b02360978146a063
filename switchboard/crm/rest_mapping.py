"""The mapping file of the REST adapter: where the other system has what, and what it calls it. docs/crm-adapters.md explains it."""

from dataclasses import MISSING, fields
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import msgspec
import yaml

from switchboard.crm import contract
from switchboard.crm.changes import Address, ChangeName, Refusal
from switchboard.crm.http import Pace
from switchboard.errors import SettingsError

RECORDS: dict[str, type] = {
    "customer": contract.Customer,
    "address": Address,
    "order": contract.Order,
    "line": contract.OrderLine,
    "payment": contract.Payment,
    "return": contract.Return,
    "method": contract.PaymentMethod,
    "product": contract.Product,
    "variant": contract.Variant,
    "ticket": contract.Ticket,
    "invoice": contract.Invoice,
}
NEEDED = ("customer", "customers_by_email", "order", "orders")
CallName = Literal[
    "customer", "customers_by_email", "customers_by_name", "order", "orders", "payment_methods", "products", "product",
    "variant", "tickets", "invoice", "outcome",
]  # fmt: skip


class Call(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A request: `{name}` in the path, the query and the body stands for a value. `at` is where in the answer to look."""

    path: str
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    query: dict[str, str] = {}
    body: Any = None
    at: str = ""
    result: dict[Literal["reference", "difference", "total", "until"], str] = {}


class Pages(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a list is read: by page number, by offset, by a cursor, or whole."""

    kind: Literal["none", "number", "offset", "cursor"] = "none"
    param: str = "page"
    first: int = 1
    size_param: str = "limit"
    size: int = 50
    next: str = ""
    most: int = 100


class Field(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A value that needs more than its place: other words for it, several parts, cents, or one when there is none."""

    at: str = ""
    words: dict[str, Any] = {}
    join: list[str] = []
    cents: bool = False
    given: Any = None
    default: Any = None


class Refusals(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where an answer says why something is refused, and what its codes mean."""

    at: str = "code"
    codes: dict[str, Refusal] = {}


class Mapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    calls: dict[CallName, Call]
    records: dict[str, dict[str, str | Field]]
    changes: dict[ChangeName, Call] = {}
    refusals: Refusals = Refusals()
    pages: Pages = Pages()
    pace: Pace = Pace()
    url: str = ""
    auth: Literal["none", "basic", "bearer", "header"] = "bearer"
    auth_header: str = "X-Api-Key"
    key_header: str = "Idempotency-Key"
    countries: list[str] = []
    members_pay: Decimal = Decimal(1)


def load_mapping(path: Path) -> Mapping:
    """The mapping in a YAML file.

    Raises:
        SettingsError: it can't be read, or something in it can't be meant.
    """
    try:
        mapping = msgspec.convert(yaml.safe_load(path.read_text(encoding="utf-8")), Mapping, strict=False)
    except (OSError, yaml.YAMLError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise SettingsError(f"CRM_MAPPING {path} can't be used: {error}") from error
    for problem in problems(mapping):
        raise SettingsError(f"CRM_MAPPING {path} can't be used: {problem}")
    return mapping


def problems(mapping: Mapping) -> list[str]:
    """What is missing, or is no name of the contract's."""
    found = [f"calls.{name} is missing" for name in NEEDED if name not in mapping.calls]
    if mapping.changes and "outcome" not in mapping.calls:
        found.append("calls.outcome is missing: without it nobody could find out what became of a lost answer")
    for name, record in mapping.records.items():
        found += record_problems(name, set(record))
    if mapping.pages.kind == "cursor" and not mapping.pages.next:
        found.append("pages.next is missing: where an answer has the next page's cursor")
    return found


def record_problems(name: str, given: set[str]) -> list[str]:
    if name not in RECORDS:
        return [f"records.{name} is none of {', '.join(RECORDS)}"]
    known = {field.name: field for field in fields(RECORDS[name]) if field.name != "allowed"}
    needed = {name for name, field in known.items() if field.default is MISSING}
    return [f"records.{name}.{extra} is unknown" for extra in sorted(given - set(known))] + [
        f"records.{name}.{missing} is missing" for missing in sorted(needed - given)
    ]

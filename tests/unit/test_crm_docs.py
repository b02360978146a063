"""docs/crm.md and docs/larkspur.md say all there is, and their examples can be imported."""

import re
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from switchboard.crm.changes import ChangeName, Refusal
from switchboard.crm.contract import Crm
from switchboard.crm.importing import SORTS
from switchboard.crm.policy import RULES
from switchboard.database.known import KNOWN_EMAILS, KNOWN_NUMBERS, SOLD_OUT

DOCS = Path(__file__).parents[2] / "docs"
CRM = (DOCS / "crm.md").read_text(encoding="utf-8")
LARKSPUR = (DOCS / "larkspur.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```json\n(.*?)```", CRM, re.DOTALL)


@pytest.mark.parametrize("name", get_args(ChangeName))
def test_every_change_is_documented_and_has_a_rule(name):
    assert f"\n| `{name}` | " in CRM
    assert name in {request.name for request in RULES}


@pytest.mark.parametrize("reason", get_args(Refusal))
def test_every_refusal_is_documented(reason):
    assert f"`{reason}`" in CRM


@pytest.mark.parametrize("call", [name for name in vars(Crm) if not name.startswith("_")])
def test_every_call_is_documented(call):
    assert f"`{call}(" in CRM


@pytest.mark.parametrize(("sort", "example"), zip(SORTS.values(), EXAMPLES, strict=True), ids=SORTS)
def test_every_field_is_in_an_example_that_can_be_imported(sort, example):
    msgspec.convert(msgspec.json.decode(example), list[sort.row], strict=False)
    assert all(f'"{field}"' in example for field in sort.row.__struct_fields__)


@pytest.mark.parametrize("name", [*KNOWN_EMAILS, *KNOWN_NUMBERS])
def test_every_known_customer_and_order_is_documented(name):
    assert f"| {name} |" in LARKSPUR


def test_what_is_sold_out_is_documented():
    said = LARKSPUR.rpartition("Sold out are ")[2]
    assert all(product in said and title in said for product, title in SOLD_OUT)

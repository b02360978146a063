"""`crm import`: good rows come in, bad ones are named by file, row and reason, and again changes nothing."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Engine

from switchboard import cli
from switchboard.crm.changes import CancelOrder, EffectKey
from switchboard.crm.importing import Report, import_folder
from switchboard.crm.sql import SqlCrm
from switchboard.errors import BadImport
from switchboard.settings import Settings

ANA = {
    "email": "ana@example.net",
    "first_name": "Ana",
    "last_name": "Kerr",
    "phone": "+1 202 555 0199",
    "plus_since": "2026-01-10",
    "plus_until": "2027-01-10",
    "plus_renews": True,
    "address": {"street": "1 Hill Road", "city": "Denver", "region": "CO", "postcode": "80203", "country": "US"},
    "payment_methods": [{"kind": "visa", "last_four": "1234"}, {"kind": "gift_card", "balance": 12.5}],
}
LADLE = {
    "name": "Pine ladle",
    "category": "Cookware",
    "variants": [
        {"sku": "PIN-1", "title": "small", "price": 9.9, "stock": 5},
        {"sku": "PIN-2", "title": "large", "price": "12", "stock": 0},
    ],
}
ORDER = {
    "number": "55501",
    "email": "ana@example.net",
    "state": "pending",
    "placed_at": "2026-03-01T10:00:00Z",
    "lines": [{"sku": "PIN-1", "quantity": 2, "unit_price": "9.90"}, {"sku": "PIN-2", "quantity": 1, "unit_price": 12}],
    "payment": {"kind": "visa", "paid_at": "2026-03-01T10:00:00Z"},
    "delivery_fee": 4.9,
}
DELIVERED = ORDER | {
    "number": "W5550002",
    "state": "delivered",
    "carrier": "Bluebird Parcel",
    "tracking_number": "LK1",
    "shipped_at": "2026-03-02T10:00:00Z",
    "delivered_at": "2026-03-04T10:00:00Z",
}


def test_customers_products_and_orders_come_in(engine: Engine, tmp_path: Path) -> None:
    write(tmp_path, customers=[ANA], products=[LADLE], orders=[ORDER, DELIVERED])
    report = import_folder(engine, tmp_path)
    assert report == Report(
        {"customers.json": 1, "products.json": 1, "orders.json": 2},
        {"customers.json": 0, "products.json": 0, "orders.json": 0},
        [],
    )


def test_the_assistant_knows_them_then(engine: Engine, tmp_path: Path) -> None:
    write(tmp_path, customers=[ANA], products=[LADLE], orders=[ORDER])
    import_folder(engine, tmp_path)
    crm = SqlCrm(engine)
    customer = crm.identify("55501", "ANA@example.net")
    assert customer is not None
    assert (customer.name, customer.tier, customer.plus_renews) == ("Ana Kerr", "plus", True)
    order = crm.order("55501", customer.external_id)
    assert order is not None
    assert order.total == Decimal("36.70")
    assert (order.address, order.paid_with and order.paid_with.last_four) == (customer.address, "1234")
    assert [(method.kind, method.balance) for method in crm.payment_methods(customer.external_id)] == [
        ("visa", None),
        ("gift_card", Decimal("12.50")),
    ]
    assert [variant.stock for variant in crm.products("pine ladle")[0].variants] == [5, 0]


def test_again_changes_nothing(engine: Engine, tmp_path: Path) -> None:
    write(tmp_path, customers=[ANA], products=[LADLE], orders=[ORDER, DELIVERED])
    import_folder(engine, tmp_path)
    before = everything(engine)
    report = import_folder(engine, tmp_path)
    assert (set(report.new.values()), report.known["orders.json"], report.bad) == ({0}, 2, [])
    assert everything(engine) == before


def test_what_is_known_becomes_what_the_file_says(engine: Engine, tmp_path: Path) -> None:
    write(tmp_path, customers=[ANA], products=[LADLE])
    import_folder(engine, tmp_path)
    cheaper = LADLE | {"variants": [{"sku": "PIN-1", "title": "small", "price": 8, "stock": 1}]}
    write(tmp_path, customers=[ANA | {"email": "Ana@Example.net", "last_name": "Kerr-Lowe"}], products=[cheaper])
    import_folder(engine, tmp_path)
    crm = SqlCrm(engine)
    customer = crm.find_customer("ana@example.net")
    assert customer is not None
    assert customer.name == "Ana Kerr-Lowe"
    assert [(variant.price, variant.stock) for variant in crm.products("pine ladle")[0].variants] == [(8, 1), (12, 0)]


def test_what_happened_to_an_order_is_not_undone(engine: Engine, tmp_path: Path) -> None:
    write(tmp_path, customers=[ANA], products=[LADLE], orders=[ORDER])
    import_folder(engine, tmp_path)
    crm = SqlCrm(engine)
    customer = crm.find_customer("ana@example.net")
    assert customer is not None
    assert crm.carry_out(CancelOrder(customer.external_id, "55501"), EffectKey("message-1", "cancel")).done
    import_folder(engine, tmp_path)
    order = crm.order("55501", customer.external_id)
    assert order is not None
    assert order.state == "cancelled"


CUSTOMERS_CSV = '''\
email,first_name,last_name,phone,address.street,address.city,address.postcode,address.country,payment_methods.kind,payment_methods.last_four
ana@example.net,Ana,Kerr,,1 Hill Road,Denver,80203,US,visa,1234
ana@example.net,Ana,Kerr,,1 Hill Road,Denver,80203,US,paypal,
"bo@example.net","Bo ""B""","Lind, Jr.",,"2 Hill Road
rear house",Leeds,LS1 4DY,GB,,
'''
PRODUCTS_CSV = """\
name,category,variants.sku,variants.title,variants.price,variants.stock
Pine ladle,Cookware,PIN-1,small,9.90,5
Pine ladle,Cookware,PIN-2,large,12,
"""
ORDERS_CSV = """\
number,email,state,placed_at,payment.kind,payment.paid_at,lines.sku,lines.quantity,lines.unit_price
55501,ana@example.net,pending,2026-03-01T10:00:00Z,visa,2026-03-01T10:00:00Z,PIN-1,2,9.90
55501,ana@example.net,pending,2026-03-01T10:00:00Z,visa,2026-03-01T10:00:00Z,PIN-2,1,12
55502,bo@example.net,pending,2026-03-01T10:00:00+01:00,paypal,,PIN-2,1,12
"""


def test_csv_says_the_same_with_a_row_for_each_line(engine: Engine, tmp_path: Path) -> None:
    for name, content in (("customers", CUSTOMERS_CSV), ("products", PRODUCTS_CSV), ("orders", ORDERS_CSV)):
        (tmp_path / f"{name}.csv").write_text(content, encoding="utf-8-sig")
    report = import_folder(engine, tmp_path)
    assert (report.new, report.bad) == ({"customers.csv": 2, "products.csv": 1, "orders.csv": 2}, [])
    crm = SqlCrm(engine)
    bo, ana = crm.find_customer("bo@example.net"), crm.find_customer("ana@example.net")
    assert bo is not None
    assert ana is not None
    assert bo.name == 'Bo "B" Lind, Jr.'
    assert [method.kind for method in crm.payment_methods(ana.external_id)] == ["visa", "paypal"]
    assert [len(order.lines) for order in crm.orders(ana.external_id)] == [2]


def test_a_bad_row_is_named_and_the_good_ones_stay(engine: Engine, tmp_path: Path) -> None:
    bad = [ANA | {"email": "nonsense"}, ANA, ANA | {"email": "b@example.net", "first_name": ""}, 5]
    write(tmp_path, customers=bad)
    report = import_folder(engine, tmp_path)
    assert report.new == {"customers.json": 1}
    assert [(row.file, row.row) for row in report.bad] == [
        ("customers.json", 1),
        ("customers.json", 3),
        ("customers.json", 4),
    ]
    assert "$.email" in report.bad[0].reason
    assert "$.first_name" in report.bad[1].reason
    assert SqlCrm(engine).find_customer("ana@example.net") is not None


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"number": "5550"}, "number must be five digits, or W and seven"),
        ({"email": "stranger@example.net"}, "there is no customer with this email"),
        ({"state": "lost"}, "Invalid enum value 'lost'"),
        ({"state": "shipped"}, "carrier goes with an order that left the shop"),
        ({"delivered_at": "2026-03-04T10:00:00Z"}, "delivered_at goes with a delivered order"),
        ({"placed_at": "yesterday"}, "Invalid RFC3339 encoded datetime - at `$.placed_at`"),
        ({"placed_at": "2026-03-01T10:00:00"}, "$.placed_at"),
        ({"lines": []}, "length >= 1 - at `$.lines`"),
        ({"lines": [{"sku": "NO-1", "quantity": 1, "unit_price": 1}]}, "there is no variant with the sku 'NO-1'"),
        ({"lines": [{"sku": "PIN-1", "quantity": 0, "unit_price": 1}]}, "$.lines[0].quantity"),
        ({"lines": [{"sku": "PIN-1", "quantity": 1, "unit_price": -1}]}, "unit_price must be between 0 and"),
        ({"lines": [{"sku": "PIN-1", "quantity": 1, "unit_price": "1.005"}]}, "two decimals"),
        ({"lines": [{"sku": "PIN-1", "quantity": 1, "unit_price": "NaN"}]}, "unit_price must be"),
        ({"payment": {"kind": "shells"}}, "$.payment.kind"),
        (
            {"payment": {"kind": "visa", "refunded": 5, "refunded_at": "2026-03-01T10:00:00Z"}},
            "payments_only_what_was_paid_is_refunded_check",
        ),
        ({"colour": "red"}, "unknown field `colour`"),
        (
            {"carrier": "A\x00B", "state": "shipped", "tracking_number": "1", "shipped_at": "2026-03-02T10:00:00Z"},
            "can't hold",
        ),
        (
            {"carrier": "\ud800", "state": "shipped", "tracking_number": "1", "shipped_at": "2026-03-02T10:00:00Z"},
            "can't hold",
        ),
    ],
)
def test_a_wrong_order_is_left_out_whole(engine: Engine, tmp_path: Path, wrong: dict[str, Any], reason: str) -> None:
    write(tmp_path, customers=[ANA], products=[LADLE], orders=[ORDER | wrong, DELIVERED])
    before = everything(engine)["shop.addresses"]
    report = import_folder(engine, tmp_path)
    [bad] = report.bad
    assert (bad.file, bad.row) == ("orders.json", 1)
    assert reason in bad.reason
    assert report.new["orders.json"] == 1
    assert len(everything(engine)["shop.addresses"]) == len(before) + 1


@pytest.mark.parametrize(
    ("line", "row", "reason"),
    [
        ("55501,ana@example.net,pending,2026-03-01T10:00:00Z,visa,,PIN-2,none,12", 3, "$.lines[1].quantity"),
        ("55501,bo@example.net,pending,2026-03-01T10:00:00Z,visa,,PIN-2,1,12", 3, "differs from the row before"),
        ("55501,ana@example.net,pending,2026-03-01T10:00:00Z,visa,,PIN-2,1,12,13", 3, "more cells than columns"),
    ],
)
def test_of_csv_the_line_is_named(engine: Engine, tmp_path: Path, line: str, row: int, reason: str) -> None:
    head = "number,email,state,placed_at,payment.kind,payment.paid_at,lines.sku,lines.quantity,lines.unit_price"
    good = "55501,ana@example.net,pending,2026-03-01T10:00:00Z,visa,,PIN-1,1,9.90"
    write(tmp_path, customers=[ANA], products=[LADLE])
    (tmp_path / "orders.csv").write_text("\n".join((head, good, line)))
    [bad] = import_folder(engine, tmp_path).bad
    assert (bad.file, bad.row) == ("orders.csv", row)
    assert reason in bad.reason


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("customers.json", b"[{]", "not JSON at line 1, column 3"),
        ("customers.json", b'{"email": 1}', "a list is needed"),
        ("customers.json", b"\xff\xfe", "not UTF-8 at byte 0"),
        ("customers.json", b"[" * 200_000, "can't be read"),
        ("customers.csv", b"name\nAna\n", "there is no column 'email'"),
        ("customers.csv", b"", "there is no column 'email'"),
        ("customers.csv", b"email,email\n", "a column is there twice"),
        ("customers.csv", b"email,address,address.city\n", "column 'address' has parts of its own"),
        ("customers.csv", b'email,first_name\na@b.c,"open', "can't be read"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_bad_row(
    engine: Engine, tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    (tmp_path / name).write_bytes(content)
    write(tmp_path, products=[LADLE])
    report = import_folder(engine, tmp_path)
    [bad] = report.bad
    assert (bad.file, bad.row) == (name, None)
    assert reason in bad.reason
    assert report.new["products.json"] == 1


def test_a_sku_stays_with_its_product(engine: Engine, tmp_path: Path) -> None:
    write(tmp_path, products=[LADLE, LADLE | {"name": "Other ladle"}])
    [bad] = import_folder(engine, tmp_path).bad
    assert (bad.row, bad.reason) == (2, "this sku belongs to another product")
    assert SqlCrm(engine).products("other ladle") == []


def test_a_folder_without_any_of_the_files_is_said_so(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(BadImport, match=r"has none of customers\.json, customers\.csv, products\.json"):
        import_folder(engine, tmp_path / "nowhere")


def test_the_command_says_what_became_of_it(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    write(tmp_path, customers=[ANA, ANA | {"email": "nonsense"}])
    assert cli.main(["crm", "import", str(tmp_path)]) == 1
    said = capsys.readouterr()
    assert said.out == "customers.json: 1 new, 0 known\n"
    assert said.err.startswith("customers.json, row 2: ")
    assert "nonsense" not in said.err


def write(folder: Path, **files: list[Any]) -> None:
    for name, rows in files.items():
        (folder / f"{name}.json").write_text(json.dumps(rows))


def everything(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    tables = [
        "shop.customers",
        "shop.addresses",
        "shop.payment_methods",
        "shop.products",
        "shop.variants",
        "shop.shipments",
        "shop.orders",
        "shop.order_lines",
        "shop.payments",
    ]
    with engine.connect() as connection:
        return {
            name: [tuple(r) for r in connection.execute(text(f"select * from {name} order by 1, 2"))] for name in tables
        }

"""`crm import`: good rows come in, bad ones are named by file, row and reason, and again changes nothing."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Engine

from switchboard import cli
from switchboard.crm.changes import (
    Address,
    CancelMembership,
    CancelOrder,
    ChangeEmail,
    ChangeProfileAddress,
    EffectKey,
    Request,
)
from switchboard.crm.contract import Customer
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


ELSEWHERE = Address("9 Shore Lane", "Portland", "97201", "US", "OR")


def test_what_happened_to_a_customer_is_not_undone(engine: Engine, tmp_path: Path) -> None:
    write(tmp_path, customers=[ANA], products=[LADLE], orders=[ORDER])
    import_folder(engine, tmp_path)
    ana = customer_at(engine, "ana@example.net")
    assert carry_out(engine, CancelMembership(ana.external_id))
    assert carry_out(engine, ChangeProfileAddress(ana.external_id, ELSEWHERE))
    change(engine, "update shop.payment_methods set balance = 50 where kind = 'gift_card'")
    before = everything(engine)
    report = import_folder(engine, tmp_path)
    assert (report.known["customers.json"], report.bad) == (1, [])
    assert everything(engine) == before


def test_a_file_can_end_a_renewal_and_bring_a_new_membership(engine: Engine, tmp_path: Path) -> None:
    write(tmp_path, customers=[ANA])
    import_folder(engine, tmp_path)
    write(tmp_path, customers=[ANA | {"plus_renews": False}])
    import_folder(engine, tmp_path)
    assert customer_at(engine, "ana@example.net").plus_renews is False
    write(tmp_path, customers=[ANA | {"plus_since": "2027-03-01", "plus_until": "2028-03-01"}])
    import_folder(engine, tmp_path)
    ana = customer_at(engine, "ana@example.net")
    assert (str(ana.plus_until), ana.plus_renews) == ("2028-03-01", True)


def test_what_the_file_leaves_out_stays(engine: Engine, tmp_path: Path) -> None:
    write(tmp_path, customers=[ANA])
    import_folder(engine, tmp_path)
    before = everything(engine)
    write(tmp_path, customers=[{name: ANA[name] for name in ("email", "first_name", "last_name")}])
    assert import_folder(engine, tmp_path).bad == []
    assert everything(engine) == before


def test_a_new_address_in_the_file_becomes_the_default(engine: Engine, tmp_path: Path) -> None:
    write(tmp_path, customers=[ANA])
    import_folder(engine, tmp_path)
    write(tmp_path, customers=[ANA | {"address": vars(ELSEWHERE)}])
    import_folder(engine, tmp_path)
    assert customer_at(engine, "ana@example.net").address == ELSEWHERE


def test_a_changed_email_makes_no_second_customer(engine: Engine, tmp_path: Path) -> None:
    write(tmp_path, customers=[ANA], products=[LADLE], orders=[ORDER])
    import_folder(engine, tmp_path)
    ana = customer_at(engine, "ana@example.net")
    assert carry_out(engine, ChangeEmail(ana.external_id, "ana@elsewhere.example"))
    before = everything(engine)
    report = import_folder(engine, tmp_path)
    [bad] = report.bad
    assert (bad.file, bad.row) == ("customers.json", 1)
    assert "under another e-mail address" in bad.reason
    assert everything(engine) == before


ZOE = ANA | {
    "first_name": "Zoe",
    "last_name": "Hart",
    "phone": "+1 202 555 0142",
    "address": {"street": "7 Lake View", "city": "Reno", "region": "NV", "postcode": "89501", "country": "US"},
}


def test_who_took_somebody_elses_email_gets_neither_their_data_nor_their_orders(engine: Engine, tmp_path: Path) -> None:
    write(tmp_path, customers=[ZOE | {"email": "zoe@example.net"}], products=[LADLE])
    import_folder(engine, tmp_path)
    zoe = customer_at(engine, "zoe@example.net")
    assert carry_out(engine, ChangeEmail(zoe.external_id, "Ana@example.net"))
    before = everything(engine)
    write(tmp_path, customers=[ANA], orders=[ORDER])
    report = import_folder(engine, tmp_path)
    assert [(bad.file, bad.row) for bad in report.bad] == [("customers.json", 1), ("orders.json", 1)]
    assert "another name, phone and address" in report.bad[0].reason
    assert everything(engine) == before


@pytest.mark.parametrize("same", ["last_name", "phone", "address"])
def test_who_has_something_in_common_is_the_same_customer(engine: Engine, tmp_path: Path, same: str) -> None:
    write(tmp_path, customers=[ANA])
    import_folder(engine, tmp_path)
    write(tmp_path, customers=[ZOE | {same: ANA[same]}])
    assert import_folder(engine, tmp_path).bad == []
    assert customer_at(engine, "ana@example.net").name.startswith("Zoe")


def test_two_accounts_of_one_person_come_in_together(engine: Engine, tmp_path: Path) -> None:
    write(tmp_path, customers=[ANA, ANA | {"email": "ana.kerr@example.net"}])
    assert import_folder(engine, tmp_path).new == {"customers.json": 2}


def test_also_when_one_is_in_the_other_file(engine: Engine, tmp_path: Path) -> None:
    write(tmp_path, customers=[ANA])
    (tmp_path / "customers.csv").write_text(
        f"email,first_name,last_name,phone\nana.kerr@example.net,Ana,Kerr,{ANA['phone']}\n"
    )
    report = import_folder(engine, tmp_path)
    assert (report.new, report.bad) == ({"customers.json": 1, "customers.csv": 1}, [])


MANY = [{"email": f"c{place}@example.net", "first_name": f"C{place}", "last_name": "Lind"} for place in range(250)]


@contextmanager
def held(engine: Engine, email: str) -> Iterator[None]:
    """As long as it lasts somebody else is changing this customer."""
    with engine.begin() as connection:
        connection.execute(text("select 1 from shop.customers where email = :email for update"), {"email": email})
        yield


def eventually(engine: Engine, query: str) -> None:
    """Wait until the query finds a row."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        with engine.begin() as connection:
            if connection.execute(text(query)).first():
                return
        time.sleep(0.02)
    raise AssertionError(query)


def test_customers_wait_for_a_few_records_not_for_the_whole_file(engine: Engine, tmp_path: Path) -> None:
    write(tmp_path, customers=[MANY[-1]])
    import_folder(engine, tmp_path)
    write(tmp_path, customers=MANY)
    with ThreadPoolExecutor() as threads:
        with held(engine, MANY[-1]["email"]):
            importing = threads.submit(import_folder, engine, tmp_path)
            eventually(engine, "select 1 from shop.customers where email = 'c0@example.net' for update nowait")
        assert importing.result(30).new == {"customers.json": 249}


INTERRUPTED = """
select pg_cancel_backend(pid) from pg_stat_activity
where datname = current_database() and wait_event_type = 'Lock'"""


def test_what_others_interrupt_is_done_once_more(engine: Engine, tmp_path: Path) -> None:
    write(tmp_path, customers=[MANY[1]])
    import_folder(engine, tmp_path)
    write(tmp_path, customers=[MANY[0], MANY[1] | {"phone": "1"}, MANY[2], MANY[2]])
    with ThreadPoolExecutor() as threads:
        with held(engine, MANY[1]["email"]):
            importing = threads.submit(import_folder, engine, tmp_path)
            eventually(engine, INTERRUPTED)
        report = importing.result(30)
    assert (report.new, report.known) == ({"customers.json": 2}, {"customers.json": 1})
    assert [bad.row for bad in report.bad] == [4]
    assert customer_at(engine, MANY[1]["email"]).phone == "1"


GIFT_CARDS = [{"kind": "gift_card", "balance": 10}, {"kind": "gift_card", "balance": 20}]


def test_every_gift_card_is_kept_and_added_once(engine: Engine, tmp_path: Path) -> None:
    write(tmp_path, customers=[ANA | {"payment_methods": GIFT_CARDS}])
    import_folder(engine, tmp_path)
    assert balances(engine) == [10, 20]
    change(engine, "update shop.payment_methods set balance = 3 where balance = 10")
    write(tmp_path, customers=[ANA | {"payment_methods": [*GIFT_CARDS, {"kind": "gift_card", "balance": 30}]}])
    import_folder(engine, tmp_path)
    assert balances(engine) == [3, 20, 30]


def test_spent_gift_cards_may_stay_in_the_file(engine: Engine, tmp_path: Path) -> None:
    spent = {"kind": "gift_card", "balance": 0}
    write(tmp_path, customers=[ANA | {"payment_methods": [spent, spent, *GIFT_CARDS]}])
    assert import_folder(engine, tmp_path).bad == []
    assert balances(engine) == [0, 0, 10, 20]


@pytest.mark.parametrize("method", [{"kind": "paypal"}, {"kind": "visa", "last_four": "1234"}, GIFT_CARDS[0]])
def test_ways_to_pay_that_cannot_be_told_apart_are_a_bad_row(
    engine: Engine, tmp_path: Path, method: dict[str, Any]
) -> None:
    write(tmp_path, customers=[ANA | {"payment_methods": [method, method]}])
    [bad] = import_folder(engine, tmp_path).bad
    assert (bad.file, bad.row) == ("customers.json", 1)
    assert "can't be told apart" in bad.reason
    assert SqlCrm(engine).find_customer("ana@example.net") is None


def test_of_csv_the_way_to_pay_that_is_there_twice_is_named(engine: Engine, tmp_path: Path) -> None:
    head = "email,first_name,last_name,payment_methods.kind"
    line = "ana@example.net,Ana,Kerr,"
    rows = (head, f"{line}paypal", f"{line}bank_transfer", "bo@example.net,Bo,Lind,paypal", f"{line}paypal")
    (tmp_path / "customers.csv").write_text("\n".join(rows))
    report = import_folder(engine, tmp_path)
    assert [bad.row for bad in report.bad] == [5]
    assert report.new == {"customers.csv": 1}


@pytest.mark.parametrize("email", ["ana@example.net", "ANA@example.net"])
def test_a_record_that_is_there_twice_is_named(engine: Engine, tmp_path: Path, email: str) -> None:
    write(tmp_path, customers=[ANA, ANA | {"email": email, "last_name": "Lowe"}])
    [bad] = import_folder(engine, tmp_path).bad
    assert (bad.row, bad.reason) == (2, "the same email is in customers.json, row 1")
    assert customer_at(engine, "ana@example.net").name == "Ana Kerr"


def test_a_number_of_somebody_elses_order_is_named(engine: Engine, tmp_path: Path) -> None:
    bo = ANA | {"email": "bo@example.net", "first_name": "Bo"}
    write(tmp_path, customers=[ANA, bo], products=[LADLE], orders=[ORDER])
    import_folder(engine, tmp_path)
    write(tmp_path, orders=[ORDER | {"email": "bo@example.net"}])
    [bad] = import_folder(engine, tmp_path).bad
    assert (bad.row, bad.reason) == (1, "this number belongs to another customer's order")


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


HEAD, *LINES = ORDERS_CSV.splitlines()


def csv_orders(engine: Engine, folder: Path, *lines: str) -> Report:
    """What comes of importing these lines of orders.csv."""
    write(folder, customers=[ANA, ANA | {"email": "bo@example.net", "first_name": "Bo"}], products=[LADLE])
    (folder / "orders.csv").write_text("\n".join((HEAD, *lines)), encoding="utf-8")
    return import_folder(engine, folder)


def totals(engine: Engine) -> dict[str, Decimal]:
    with engine.connect() as connection:
        return {
            row.number: row.total
            for row in connection.execute(
                text("select number, total from shop.orders where number in ('55501', '55502', '55504')")
            )
        }


def test_rows_of_an_order_need_not_follow_each_other(engine: Engine, tmp_path: Path) -> None:
    first, second, other = LINES
    report = csv_orders(engine, tmp_path, first, other, second)
    assert (report.new["orders.csv"], report.known["orders.csv"], report.bad) == (2, 0, [])
    assert totals(engine) == {"55501": Decimal("31.80"), "55502": Decimal(12)}


def test_rows_that_lie_apart_must_fit_together_too(engine: Engine, tmp_path: Path) -> None:
    first, second, other = LINES
    report = csv_orders(engine, tmp_path, first, other, second.replace("pending", "processing"))
    assert [(bad.row, bad.reason) for bad in report.bad] == [
        (4, "differs from row 2 in more than its list; nothing of both is taken")
    ]
    assert totals(engine) == {"55502": Decimal(12)}


def test_rows_without_a_key_are_named_each(engine: Engine, tmp_path: Path) -> None:
    nameless = LINES[2].replace("55502", "")
    report = csv_orders(engine, tmp_path, nameless, *LINES, nameless)
    assert [bad.row for bad in report.bad] == [2, 6]
    assert len(totals(engine)) == 2


def test_what_is_before_an_unclosed_quote_is_kept(engine: Engine, tmp_path: Path) -> None:
    report = csv_orders(engine, tmp_path, *LINES, '55503,"ana@example.net,pending', LINES[2].replace("55502", "55504"))
    [bad] = report.bad
    assert (bad.file, bad.row) == ("orders.csv", 5)
    assert "can't be read from here on" in bad.reason
    assert totals(engine) == {"55501": Decimal("31.80"), "55502": Decimal(12)}


@pytest.mark.parametrize("number", ["55501", '"55501"'])
def test_an_order_that_goes_on_behind_an_unclosed_quote_is_left_out(
    engine: Engine, tmp_path: Path, number: str
) -> None:
    first, second, other = LINES
    report = csv_orders(engine, tmp_path, first, other, '55503,"', second.replace("55501", number))
    assert [(bad.row, bad.reason.partition(":")[0]) for bad in report.bad] == [
        (4, "can't be read from here on"),
        (2, "goes on where the file can't be read"),
    ]
    assert totals(engine) == {"55502": Decimal(12)}


def test_one_row_that_is_not_utf_8_costs_no_other(engine: Engine, tmp_path: Path) -> None:
    rows = (
        b"email,first_name,last_name",
        b"a@example.net,Ana,Kerr",
        b"b@example.net,Ren\xe9,Lind",
        b"c@example.net,C,D",
    )
    (tmp_path / "customers.csv").write_bytes(b"\n".join(rows))
    report = import_folder(engine, tmp_path)
    assert [str(bad) for bad in report.bad] == ["customers.csv, row 3: not UTF-8"]
    assert report.new == {"customers.csv": 2}


@pytest.mark.parametrize("number", ["9" * 5_000, "1e" + "9" * 30], ids=["digits", "exponent"])
def test_a_number_beyond_reading_is_one_bad_row(engine: Engine, tmp_path: Path, number: str) -> None:
    wrong = LADLE | {"name": "Other", "variants": [{"sku": "O-1", "title": "one", "price": 1, "stock": "HERE"}]}
    write(tmp_path, products=[LADLE, wrong, wrong | {"variants": [{"sku": "O-1", "title": "one", "price": "HERE"}]}])
    file = tmp_path / "products.json"
    file.write_text(file.read_text().replace('"HERE"', number))
    report = import_folder(engine, tmp_path)
    assert [(bad.file, bad.row) for bad in report.bad] == [("products.json", 2), ("products.json", 3)]
    assert report.new == {"products.json": 1}


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
        ("55501,bo@example.net,pending,2026-03-01T10:00:00Z,visa,,PIN-2,1,12", 3, "differs from row 2"),
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


def customer_at(engine: Engine, email: str) -> Customer:
    customer = SqlCrm(engine).find_customer(email)
    assert customer is not None
    return customer


def carry_out(engine: Engine, request: Request) -> bool:
    return SqlCrm(engine).carry_out(request, EffectKey(f"message-{request.name}", request.name)).done


def change(engine: Engine, statement: str) -> None:
    with engine.begin() as connection:
        connection.execute(text(statement))


def balances(engine: Engine) -> list[Decimal | None]:
    ana = customer_at(engine, "ana@example.net")
    return [method.balance for method in SqlCrm(engine).payment_methods(ana.external_id)]


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

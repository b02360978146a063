"""From Tryton's records to the contract's."""

from datetime import date, datetime, time, timezone
from decimal import Decimal
from typing import Any, Literal

from switchboard.crm.changes import Address
from switchboard.crm.contract import (
    Customer,
    Invoice,
    Order,
    OrderLine,
    Payment,
    PaymentMethod,
    Product,
    Return,
    State,
    Ticket,
    Variant,
)
from switchboard.crm.tryton_rpc import Row

MEMBERS = "Plus"
"""The category of parties that members are in."""

BY_INVOICE = PaymentMethod("invoice", "bank_transfer", is_default=True)
"""The one way to pay: Tryton sends an invoice, and waits."""

ADDRESS = ("street", "city", "postal_code", "country.code", "subdivision.code")
PARTY = ["name", "email", "phone", "create_date", "categories.name", *(f"addresses.{name}" for name in ADDRESS)]
LINE = (
    "product.template.name",
    "product.template.type",
    "product.code",
    "product.description",
    "quantity",
    "unit_price",
)
SALE = [
    "number", "state", "party", "total_amount", "create_date", "quotation_date", "sale_date", "shipping_date", "origin",
    "shipments.state", "shipments.effective_date", "invoices.state", "invoices.number", "invoices.total_amount",
    *(f"shipment_address.{name}" for name in ADDRESS), *(f"lines.{name}" for name in LINE),
]  # fmt: skip
BACK = ["number", "origin", "state", "create_date", "total_amount", "lines.product", "lines.quantity",
        "shipment_returns.state", "shipment_returns.effective_date", "invoices.state", "invoices.total_amount"]  # fmt: skip
PRODUCT = ["code", "description", "list_price_used", "quantity", "template.name", "template.categories.name"]
SERVICE = "service"
MARK = "[switchboard "
"""How the last line of our own notes begins."""


def customer_of(party: Row, deletion_requested: bool) -> Customer:
    addresses = party["addresses."]
    return Customer(
        external_id=str(party["id"]),
        name=party["name"] or "",
        email=party["email"] or "",
        phone=party["phone"] or None,
        tier="plus" if any(category["name"] == MEMBERS for category in party["categories."]) else "standard",
        since=party["create_date"].date(),
        address=address_of(addresses[0]) if addresses else None,
        deletion_requested=deletion_requested,
    )


def address_of(row: Row) -> Address:
    country = (row.get("country.") or {}).get("code") or ""
    region = (row.get("subdivision.") or {}).get("code") or ""
    place = row["street"] or "", row["city"] or "", row["postal_code"] or ""
    return Address(*place, country, region.removeprefix(f"{country}-") or None)


def order_of(sale: Row, back: list[Row], items_changed: bool) -> Order:
    """`back` are the sales that return some of this one."""
    goods, fees = goods_and_fees(sale["lines."])
    lines = tuple(line_of(line, back) for line in goods)
    placed_on = sale["quotation_date"] or sale["sale_date"]
    return Order(
        number=sale["number"],
        customer=str(sale["party"]),
        state=state_of(sale, lines, back),
        total=sale["total_amount"],
        lines=lines,
        address=address_of(sale["shipment_address."]) if sale.get("shipment_address.") else None,
        payments=(payment_of(sale, back),) if sale["state"] != "cancelled" else (),
        delivery_fee=sum((fee["quantity"] * fee["unit_price"] for fee in fees), Decimal(0)),
        placed_at=midnight(placed_on) or sale["create_date"],
        expected_ship_on=sale["shipping_date"],
        delivered_at=midnight(arrived_on(sale["shipments."], "done")),
        items_changed=items_changed,
        returns=tuple(return_of(row) for row in back),
    )


def goods_and_fees(lines: list[Row]) -> tuple[list[Row], list[Row]]:
    """Lines of things, and of services: the delivery."""
    sold = [line for line in lines if line.get("product.")]
    services = [line for line in sold if line["product."]["template."]["type"] == SERVICE]
    return [line for line in sold if line not in services], services


def line_of(line: Row, back: list[Row]) -> OrderLine:
    product = line["product."]
    ids = str(product["id"]), str(product["template."]["id"]), product["code"] or ""
    sent_back = [other["quantity"] for sale in back for other in sale["lines."] if other["product"] == product["id"]]
    returned = int(-sum(quantity for quantity in sent_back if quantity < 0))
    named = product["template."]["name"], product["description"] or ""
    return OrderLine(*named, int(line["quantity"]), line["unit_price"], *ids, returned)


def state_of(sale: Row, lines: tuple[OrderLine, ...], back: list[Row]) -> State:
    """A quotation is an order that nobody has begun with; what is confirmed is being packed until its shipment leaves."""
    if sale["state"] == "cancelled":
        return "cancelled"
    if sale["state"] in ("draft", "quotation"):
        return "pending"
    if arrived_on(sale["shipments."], "done") is None:
        return (
            "shipped" if any(parcel["state"] in ("shipped", "done") for parcel in sale["shipments."]) else "processing"
        )
    all_back = all(line.returned >= line.quantity for line in lines)
    return "returned" if all_back and all(return_of(row).received_on for row in back) else "delivered"


def arrived_on(parcels: list[Row], *states: str) -> date | None:
    """When the last of the parcels arrived; None if one has not, or there are none."""
    open_ones = [parcel for parcel in parcels if parcel["state"] not in (*states, "cancelled")]
    days = [parcel["effective_date"] for parcel in parcels if parcel["effective_date"]]
    return max(days, default=None) if not open_ones else None


def return_of(sale: Row) -> Return:
    exchanges = any(line["quantity"] > 0 for line in sale["lines."])
    received_on = arrived_on(sale["shipment_returns."], "received", "done")
    amount = max(-sale["total_amount"], Decimal(0))
    asked_on = sale["create_date"].date()
    return Return(sale["number"] or "", "exchange" if exchanges else "return", asked_on, received_on, amount)


def payment_of(sale: Row, back: list[Row]) -> Payment:
    """What the invoice asks for; paid when it is paid, and refunded by the credit notes that are paid."""
    paid = bool(sale["invoices."]) and all(invoice["state"] == "paid" for invoice in sale["invoices."])
    notes = [note for row in back for note in row["invoices."] if note["state"] == "paid"]
    refunded = -sum((note["total_amount"] for note in notes if note["total_amount"] < 0), Decimal(0))
    return Payment(f"{sale['number']}", BY_INVOICE.kind, sale["total_amount"], refunded, paid, BY_INVOICE.method_id)


def invoice_of(order: Order, row: Row) -> Invoice:
    return Invoice(
        row["number"], order.number, row["invoice_date"], order.lines, order.delivery_fee, row["total_amount"]
    )


def products_of(rows: list[Row]) -> list[Product]:
    """Variants as the products they are variants of, by name."""
    products: dict[int, list[Row]] = {}
    for row in rows:
        products.setdefault(row["template."]["id"], []).append(row)
    return sorted(map(product_of, products.values()), key=lambda product: product.name)


def product_of(variants: list[Row]) -> Product:
    template = variants[0]["template."]
    category = ", ".join(category["name"] for category in template["categories."])
    return Product(str(template["id"]), template["name"], category, tuple(map(variant_of, variants)))


def variant_of(row: Row) -> Variant:
    ids = str(row["id"]), str(row["template."]["id"]), row["code"] or ""
    return Variant(*ids, row["description"] or "", row["list_price_used"], max(int(row["quantity"]), 0))


def ticket_of(note: Row) -> Ticket:
    """A note's first line is its subject; the mark that we know our own by is left out. What asks for something is a ticket."""
    message = note["message"] or ""
    lines = [line for line in message.splitlines() if not line.startswith(MARK)]
    subject, text = (lines or [""])[0], "\n".join(lines[1:]).strip()
    kind: Literal["ticket", "note"] = "ticket" if f"{MARK}request_deletion" in message else "note"
    return Ticket(str(note["id"]), kind, subject, text or subject, note["create_date"])


def midnight(day: Any) -> datetime | None:
    """A day as a time; Tryton knows no hours."""
    return datetime.combine(day, time(), timezone.utc) if day else None

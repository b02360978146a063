"""What of Larkspur a Tryton of the tests sells and has sold: all products, and the customers and orders that tests name."""

from datetime import date
from typing import Any

from switchboard.database.catalogue import CITIES
from switchboard.database.known import KNOWN_EMAILS, KNOWN_NUMBERS
from switchboard.database.larkspur import Larkspur

Row = dict[str, Any]

STATES = {
    "pending": "quotation",
    "processing": "processing",
    "shipped": "shipped",
    "delivered": "done",
    "returned": "done",
    "cancelled": "cancelled",
}
DELIVERY = "DELIVERY"


def tryton_shop(today: date) -> Row:
    """The shop as tests/tryton/seed.py takes it."""
    larkspur = Larkspur(today)
    customers = [row for row in larkspur.customers if row["email"] in KNOWN_EMAILS]
    return {
        "countries": {country: [region for _, region, _ in places if region] for country, places in CITIES.items()},
        "customers": [customer_of(larkspur, row) for row in customers],
        "products": [product_of(larkspur, row) for row in larkspur.products] + [fee_product()],
        "orders": [order_of(larkspur, row) for row in larkspur.orders if row["number"] in KNOWN_NUMBERS],
    }


def customer_of(larkspur: Larkspur, row: Row) -> Row:
    address = next(a for a in larkspur.addresses if a["customer_id"] == row["customer_id"])
    return {
        "name": f"{row['first_name']} {row['last_name']}",
        "email": row["email"],
        "phone": row["phone"],
        "plus": row["plus_since"] is not None,
        "notes": [
            f"{note['subject']}\n{note['text']}"
            for note in larkspur.tickets
            if (note["customer_id"], note["kind"]) == (row["customer_id"], "note")
        ],
        "address": {
            "street": address["street"],
            "city": address["city"],
            "postal_code": address["postcode"],
            "region": address["region"],
            "country": address["country"],
        },
    }


def product_of(larkspur: Larkspur, row: Row) -> Row:
    variants = [variant for variant in larkspur.variants if variant["product_id"] == row["product_id"]]
    sold_as = [{"sku": v["sku"], "title": v["title"], "price": str(v["price"]), "stock": v["stock"]} for v in variants]
    return {"name": row["name"], "category": row["category"], "variants": sold_as}


def fee_product() -> Row:
    fee = {"sku": DELIVERY, "title": "", "price": "0", "stock": 0}
    return {"name": "Delivery", "category": "Delivery", "type": "service", "variants": [fee]}


def order_of(larkspur: Larkspur, row: Row) -> Row:
    skus = {variant["variant_id"]: variant["sku"] for variant in larkspur.variants}
    lines = [line for line in larkspur.order_lines if line["order_id"] == row["order_id"]]
    sold = [
        {"sku": skus[x["variant_id"]], "quantity": x["quantity"], "unit_price": str(x["unit_price"])} for x in lines
    ]
    fee = [{"sku": DELIVERY, "quantity": 1, "unit_price": str(row["delivery_fee"])}] if row["delivery_fee"] else []
    return {
        "number": row["number"],
        "email": larkspur.customers[row["customer_id"] - 1]["email"],
        "state": STATES[row["state"]],
        "placed_on": str(row["placed_at"].date()),
        "ship_on": row.get("expected_ship_on") and str(row["expected_ship_on"]),
        "delivered_on": row.get("delivered_at") and str(row["delivered_at"].date()),
        "lines": sold + fee,
        "returned": returned_of(larkspur, row, skus),
        "received": row["state"] == "returned",
    }


def returned_of(larkspur: Larkspur, row: Row, skus: dict[int, str]) -> Row:
    """How many of what came back, or is on its way."""
    bought = [line for line in larkspur.order_lines if line["order_id"] == row["order_id"]]
    sent = [line for line in larkspur.return_lines if line["order_id"] == row["order_id"]]
    return {skus[line["variant_id"]]: line["quantity"] for line in (bought if row["state"] == "returned" else sent)}

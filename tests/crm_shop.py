"""A shop of somebody else's, in memory: Larkspur's known customers and orders, kept and told in its own words.

It stands for the business systems that the REST adapter is for: nothing in it comes from switchboard.crm.
"""

from collections.abc import Iterator
from datetime import date, datetime, timezone
from decimal import Decimal
from itertools import count
from typing import Any

from switchboard.database.known import KNOWN_EMAILS, KNOWN_NUMBERS
from switchboard.database.larkspur import Larkspur

Row = dict[str, Any]

STATUS = {
    "pending": "open",
    "processing": "packing",
    "shipped": "sent",
    "delivered": "arrived",
    "cancelled": "void",
    "returned": "back",
}
MEMBERS_PAY = Decimal("0.9")


class Refusal(Exception):
    """The shop says no, with a code of its own."""

    def __init__(self, code: str, status: int = 409) -> None:
        self.code, self.status = code, status


class Shop:
    """Clients by id, orders by number, options (what we call variants) by id, articles by id."""

    def __init__(self, larkspur: Larkspur) -> None:
        self.ids = count(5000)
        known = [row for row in larkspur.customers if row["email"] in KNOWN_EMAILS]
        names = {row["product_id"]: row["name"] for row in larkspur.products}
        self.options = {row["variant_id"]: option(row, names) for row in larkspur.variants}
        self.articles = {row["product_id"]: article(row, self.options) for row in larkspur.products}
        self.clients = {str(row["customer_id"]): client(row, larkspur) for row in known}
        rows = [row for row in larkspur.orders if row["number"] in KNOWN_NUMBERS]
        self.orders = {row["number"]: self.order(row, larkspur) for row in rows}

    def order(self, row: Row, larkspur: Larkspur) -> Row:
        mine = [line for line in larkspur.order_lines if line["order_id"] == row["order_id"]]
        return {
            "no": row["number"],
            "client": str(row["customer_id"]),
            "status": STATUS[row["state"]],
            "shipping": row["delivery_fee"],
            "shipping_kind": row["delivery"],
            "items": [self.item(line["variant_id"], line["quantity"], line["unit_price"]) for line in mine],
            "to": home(row["customer_id"], larkspur),
            "money": [money(paid) for paid in larkspur.payments if paid["order_id"] == row["order_id"]],
            "placed": row["placed_at"],
            "ships": row["expected_ship_on"],
            "arrives": row["expected_delivery_on"],
            "arrived": row.get("delivered_at"),
            "swapped": False,
            "sendbacks": [
                self.sendback(sent, larkspur) for sent in larkspur.returns if sent["order_id"] == row["order_id"]
            ],
        }

    def item(self, option_id: int, number: int, each: Decimal) -> Row:
        return {"option": self.options[option_id], "count": number, "each": each}

    def sendback(self, row: Row, larkspur: Larkspur) -> Row:
        lines = [line for line in larkspur.return_lines if line["return_id"] == row["return_id"]]
        what = [(line["variant_id"], line["quantity"]) for line in lines]
        return {"ref": f"SB{row['return_id']}", "what": "return", "asked": row["requested_at"].date(), "here": None,
                "amount": row["amount"], "options": what}  # fmt: skip

    def client(self, client_id: str) -> Row:
        if client_id not in self.clients:
            raise Refusal("NO_CLIENT", 404)
        return self.clients[client_id]

    def theirs(self, number: str, client_id: str) -> Row:
        order = self.orders.get(number)
        if order is None or order["client"] != client_id:
            raise Refusal("NO_ORDER", 404)
        return order

    def open_order(self, number: str, client_id: str) -> Row:
        order = self.theirs(number, client_id)
        if order["status"] != "open":
            raise Refusal("VOID_ALREADY" if order["status"] == "void" else "PACKED")
        return order

    def void(self, number: str, body: Row) -> Row:
        order = self.open_order(number, body["client"])
        order |= {"status": "void", "voided": now(), "why": body.get("why")}
        order["money"] = [paid for paid in order["money"] if paid["received"]]
        self.pay_back(order, sum((paid["amount"] for paid in order["money"]), Decimal(0)))
        for item in order["items"]:
            item["option"]["stock"] += item["count"]
        return {}

    def send_to(self, number: str, body: Row) -> Row:
        self.open_order(number, body.pop("client"))["to"] = body
        return {}

    def pay_with(self, number: str, body: Row) -> Row:
        order = self.open_order(number, body["client"])
        order["money"] = [paid for paid in order["money"] if paid["received"]]
        self.pay_back(order, sum((paid["amount"] - paid["back"] for paid in order["money"]), Decimal(0)))
        self.take(order, body["way"], total(order))
        return {}

    def swap(self, number: str, body: Row) -> Row:
        order = self.open_order(number, body["client"])
        before = total(order)
        for part in body["items"]:
            self.take_off(order, int(part["option"]), part["count"])
            self.put_on(order, int(part["to"]), part["count"])
        order["swapped"] = True
        self.settle(order, total(order) - before, body.get("way"))
        return {}

    def send_back(self, number: str, body: Row) -> Row:
        order = self.theirs(number, body["client"])
        if order["status"] != "arrived":
            raise Refusal("NOT_HERE")
        gone = sum((self.each(order, int(part["option"])) * part["count"] for part in body["items"]), Decimal(0))
        come = [(int(part["to"]), part["count"]) for part in body["items"] if "to" in part]
        difference = sum((self.price(order, to) * number for to, number in come), Decimal(0)) - gone
        for to, wanted in come:
            self.options[to]["stock"] -= wanted
        if difference > 0:
            self.take(order, body["way"], difference)
        sent = {"ref": f"SB{next(self.ids)}", "what": body["what"], "asked": date.today(), "here": None}
        options = [(int(part["option"]), part["count"]) for part in body["items"]]
        order["sendbacks"].append(sent | {"amount": max(-difference, Decimal(0)), "options": options})
        return {"ref": sent["ref"]}

    def move(self, client_id: str, body: Row) -> Row:
        self.client(client_id)["home"] = body
        return {}

    def rename(self, client_id: str, body: Row) -> Row:
        if any(other["mail"].lower() == body["mail"].lower() for other in self.clients.values()):
            raise Refusal("MAIL_TAKEN")
        self.client(client_id)["mail"] = body["mail"]
        return {}

    def leave_club(self, client_id: str, body: Row) -> Row:
        self.client(client_id)["club"]["renews"] = False
        return {}

    def close(self, client_id: str, body: Row) -> Row:
        self.client(client_id)["closing"] = True
        return self.note(client_id, {"about": "The account is to be closed", "text": "Asked for in the chat."}, "case")

    def note(self, client_id: str, body: Row, kind: str = "memo") -> Row:
        note = {
            "id": next(self.ids),
            "kind": kind,
            "about": body["about"],
            "text": body["text"],
            "made": now(),
            "shut": None,
        }
        self.client(client_id)["notes"].append(note)
        return {"ref": note["id"]}

    def each(self, order: Row, option_id: int) -> Decimal:
        return next(item["each"] for item in order["items"] if item["option"]["id"] == option_id)

    def price(self, order: Row, option_id: int) -> Decimal:
        """What this client pays."""
        member = self.clients[order["client"]]["club"]
        return round(self.options[option_id]["price"] * (MEMBERS_PAY if member else 1), 2)

    def take_off(self, order: Row, option_id: int, number: int) -> None:
        for item in order["items"]:
            item["count"] -= number if item["option"]["id"] == option_id else 0
        order["items"] = [item for item in order["items"] if item["count"]]
        self.options[option_id]["stock"] += number

    def put_on(self, order: Row, option_id: int, number: int) -> None:
        there = [item for item in order["items"] if item["option"]["id"] == option_id]
        if there:
            there[0]["count"] += number
        else:
            order["items"].append(self.item(option_id, number, self.price(order, option_id)))
        self.options[option_id]["stock"] -= number

    def settle(self, order: Row, difference: Decimal, way_id: str | None) -> None:
        awaited = [paid for paid in order["money"] if not paid["received"]]
        if awaited:
            awaited[0]["amount"] += difference
        elif difference > 0:
            self.take(order, way_id or self.last_way(order), difference)
        else:
            self.pay_back(order, -difference)

    def last_way(self, order: Row) -> str:
        return [paid["way"] for paid in order["money"] if paid["back"] < paid["amount"]][-1]

    def take(self, order: Row, way_id: str, amount: Decimal) -> None:
        way = self.way(order, way_id)
        if way["left"] is not None:
            way["left"] -= amount
        received = way["by"] != "bank_transfer"
        paid = {"id": next(self.ids), "by": way["by"], "amount": amount, "back": Decimal(0), "received": received}
        order["money"].append(paid | {"way": way["id"]})

    def pay_back(self, order: Row, amount: Decimal) -> None:
        """The latest payment first."""
        for paid in reversed(order["money"]):
            part = min(amount, paid["amount"] - paid["back"]) if paid["received"] else Decimal(0)
            paid["back"] += part
            amount -= part
            order["paid_back"] = now()
            way = paid["way"] and self.way(order, paid["way"])
            if way and way["left"] is not None:
                way["left"] += part

    def way(self, order: Row, way_id: Any) -> Row:
        ways = self.clients[order["client"]]["ways"]
        return next(way for way in ways if str(way["id"]) == str(way_id))


def client(row: Row, larkspur: Larkspur) -> Row:
    club = {"level": "plus", "from": row["plus_since"], "to": row["plus_until"], "renews": row["plus_renews"]}
    mine = row["customer_id"]
    return {
        "id": str(mine),
        "mail": row["email"],
        "given": row["first_name"],
        "family": row["last_name"],
        "phone": row["phone"],
        "joined": row["created_at"].date(),
        "club": club if row["plus_since"] else None,
        "home": home(mine, larkspur),
        "closing": False,
        "ways": [way(method) for method in larkspur.payment_methods if method["customer_id"] == mine],
        "notes": [note(ticket) for ticket in larkspur.tickets if ticket["customer_id"] == mine],
    }


def home(customer_id: int, larkspur: Larkspur) -> Row:
    row = next(row for row in larkspur.addresses if row["customer_id"] == customer_id and row["is_default"])
    return {
        "line": row["street"],
        "town": row["city"],
        "zip": row["postcode"],
        "land": row["country"],
        "state": row["region"],
    }


def way(row: Row) -> Row:
    first = {"id": row["payment_method_id"], "by": row["kind"], "digits": row["last_four"]}
    return first | {"first": row["is_default"], "left": row["balance"]}


def note(row: Row) -> Row:
    kind = {"note": "memo", "ticket": "case"}[row["kind"]]
    return {
        "id": row["ticket_id"],
        "kind": kind,
        "about": row["subject"],
        "text": row["text"],
        "made": row["created_at"],
        "shut": row["closed_at"],
    }


def money(row: Row) -> Row:
    return {"id": row["payment_id"], "by": row["kind"], "amount": row["amount"], "back": row["refunded"],
            "received": row["paid_at"] is not None, "way": row["payment_method_id"]}  # fmt: skip


def option(row: Row, names: dict[int, str]) -> Row:
    return {"id": row["variant_id"], "article": row["product_id"], "of": names[row["product_id"]], "code": row["sku"],
            "name": row["title"], "price": row["price"], "stock": row["stock"]}  # fmt: skip


def article(row: Row, options: dict[int, Row]) -> Row:
    mine = [option for option in options.values() if option["article"] == row["product_id"]]
    return {"id": row["product_id"], "name": row["name"], "group": row["category"], "options": mine}


def total(order: Row) -> Decimal:
    return sum((item["each"] * item["count"] for item in order["items"]), Decimal(0)) + order["shipping"]


def now() -> datetime:
    return datetime.now(timezone.utc)


def fitting(articles: Iterator[Row], words: str) -> list[Row]:
    """Articles with the first of the words in them; the shop's own search is simple."""
    first = (words.split() or [""])[0].lower().rstrip("s")
    return [row for row in articles if first in f"{row['name']} {row['group']} {row['options']}".lower()]

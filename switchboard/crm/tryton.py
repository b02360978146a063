"""The CRM contract over Tryton, with its modules party, product, sale, stock and account. docs/crm-adapters.md says how it fits."""

from dataclasses import replace
from typing import Any

from sqlalchemy.engine import Engine

from switchboard.crm.changes import Address, ChangeName, Request, Result
from switchboard.crm.contract import (
    Counts,
    Customer,
    Invoice,
    Order,
    OrderStatus,
    PaymentMethod,
    Product,
    Ticket,
    Variant,
    normalise_number,
)
from switchboard.crm.http import Pace
from switchboard.crm.outside import OutsideCrm, fits, with_allowed
from switchboard.crm.text import plain_name, plain_postcode, singular, storable
from switchboard.crm.tryton_changes import TrytonChanges, mark_of
from switchboard.crm.tryton_reads import (
    BACK,
    BY_INVOICE,
    PARTY,
    PRODUCT,
    SALE,
    customer_of,
    invoice_of,
    order_of,
    products_of,
    ticket_of,
    variant_of,
)
from switchboard.crm.tryton_rpc import Row, TrytonRpc, escaped

CANNOT: tuple[ChangeName, ...] = ("change_order_payment", "cancel_membership")
LONGEST_ID = 9
ON_SALE = [("template.salable", "=", True), ("template.type", "=", "goods")]


class TrytonCrm(OutsideCrm):
    """A business that runs on Tryton."""

    name = "tryton"

    def __init__(self, engine: Engine, url: str, user: str, password: str, pace: Pace | None = None) -> None:
        self.engine = engine
        self.rpc = TrytonRpc(url, user, password, pace or Pace())
        self.changes = TrytonChanges(self.rpc)

    def order_status(self, number: str) -> OrderStatus | None:
        order = self._numbered(number)
        return OrderStatus(order.number, order.state, order.expected_ship_on, None) if order else None

    def customers_with(self, email: str) -> list[Customer]:
        fitting = ("contact_mechanisms", "where", [("type", "=", "email"), ("value", "ilike", escaped(email))])
        return self._customers([fitting]) if email else []

    def owner(self, number: str) -> str | None:
        order = self._numbered(number)
        return order.customer if order else None

    def identify_by_name(self, name: str, postcode: str) -> Customer | None:
        wanted, place = plain_name(name), plain_postcode(postcode)
        parties = self._parties([("name", "ilike", escaped(wanted))]) if wanted and place else []
        fitting = [party for party in parties if plain_name(party["name"]) == wanted and lives_in(party, place)]
        return self._complete(fitting)[0] if len(fitting) == 1 else None

    def customer(self, external_id: str) -> Customer | None:
        found = self._customers([("id", "=", key_of(external_id))])
        return found[0] if found else None

    def orders(self, external_id: str, limit: int = 10) -> list[Order]:
        customer = self.customer(external_id)
        theirs = ("party", "=", key_of(external_id)), ("number", "!=", None), ("quotation_date", "!=", None)
        orders = self._orders(list(theirs), limit) if customer else []
        return [possible(order, customer) for order in orders if customer]

    def order(self, number: str, external_id: str) -> Order | None:
        stored, customer = normalise_number(number), self.customer(external_id)
        theirs = [("number", "=", stored), ("party", "=", key_of(external_id))]
        orders = self._orders(theirs, 1) if stored and customer else []
        return possible(orders[0], customer) if orders and customer else None

    def payment_methods(self, external_id: str) -> list[PaymentMethod]:
        return [BY_INVOICE] if self.customer(external_id) else []

    def products(self, words: str, limit: int = 10) -> list[Product]:
        found = self._products([about(singular(word)) for word in words.split()])
        return [product for product in found if fits(product, words)][:limit]

    def product(self, product_id: str) -> Product | None:
        found = self._products([("template", "=", key_of(product_id))])
        return found[0] if found else None

    def variant(self, variant_id: str) -> Variant | None:
        rows = self._variants([("id", "=", key_of(variant_id))])
        return variant_of(rows[0]) if rows else None

    def product_counts(self) -> Counts:
        rows = self.rpc.rows("product.product", ON_SALE, ["template"], limit=None)
        return Counts(len({row["template"] for row in rows}), len(rows))

    def tickets(self, external_id: str, limit: int = 10) -> list[Ticket]:
        about = [("resource", "=", f"party.party,{key_of(external_id)}")]
        notes = self.rpc.rows("ir.note", about, ["message", "create_date"], "id DESC", limit)
        return [ticket_of(note) for note in notes]

    def invoice(self, number: str, external_id: str) -> Invoice | None:
        order = self.order(number, external_id)
        sent = [("sales.number", "=", order.number if order else None), ("number", "!=", None)]
        rows = self.rpc.rows("account.invoice", sent, ["number", "invoice_date", "total_amount"]) if order else []
        return invoice_of(order, rows[-1]) if order and rows else None

    def can(self, change: ChangeName) -> bool:
        return change not in CANNOT

    def countries(self, request: Request) -> tuple[str, ...]:
        address: Address | None = getattr(request, "address", None)
        rows = self.rpc.rows("country.country", [], ["code"]) if address else []
        return tuple(row["code"] for row in rows if row["code"])

    def quote(self, request: Request) -> Result:
        result = super().quote(request)
        address: Address | None = getattr(request, "address", None)
        known = not result.done or address is None or self.changes.knows(address)
        return result if known else Result(request.name, "bad_address", number=result.number)

    def make(self, request: Request, plan: Result, key: str) -> Result:
        return self.changes.make(request, plan, key)

    def read_back(self, request: Request, plan: Result, key: str) -> Result | None:
        return self.changes.read_back(request, plan, key)

    def _parties(self, domain: list[Any]) -> list[Row]:
        return self.rpc.rows("party.party", domain, PARTY)

    def _customers(self, domain: list[Any]) -> list[Customer]:
        return self._complete(self._parties(domain))

    def _complete(self, parties: list[Row]) -> list[Customer]:
        marked = self._marked("party.party", [party["id"] for party in parties], "request_deletion")
        return [customer_of(party, party["id"] in marked) for party in parties]

    def _numbered(self, number: str) -> Order | None:
        stored = normalise_number(number)
        orders = self._orders([("number", "=", stored)], 1) if stored else []
        return orders[0] if orders else None

    def _orders(self, domain: list[Any], limit: int) -> list[Order]:
        """Sales that return nothing, newest first."""
        first = [*domain, ["OR", ("origin", "=", None), ("origin", "not like", "sale.sale,%")]]
        sales = self.rpc.rows("sale.sale", first, SALE, "quotation_date DESC", limit)
        ids = [sale["id"] for sale in sales]
        origins = [f"sale.sale,{number}" for number in ids]
        back = (
            self.rpc.rows("sale.sale", [("origin", "in", origins), ("state", "!=", "cancelled")], BACK) if ids else []
        )
        changed = self._marked("sale.sale", ids, "change_items")
        return [
            order_of(sale, [row for row in back if row["origin"] == f"sale.sale,{sale['id']}"], sale["id"] in changed)
            for sale in sales
        ]

    def _marked(self, model: str, ids: list[int], change: ChangeName) -> set[int]:
        """Which of the records had such a change from us. Asked for none of them too: it must not take less time."""
        resources = [f"{model},{number}" for number in ids]
        ours = [("resource", "in", resources), ("message", "like", f"%{escaped(mark_of(change))}%")]
        notes = self.rpc.rows("ir.note", ours, ["resource"])
        return {int(note["resource"].split(",")[1]) for note in notes}

    def _products(self, domain: list[Any]) -> list[Product]:
        return products_of(self._variants(domain))

    def _variants(self, domain: list[Any]) -> list[Row]:
        """What is for sale and can be sent, with what is in the store."""
        shops = self.rpc.rows("stock.location", [("type", "=", "warehouse")], ["storage_location"])
        stores = [shop["storage_location"] for shop in shops]
        return self.rpc.rows("product.product", [*domain, *ON_SALE], PRODUCT, limit=None, locations=stores)


def about(word: str) -> list[Any]:
    """Variants of products with the word in their name, a category, or one of their variants."""
    places = ("template.name", "template.categories.name", "template.products.description")
    return ["OR", *((place, "ilike", f"%{escaped(storable(word))}%") for place in places)]


def key_of(external_id: str) -> int:
    """Tryton's id; -1, which nothing has, for what is none."""
    ours = external_id.isascii() and external_id.isdigit() and len(external_id) <= LONGEST_ID
    return int(external_id) if ours else -1


def lives_in(party: Row, postcode: str) -> bool:
    return any(plain_postcode(address["postal_code"] or "") == postcode for address in party["addresses."])


def possible(order: Order, customer: Customer) -> Order:
    """The order with what is allowed now and Tryton can do."""
    order = with_allowed(order, customer)
    return replace(order, allowed=tuple(change for change in order.allowed if change not in CANNOT))

"""The CRM contract over somebody else's REST API, which a mapping file describes."""

import logging
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import msgspec
from sqlalchemy.engine import Engine

from switchboard.crm.changes import ChangeName, Request, Result
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
from switchboard.crm.http import Answer, OutcomeUnknown
from switchboard.crm.outside import OutsideCrm, fits, with_allowed
from switchboard.crm.rest_calls import RestCalls, check_change
from switchboard.crm.rest_mapping import Call, Mapping
from switchboard.crm.rest_values import at, read_record
from switchboard.crm.text import plain_name, plain_postcode

log = logging.getLogger(__name__)


class RestCrm(OutsideCrm):
    """A business system behind a REST API."""

    name = "rest"

    def __init__(self, engine: Engine, mapping: Mapping, url: str = "", user: str = "", password: str = "") -> None:
        self.engine, self.mapping = engine, mapping
        self.members_pay = mapping.members_pay
        self.calls = RestCalls(mapping, url, user, password)

    def order_status(self, number: str) -> OrderStatus | None:
        order = self._order(number)
        if order is None:
            return None
        return OrderStatus(order.number, order.state, order.expected_ship_on, order.expected_delivery_on)

    def customers_with(self, email: str) -> list[Customer]:
        return [self._customer(row) for row in self.calls.rows("customers_by_email", {"email": email})] if email else []

    def owner(self, number: str) -> str | None:
        order = self._order(number)
        return order.customer if order else None

    def identify_by_name(self, name: str, postcode: str) -> Customer | None:
        wanted = plain_name(name), plain_postcode(postcode)
        rows = self.calls.rows("customers_by_name", {"name": wanted[0], "postcode": wanted[1]}) if all(wanted) else ()
        fitting = [customer for customer in map(self._customer, rows) if names(customer) == wanted]
        return fitting[0] if len(fitting) == 1 else None

    def customer(self, external_id: str) -> Customer | None:
        row = self.calls.one("customer", {"external_id": external_id})
        return None if row is None else self._customer(row)

    def orders(self, external_id: str, limit: int = 10) -> list[Order]:
        customer = self.customer(external_id)
        rows = self.calls.rows("orders", {"external_id": external_id}) if customer else ()
        orders = sorted((read_record(self.mapping, "order", row) for row in rows), key=placed, reverse=True)
        return [with_allowed(order, customer) for order in orders[:limit] if customer]

    def order(self, number: str, external_id: str) -> Order | None:
        order = self._order(number)
        customer = self.customer(external_id) if order and order.customer == external_id else None
        return with_allowed(order, customer) if order and customer else None

    def payment_methods(self, external_id: str) -> list[PaymentMethod]:
        rows = self.calls.rows("payment_methods", {"external_id": external_id})
        methods = [read_record(self.mapping, "method", row) for row in rows]
        return sorted(methods, key=lambda method: not method.is_default)

    def products(self, words: str, limit: int = 10) -> list[Product]:
        products = [self._product(row) for row in self.calls.rows("products", {"words": words})]
        return sorted((p for p in products if fits(p, words)), key=lambda product: product.name)[:limit]

    def product(self, product_id: str) -> Product | None:
        row = self.calls.one("product", {"product_id": product_id})
        return None if row is None else self._product(row)

    def variant(self, variant_id: str) -> Variant | None:
        row = self.calls.one("variant", {"variant_id": variant_id})
        return None if row is None else read_record(self.mapping, "variant", row)

    def product_counts(self) -> Counts:
        products = [self._product(row) for row in self.calls.rows("products", {"words": ""})]
        return Counts(len(products), sum(len(product.variants) for product in products))

    def tickets(self, external_id: str, limit: int = 10) -> list[Ticket]:
        rows = self.calls.rows("tickets", {"external_id": external_id})
        tickets = [read_record(self.mapping, "ticket", row) for row in rows]
        return sorted(tickets, key=lambda ticket: ticket.created_at, reverse=True)[:limit]

    def invoice(self, number: str, external_id: str) -> Invoice | None:
        order = self.order(number, external_id)
        row = self.calls.one("invoice", {"number": order.number}) if order else None
        return None if row is None else read_record(self.mapping, "invoice", row)

    def countries(self, request: Request) -> tuple[str, ...]:
        return tuple(self.mapping.countries)

    def can(self, change: ChangeName) -> bool:
        return change in self.mapping.changes

    def make(self, request: Request, plan: Result, key: str) -> Result:
        values = msgspec.to_builtins(plan) | msgspec.to_builtins(request) | {"key": key}
        return self._result(self.mapping.changes[request.name], plan, self.calls.change(request.name, values, key))

    def read_back(self, request: Request, plan: Result, key: str) -> Result | None:
        answer = self.calls.get("outcome", {"key": key})
        return self._result(self.mapping.changes[request.name], plan, answer) if answer else None

    def _result(self, call: Call, plan: Result, answer: Answer) -> Result:
        """What became of the plan. An answer that says neither yes nor a no we know is an error, never a result.

        Raises:
            CrmUnavailable: the call was turned down.
            OutcomeUnknown: it doesn't say, or not so that we understand it.
        """
        refusal = self.mapping.refusals.codes.get(str(at(answer.data, self.mapping.refusals.at)))
        if refusal:
            return Result(plan.change, refusal, number=plan.number)
        check_change(answer, call.path)
        told = {name: at(answer.data, path) for name, path in call.result.items()}
        told = {name: str(value) for name, value in told.items() if value is not None}
        try:
            return msgspec.convert(msgspec.to_builtins(plan) | told, Result)
        except msgspec.ValidationError as error:
            log.error("What the business system tells of %s is not as CRM_MAPPING says: %s", call.path, error)
            raise OutcomeUnknown from error

    def _order(self, number: str) -> Order | None:
        stored = normalise_number(number)
        row = self.calls.one("order", {"number": stored}) if stored else None
        order = None if row is None else read_record(self.mapping, "order", row)
        return order if order and order.number == stored else None

    def _customer(self, row: Any) -> Customer:
        return read_record(self.mapping, "customer", row)

    def _product(self, row: Any) -> Product:
        product = read_record(self.mapping, "product", row)
        own = tuple(replace(variant, product_id=product.product_id) for variant in product.variants)
        return replace(product, variants=own)


def names(customer: Customer) -> tuple[str, str]:
    return plain_name(customer.name), plain_postcode(customer.address.postcode if customer.address else "")


def placed(order: Order) -> datetime:
    return order.placed_at or datetime.min.replace(tzinfo=timezone.utc)

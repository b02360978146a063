"""What every adapter to a system of somebody else does alike: decide by the shop's policy, and keep the ledger."""

from abc import abstractmethod
from dataclasses import replace
from datetime import datetime, timezone
from decimal import Decimal

import msgspec
from sqlalchemy.engine import Engine

from switchboard.crm.changes import (
    ChangeEmail,
    ChangeItems,
    ChangeName,
    EffectKey,
    ExchangeItems,
    OrderRequest,
    Request,
    RequestDeletion,
    Result,
)
from switchboard.crm.contract import Crm, Customer, Order, Product, Variant, normalise_number
from switchboard.crm.outside_effects import Effect, once_outside, text_of
from switchboard.crm.policy import UNDER_WAY, Facts, allowed, as_agreed, decide
from switchboard.crm.text import all_storable, plain_email, singular

MANY = 1000
"""More orders than a customer has."""


class OutsideCrm(Crm):
    """Reads are the adapter's own; `make` and `read_back` are all it has to add for changes."""

    engine: Engine
    members_pay = Decimal(1)

    @abstractmethod
    def can(self, change: ChangeName) -> bool:
        """Whether this system can do such a change at all."""

    @abstractmethod
    def make(self, request: Request, plan: Result, key: str) -> Result:
        """Do what was planned, with our key. OutcomeUnknown if it may have worked."""

    @abstractmethod
    def read_back(self, request: Request, plan: Result, key: str) -> Result | None:
        """What came of the change with this key; None if the other system doesn't know it."""

    @abstractmethod
    def variant(self, variant_id: str) -> Variant | None:
        """The variant, at its list price."""

    @abstractmethod
    def customers_with(self, email: str) -> list[Customer]:
        """Those with this e-mail address, among others perhaps. Takes as long if there are none."""

    @abstractmethod
    def owner(self, number: str) -> str | None:
        """Id of the customer whose order this is."""

    def find_customer(self, email: str) -> Customer | None:
        wanted = plain_email(email)
        fitting = [customer for customer in self.customers_with(wanted) if plain_email(customer.email) == wanted]
        return fitting[0] if wanted and len(fitting) == 1 else None

    def countries(self, request: Request) -> tuple[str, ...]:
        """Codes of the countries that the shop delivers to; none: it doesn't say."""
        return ()

    def identify(self, number: str, email: str) -> Customer | None:
        """Both are always asked for: the time that it takes must not tell which part was wrong."""
        customer, owner = self.find_customer(email), self.owner(number)
        return customer if customer and customer.external_id == owner else None

    def quote(self, request: Request) -> Result:
        if not self.can(request.name):
            return Result(request.name, "unsupported", number=number_of(request))
        return decide(request, self.facts(request))

    def carry_out(self, request: Request, effect: EffectKey, agreed: Result | None = None) -> Result:
        request, key = with_stored_number(request), text_of(effect)
        change = Effect(
            plan=lambda: as_agreed(self.quote(request), agreed),
            do=lambda plan: self.make(sendable(request), plan, key),
            read_back=lambda plan: self.read_back(sendable(request), plan, key),
        )
        return once_outside(self.engine, effect, request, change)

    def facts(self, request: Request) -> Facts:
        """What the decision on this request rests on."""
        customer = self.customer(request.external_id)
        number = number_of(request)
        order = self.order(number, request.external_id) if customer and number else None
        return Facts(
            customer,
            order,
            methods=tuple(self.payment_methods(request.external_id)) if order else (),
            variants=self.wanted(request, order, customer) if order and customer else {},
            email_taken=isinstance(request, ChangeEmail) and self.find_customer(request.email) is not None,
            open_orders=isinstance(request, RequestDeletion) and self.has_open_orders(request.external_id),
            countries=self.countries(request),
        )

    def wanted(self, request: Request, order: Order, customer: Customer) -> dict[str, Variant]:
        """The variants that would come instead, at this customer's price."""
        if not isinstance(request, ChangeItems | ExchangeItems):
            return {}
        found = [self.variant(swap.to_variant_id) for swap in request.swaps]
        return {variant.variant_id: self.priced(variant, order, customer) for variant in found if variant}

    def priced(self, variant: Variant, order: Order, customer: Customer) -> Variant:
        """With the price this customer pays: what the order has it for already, else today's."""
        ordered = {line.variant_id: line.unit_price for line in order.lines}
        factor = self.members_pay if customer.tier == "plus" else Decimal(1)
        return replace(variant, price=ordered.get(variant.variant_id, round(variant.price * factor, 2)))

    def has_open_orders(self, external_id: str) -> bool:
        return any(order.state in UNDER_WAY for order in self.orders(external_id, MANY))


def with_stored_number(request: Request) -> Request:
    """The request with its order's number as it is stored; empty if it can be none."""
    number = number_of(request)
    return request if number is None else replace(request, number=number)  # type: ignore[arg-type]


def number_of(request: Request) -> str | None:
    """The order that the request is about."""
    return normalise_number(request.number) or "" if isinstance(request, OrderRequest) else None


def sendable(request: Request) -> Request:
    """The request without what can't be sent."""
    return msgspec.convert(all_storable(msgspec.to_builtins(request)), type(request))


def fits(product: Product, words: str) -> bool:
    """Whether all the words are in its name, category or variants."""
    everything = " ".join([product.name, product.category, *(variant.title for variant in product.variants)]).lower()
    return all(singular(word) in everything for word in words.lower().split())


def with_allowed(order: Order, customer: Customer) -> Order:
    """The order with what is allowed now."""
    return replace(order, allowed=allowed(order, customer, datetime.now(timezone.utc)))

"""Larkspur's rows, made up: the same for the same day. `seed` writes them."""

import random
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal

from sqlalchemy import Table

from switchboard.database import shop
from switchboard.database.catalogue import CITIES, FIRST_NAMES, LAST_NAMES, PRODUCTS, STREETS
from switchboard.database.known import (
    KNOWN_CUSTOMERS,
    KNOWN_ORDERS,
    MORE_METHODS,
    PURCHASES,
    SOLD_OUT,
    Member,
    Method,
)
from switchboard.database.regulars import NO_MEMBERSHIP, Basket, Row, come_in, numbered

CUSTOMERS = 300
ORDERS = 1000
OFTEN = {"pending": 4, "processing": 6, "shipped": 10, "delivered": 70, "cancelled": 6, "returned": 4}
"""Of a hundred orders, how many are in each state."""

PLACED_DAYS_AGO = {
    "pending": (1, 1),
    "processing": (1, 2),
    "shipped": (3, 5),
    "delivered": (9, 400),
    "cancelled": (2, 300),
    "returned": (30, 380),
}
FEES = {
    "standard": Decimal("4.90"),
    "express": Decimal("12.90"),
    "pickup": Decimal("2.90"),
    "international": Decimal("14.90"),
}
DAYS_ON_THE_WAY = {"standard": 4, "express": 1, "pickup": 4, "international": 7}
FREE_FROM = Decimal(49)
CARRIERS = {
    "US": "Bluebird Parcel",
    "CA": "Maple Freight",
    "GB": "Thistle Post",
    "DE": "Linde Kurier",
    "FR": "Mistral Colis",
    "NL": "Polder Post",
}
GIFT = Decimal(25)
REASONS = ("Ordered by mistake", "Found it elsewhere", "Arrives too late", "Changed my mind")


class Larkspur:
    """All rows of the shop as of `today`."""

    def __init__(self, today: date) -> None:
        self.today = today
        self.random = random.Random(20731)
        self.customers: list[Row] = []
        self.addresses: list[Row] = []
        self.payment_methods: list[Row] = []
        self.products: list[Row] = []
        self.variants: list[Row] = []
        self.shipments: list[Row] = []
        self.orders: list[Row] = []
        self.order_lines: list[Row] = []
        self.payments: list[Row] = []
        self.returns: list[Row] = []
        self.return_lines: list[Row] = []
        self.tickets: list[Row] = []
        self._stock_the_shelves()
        self._invite_customers()
        self._take_orders()
        come_in(self)

    def rows(self) -> Iterator[tuple[Table, list[Row]]]:
        """Each table with its rows, in an order that foreign keys allow."""
        for table in shop.metadata.sorted_tables:
            if table is not shop.seeding:
                yield table, getattr(self, table.name)

    def _stock_the_shelves(self) -> None:
        for product_id, (name, category, variants) in enumerate(PRODUCTS, 1):
            self.products.append({"product_id": product_id, "name": name, "category": category})
            for number, (title, price) in enumerate(variants.items(), 1):
                sku = f"{name[:3].upper()}-{product_id:02d}{number}"
                self.variants.append(
                    numbered(
                        "variant_id", self.variants, product_id=product_id, sku=sku, title=title, price=Decimal(price)
                    )
                )
                stock = self.random.choice((0, *range(5, 120)))
                self.variants[-1]["stock"] = 0 if (name, title) in SOLD_OUT else stock

    def _invite_customers(self) -> None:
        for first, last, kind in KNOWN_CUSTOMERS:
            self._invite(first, last, "US", kind)
        known = {(first, last) for first, last, _ in KNOWN_CUSTOMERS}
        names = [(first, last) for first in FIRST_NAMES for last in LAST_NAMES if (first, last) not in known]
        for first, last in self.random.sample(names, CUSTOMERS - len(known)):
            country = self.random.choices(list(CITIES), weights=[70, 8, 8, 6, 4, 4])[0]
            self._invite(first, last, country, self.random.choice(shop.WAYS_TO_PAY))
        for name, methods in MORE_METHODS.items():
            for method in methods:
                self.store_method(self.customer(f"{name}@example.com"), method)

    def customer(self, email: str) -> Row:
        return next(customer for customer in self.customers if customer["email"] == email)

    def _invite(self, first: str, last: str, country: str, kind: str) -> None:
        customer = numbered(
            "customer_id", self.customers, email=f"{first}.{last}@example.com".lower(), first_name=first, last_name=last
        )
        customer["phone"] = f"+1 202 555 {self.random.randint(100, 199):04d}" if self.random.random() < 0.6 else None
        customer["created_at"] = self.moment(self.random.randint(420, 1500))
        is_plus = kind != "gift_card" and self.random.random() < 0.2
        days = self.random.randint(5, 400) if is_plus else 0
        customer |= self.membership(Member(days, 365 - days % 365)) if is_plus else NO_MEMBERSHIP
        self.customers.append(customer)
        self._give_address(customer, country, is_default=True)
        if self.random.random() < 0.15:
            self._give_address(customer, country, is_default=False)
        self._give_payment_method(customer, kind)

    def membership(self, member: Member) -> Row:
        since, until = self.today - timedelta(days=member.days), self.today + timedelta(days=member.days_left)
        return {"plus_since": since, "plus_until": until, "plus_renews": member.renews}

    def _give_address(self, customer: Row, country: str, is_default: bool) -> None:
        city, region, postcode = self.random.choice(CITIES[country])
        street = f"{self.random.randint(1, 240)} {self.random.choice(STREETS)}"
        place = {"street": street, "city": city, "region": region, "postcode": postcode, "country": country}
        owner = {"customer_id": customer["customer_id"], "is_default": is_default}
        self.addresses.append(numbered("address_id", self.addresses, **owner, **place))

    def _give_payment_method(self, customer: Row, kind: str) -> None:
        digits = f"{self.random.randint(0, 9999):04d}" if kind in ("visa", "mastercard", "american_express") else None
        self.store_method(customer, Method(kind, digits, GIFT if kind == "gift_card" else None), is_default=True)

    def _take_orders(self) -> None:
        by_name = {customer["email"].partition("@")[0]: customer for customer in self.customers}
        cheapest = {variant["product_id"]: variant for variant in reversed(self.variants)}
        ids = {product["name"]: product["product_id"] for product in self.products}
        for number, name, state, kind, products in KNOWN_ORDERS:
            basket: Basket = [(cheapest[ids[product]], None) for product in products]
            self.take_order(number, by_name[name], state, kind, basket)
        strangers = self.customers[len(KNOWN_CUSTOMERS) :]
        for number in self._fresh_numbers(ORDERS - len(KNOWN_ORDERS) - len(PURCHASES)):
            state = self.random.choices(list(OFTEN), weights=list(OFTEN.values()))[0]
            bought = self.random.sample(self.variants, self.random.choice((1, 1, 1, 2, 2, 3, 4)))
            customer = self.random.choice(strangers)
            basket = [(variant, None) for variant in bought]
            self.take_order(number, customer, state, self._way_to_pay(customer), basket)

    def _fresh_numbers(self, count: int) -> list[str]:
        known = {number for number, *_ in KNOWN_ORDERS} | {purchase.number for purchase in PURCHASES}
        from_site = [
            number for number in map(str, self.random.sample(range(10000, 100000), count)) if number not in known
        ]
        from_app = [f"W{number}" for number in self.random.sample(range(3000000, 10000000), count)]
        return [from_app.pop() if self.random.random() < 0.25 else from_site.pop() for _ in range(count)]

    def _way_to_pay(self, customer: Row) -> str:
        return self.payment_methods[customer["customer_id"] - 1]["kind"]

    def store_method(self, customer: Row, method: Method, is_default: bool = False) -> None:
        owner = {"customer_id": customer["customer_id"], "is_default": is_default}
        self.payment_methods.append(numbered("payment_method_id", self.payment_methods, **owner, **asdict(method)))

    def take_order(
        self, number: str, customer: Row, state: str, kind: str, basket: Basket, delivered_days_ago: int = 0
    ) -> None:
        address = next(address for address in self.addresses if address["customer_id"] == customer["customer_id"])
        order = numbered("order_id", self.orders, number=number, state=state)
        order |= {"customer_id": customer["customer_id"], "address_id": address["address_id"]}
        lines = [self._line(order, customer, variant, quantity) for variant, quantity in basket]
        goods = sum((line["quantity"] * line["unit_price"] for line in lines), Decimal(0))
        order |= self._delivery(customer, address, goods)
        order["total"] = goods + order["delivery_fee"]
        self._live_through(order, address["country"], delivered_days_ago)
        self.orders.append(order)
        self.order_lines += lines
        self.payments.append(self._payment(order, kind))

    def _line(self, order: Row, customer: Row, variant: Row, quantity: int | None) -> Row:
        often = (1, 1, 1, 1, 2, 2, 4) if variant["price"] < 40 else (1,)
        price = variant["price"] * shop.PLUS_PRICE if customer["plus_since"] else variant["price"]
        return {
            "order_id": order["order_id"],
            "variant_id": variant["variant_id"],
            "quantity": quantity or self.random.choice(often),
            "unit_price": round(price, 2),
        }

    def _delivery(self, customer: Row, address: Row, goods: Decimal) -> Row:
        ways = ["standard", "express", "pickup"] if address["country"] == "US" else ["international"]
        way = self.random.choices(ways, weights=[7, 2, 1][: len(ways)])[0]
        free = way == "standard" and (goods >= FREE_FROM or customer["plus_since"])
        return {"delivery": way, "delivery_fee": Decimal(0) if free else FEES[way]}

    def _live_through(self, order: Row, country: str, delivered_days_ago: int) -> None:
        """The order's dates, as its state implies them."""
        ago = self.random.randint(*PLACED_DAYS_AGO[order["state"]])
        if delivered_days_ago:
            ago = delivered_days_ago + DAYS_ON_THE_WAY[order["delivery"]] + 1
        order["placed_at"] = self.moment(ago)
        ships = self.today + timedelta(days=1 if order["state"] in ("pending", "processing") else min(1 - ago, -1))
        arrives = ships + timedelta(days=DAYS_ON_THE_WAY[order["delivery"]])
        if order["state"] == "shipped":
            arrives = max(arrives, self.today + timedelta(days=1))
        order |= {"expected_ship_on": ships, "expected_delivery_on": arrives}
        if order["state"] == "cancelled":
            order["cancelled_at"] = order["placed_at"] + timedelta(hours=self.random.randint(1, 5))
            order["cancel_reason"] = self.random.choice(REASONS)
        if order["state"] in ("shipped", "delivered", "returned"):
            self._ship(order, country)
        if order["state"] in ("delivered", "returned"):
            order["delivered_at"] = self.moment((self.today - arrives).days)
        if order["state"] == "returned":
            order["returned_at"] = order["delivered_at"] + timedelta(days=self.random.randint(3, 14))

    def _ship(self, order: Row, country: str) -> None:
        parcel = {
            "carrier": CARRIERS[country],
            "tracking_number": f"LK{self.random.randint(10**9, 10**10 - 1)}{country}",
        }
        shipped_at = self.moment((self.today - order["expected_ship_on"]).days)
        self.shipments.append(numbered("shipment_id", self.shipments, **parcel, shipped_at=shipped_at))
        order["shipment_id"] = self.shipments[-1]["shipment_id"]

    def _payment(self, order: Row, kind: str) -> Row:
        awaited = kind == "bank_transfer" and order["state"] in ("pending", "cancelled")
        payment = numbered("payment_id", self.payments, order_id=order["order_id"], kind=kind, amount=order["total"])
        payment |= {"refunded": Decimal(0), "payment_method_id": self._stored(order["customer_id"], kind)}
        payment["paid_at"] = None if awaited else order["placed_at"]
        back_at = order.get("cancelled_at") or order.get("returned_at")
        if back_at and not awaited:
            payment |= {"refunded": order["total"], "refunded_at": back_at}
        return payment

    def _stored(self, customer_id: int, kind: str) -> int | None:
        """The customer's method of that kind, if they have one."""
        methods = (m for m in self.payment_methods if (m["customer_id"], m["kind"]) == (customer_id, kind))
        return next((method["payment_method_id"] for method in methods), None)

    def moment(self, days_ago: int) -> datetime:
        """A time between 8:00 and 18:00 that many days before today."""
        at = time(
            self.random.randint(8, 17), self.random.randint(0, 59), self.random.randint(0, 59), tzinfo=timezone.utc
        )
        return datetime.combine(self.today - timedelta(days=days_ago), at)

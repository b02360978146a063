"""Larkspur's customers and orders that demos, tests and the documentation name; docs/larkspur.md tells what each is for."""

from dataclasses import dataclass
from decimal import Decimal

KNOWN_CUSTOMERS = (
    ("Olivia", "Bennett", "visa"),
    ("Noah", "Carter", "paypal"),
    ("Maya", "Torres", "mastercard"),
    ("Ethan", "Clarke", "american_express"),
    ("Grace", "Holloway", "gift_card"),
    ("Lucas", "Ferreira", "bank_transfer"),
)
KNOWN_ORDERS = (
    # number, customer, state, the way it was paid, what was bought
    ("12345", "olivia.bennett", "processing", "visa", ("Clover tea kettle", "Linden tea towel")),
    ("12346", "olivia.bennett", "pending", "visa", ("Alder frying pan",)),
    ("12347", "olivia.bennett", "pending", "gift_card", ("Marlow wine glass",)),
    ("23456", "maya.torres", "shipped", "mastercard", ("Cobalt Dutch oven",)),
    ("34567", "ethan.clarke", "delivered", "american_express", ("Iris floor lamp", "Iris table lamp")),
    ("45678", "grace.holloway", "cancelled", "gift_card", ("Hazel bookshelf",)),
    ("56789", "grace.holloway", "returned", "gift_card", ("Fern wool blanket",)),
    ("67890", "lucas.ferreira", "pending", "bank_transfer", ("Ember espresso machine",)),
    ("W1234567", "noah.carter", "pending", "paypal", ("Birch chef's knife", "Birch paring knife")),
    ("W2345678", "noah.carter", "shipped", "paypal", ("Kestrel vacuum cleaner",)),
)
SOLD_OUT = {("Dune dinner plate", "ink"), ("Juniper bath towel", "clay")}
"""Product and variant."""


@dataclass(frozen=True)
class Method:
    """A way to pay: a card with its last digits, a gift card with its balance."""

    kind: str
    last_four: str | None = None
    balance: Decimal | None = None


MORE_METHODS = {
    "olivia.bennett": (Method("gift_card", balance=Decimal(100)), Method("paypal")),
    "noah.carter": (Method("visa", "1881"),),
    "maya.torres": (Method("gift_card", balance=Decimal(20)),),
    "ethan.clarke": (Method("gift_card", balance=Decimal(15)), Method("visa", "4012")),
    "lucas.ferreira": (Method("visa", "0077"),),
}
"""Besides the first one, of those above."""


@dataclass(frozen=True)
class Member:
    """A Plus membership: how long ago it began, for how long it is paid, and whether it is renewed."""

    days: int
    days_left: int
    renews: bool = True


@dataclass(frozen=True)
class Person:
    """A customer all of whose data is set here. `place` is street, city, region, postcode, country."""

    first: str
    last: str
    place: tuple[str, str, str | None, str, str]
    methods: tuple[Method, ...]
    email: str = ""
    phone: str | None = None
    member: Member | None = None
    tickets: tuple[tuple[str, str, str], ...] = ()
    """Kind, subject, text."""

    @property
    def address(self) -> str:
        """Their e-mail address."""
        return self.email or f"{self.first}.{self.last}@example.com".lower()


@dataclass(frozen=True)
class Purchase:
    """An order all of whose data is set here. `items` are product, variant, quantity; `returning` the first so many of them."""

    number: str
    email: str
    state: str
    paid_by: str
    items: tuple[tuple[str, str, int], ...]
    delivered_days_ago: int = 0
    returning: int = 0


VISA, PAYPAL = Method("visa", "4242"), Method("paypal")
HANNAH, SAMUEL, BEATRIX, INES = (
    f"{name}@example.com" for name in ("hannah.whitfield", "samuel.osei", "beatrix.nolan", "ines.moreau")
)
LANGS = "Lang", ("12 Quarry Hill", "Duluth", "MN", "55802", "US"), (Method("visa", "5556"),)

PEOPLE = (
    Person(
        "Hannah",
        "Whitfield",
        ("8 Orchard Lane", "Madison", "WI", "53703", "US"),
        (VISA, Method("gift_card", balance=Decimal(60))),
        phone="+1 202 555 0110",
        tickets=(
            (
                "ticket",
                "Where is my parcel?",
                "Asked about order 78903; the carrier had it and brought it a day later.",
            ),
            ("note", "Prefers e-mail", "Works nights, so please don't call before noon."),
        ),
    ),
    Person(
        "Samuel",
        "Osei",
        ("31 Harbour Road", "Savannah", "GA", "31401", "US"),
        (PAYPAL, Method("mastercard", "5100"), Method("gift_card", balance=Decimal(500))),
        member=Member(days=200, days_left=165),
    ),
    Person(
        "Beatrix",
        "Nolan",
        ("5 Willow Court", "Albany", "NY", "12207", "US"),
        (Method("american_express", "1005"),),
        member=Member(days=345, days_left=20, renews=False),
    ),
    Person("Ines", "Moreau", ("14 Market Square", "Nantes", None, "44000", "FR"), (Method("mastercard", "2222"),)),
    Person("Peter", *LANGS),
    Person("Peter", *LANGS, email="p.lang@example.com"),
)

PURCHASES = (
    Purchase(
        "78901",
        HANNAH,
        "delivered",
        "visa",
        (("Dune mug", "sand", 2), ("Juniper bath towel", "white", 1), ("Marlow tumbler", "set of 4", 1)),
        delivered_days_ago=10,
    ),
    Purchase("78902", HANNAH, "pending", "visa", (("Dune dinner plate", "sand", 4), ("Fern pillowcase", "white", 2))),
    Purchase("78903", HANNAH, "delivered", "visa", (("Birch bread knife", "9 in", 1),), delivered_days_ago=45),
    Purchase(
        "78904",
        HANNAH,
        "delivered",
        "visa",
        (("Iris table lamp", "brass", 1), ("Linden apron", "navy", 1)),
        delivered_days_ago=12,
        returning=1,
    ),
    Purchase("89012", SAMUEL, "delivered", "paypal", (("Garnet hand mixer", "red", 1),), delivered_days_ago=45),
    Purchase("89013", SAMUEL, "delivered", "paypal", (("Dune soup bowl", "ink", 4),), delivered_days_ago=75),
    Purchase("89014", SAMUEL, "pending", "gift_card", (("Alder saucepan", "2.5 qt", 1), ("Dune mug", "ink", 2))),
    Purchase("89015", BEATRIX, "delivered", "american_express", (("Hazel side table", "walnut", 1),), 50),
    Purchase("90123", INES, "pending", "mastercard", (("Clover tea kettle", "cream", 1),)),
)

KNOWN_EMAILS = (
    *(f"{first}.{last}@example.com".lower() for first, last, _ in KNOWN_CUSTOMERS),
    *(person.address for person in PEOPLE),
)
KNOWN_NUMBERS = (*(number for number, *_ in KNOWN_ORDERS), *(purchase.number for purchase in PURCHASES))

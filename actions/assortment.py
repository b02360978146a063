"""What products are called by: the words of their names, categories and versions, and the units of these."""

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from itertools import pairwise

from actions.tasks.items import COMMON, NUMBERS, words
from switchboard.crm.contract import Crm, Product, Variant

MANY = 1000
"""Products that are looked at for a word."""

BEGINNING = 3
"""Letters of a misspelt word that are taken to be right."""

LIKENESS = 0.82
"""Of a misspelt word to the one that is meant: fewer than one letter in five is wrong."""

UNITS = {"inch": "in", "quart": "qt", "ounce": "oz", "litre": "l", "liter": "l"} | {
    unit: unit for unit in ("in", "qt", "oz", "l", "ml", "mm", "cm", "m", "g", "kg", "lb")
}

ADDED = re.compile(r"[,(–—]|\s-\s|\b(?:with|for|in|of|by)\b", re.IGNORECASE)
"""Where a name goes on after it has said what the product is."""

DIGITS = {word: str(number) for word, number in NUMBERS.items() if word not in {"a", "an", "one", "both"}}


def plain_words(text: str) -> list[str]:
    """Lower-case words in the singular, numbers as digits."""
    return [DIGITS.get(word, word) for word in words(text)]


def key(word: str) -> str:
    """The same for a word and what is left of its plural without the s.

    >>> [key(word) for word in ("glass", "glasse", "knife", "knive", "shelf", "shelve")]
    ['glass', 'glass', 'knif', 'knif', 'shelf', 'shelf']
    """
    return re.sub(r"ve$|fe$", "f", re.sub(r"(?<=[sxzh])e$", "", word))


def keys(said: Iterable[str]) -> set[str]:
    return {key(word) for word in said}


def name_of(product: Product) -> set[str]:
    """Keys of the name's words, and of two of them written as one: `night light` is also a `nightlight`."""
    own = plain_words(product.name)
    return keys([*own, *(first + second for first, second in pairwise(own))]) - COMMON


def kind_of(product: Product) -> str:
    """Key of the word that says what it is: the `oven` of a Dutch oven, the `glove` of an oven glove for the kitchen."""
    return key((plain_words(ADDED.split(product.name)[0]) or [""])[-1])


def category_of(product: Product) -> set[str]:
    return keys(plain_words(product.category)) - COMMON


def title_of(variant: Variant) -> set[str]:
    """Keys of the title's words and sizes: `8 in` has the `8` and the `8 in`."""
    return keys(plain_words(variant.title)) - COMMON | keys(sizes(variant))


def titles_of(product: Product) -> set[str]:
    return {word for variant in product.variants for word in title_of(variant)}


def sizes(variant: Variant) -> list[str]:
    """Numbers of the title with what follows them, as `size` writes it."""
    parts = [plain_words(part) for part in variant.title.split(",")]
    return [size(*pair) for part in parts for pair in pairwise(part) if pair[0][0].isdigit()]


def size(number: str, unit: str) -> str:
    """
    >>> size("8", "inche")
    '8 in'
    """
    return f"{number} {UNITS.get(key(unit), key(unit))}"


def units_of(product: Product) -> set[str]:
    return {each.split()[1] for variant in product.variants for each in sizes(variant)}


def near(shop: Crm, sought: Iterable[str]) -> list[Product]:
    """The products that have any of the words, or for a word that none has, what begins like it, as it may be misspelt."""
    found = {}
    for word in sought:
        products = shop.products(word, MANY) or shop.products(word[:BEGINNING], MANY)
        found.update({each.product_id: each for each in products if each.variants})
    return sorted(found.values(), key=lambda each: each.name)


class Vocabulary:
    """The words that these products are called by."""

    def __init__(self, products: Sequence[Product]) -> None:
        self.products = products
        own = {word for each in products for word in name_of(each)}
        categories = {word for each in products for word in category_of(each)}
        self.names = own | categories
        self.versions = {word for each in products for word in titles_of(each)}
        self.ways = self.versions | categories - own
        self.units = {unit for each in products for unit in units_of(each)} - self.names | set(UNITS.values())

    def names_it(self, word: str) -> bool:
        return key(word) in self.names

    def knows(self, word: str) -> bool:
        return self.names_it(word) or key(word) in self.versions or word[0].isdigit()

    def only_version(self, word: str) -> bool:
        return key(word) in self.versions - self.names

    def called(self, names: Iterable[str]) -> list[Product]:
        """The products that have all of the names in their own, or in that and their category."""
        return [each for each in self.products if keys(names) <= name_of(each) | category_of(each)]

    def meant(self, word: str) -> str | None:
        """The word that is one of these misspelt."""
        alike = [each for each in self.names | self.versions if each[:BEGINNING] == word[:BEGINNING]]
        return closest(word, alike, LIKENESS)


def closest(word: str, known: Iterable[str], likeness: float) -> str | None:
    return next(iter(get_close_matches(word, sorted(known), 1, likeness)), None)

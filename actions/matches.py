"""Which products and versions fit what is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass

from actions.assortment import (
    Vocabulary,
    category_of,
    closest,
    key,
    keys,
    kind_of,
    name_of,
    plain_words,
    title_of,
    units_of,
)
from actions.wishes import SOUGHT, Wish
from switchboard.crm.contract import Product, Variant

LIKENESS = 0.75
"""Of a misspelt version to one that the product has."""

Found = tuple[Product, Sequence[Variant]]


@dataclass(frozen=True)
class Match:
    """What the shop has of one thing: the products with the versions that fit; with all of theirs if those are `lacking`.

    `meant` are words that the customer may have misspelt. `otherwise`: it is something else that has the word in its name.
    """

    named: str
    found: Sequence[Found] = ()
    lacking: str = ""
    meant: Sequence[str] = ()
    otherwise: bool = False


def matched(wish: Wish, vocabulary: Vocabulary) -> Match:
    products = bearing(wish.names, vocabulary)
    asked = Asked(wish, products, vocabulary)
    fitting = [(each, fits) for each in products if (fits := asked.of(each))]
    return Match(
        named=" ".join(wish.names),
        found=fitting or [(each, each.variants) for each in products if wish.names],
        lacking="" if fitting else asked.words(),
        meant=wish.meant + asked.meant,
        otherwise=any(is_otherwise(each, wish.names) for each in products),
    )


def bearing(names: Sequence[str], vocabulary: Vocabulary) -> list[Product]:
    """The products that the names fit best; all if nothing is named."""
    fitting = [each for each in vocabulary.products if bears(each, names, vocabulary)]
    best = min((misfit(each, names) for each in fitting), default=None)
    return [each for each in fitting if misfit(each, names) == best]


def misfit(product: Product, names: Sequence[str]) -> tuple[int, int, bool]:
    """How many of the words neither name nor category has, how many the name hasn't, and whether it is something else.

    A Dutch oven is an `oven`; an oven glove is something else with that word in its name.
    """
    wanted, own = keys(names), name_of(product)
    return len(wanted - own - category_of(product)), len(wanted - own), not is_one(product, names)


def is_one(product: Product, names: Sequence[str]) -> bool:
    """Whether the names have the word that says what it is, by itself or at the end: a `nightlight` is a light."""
    return any(name.endswith(kind_of(product)) for name in keys(names))


def is_otherwise(product: Product, names: Sequence[str]) -> bool:
    return bool(keys(names) & name_of(product)) and not is_one(product, names)


def says_all(product: Product, names: Sequence[str]) -> bool:
    """Whether the whole name is said: that can mean nothing else, whatever follows."""
    whole = keys(plain_words(product.name))
    return len(whole) > 1 and whole <= keys(names)


def bears(product: Product, names: Sequence[str], vocabulary: Vocabulary) -> bool:
    """Whether it is called by the last of the names, and by the others that aren't just ways it may come."""
    own = name_of(product) | category_of(product)
    return not names or says_all(product, names) or (key(names[-1]) in own and keys(names) - own <= vocabulary.ways)


class Asked:
    """The versions asked for, as far as these products can be asked for in versions: `3 mugs` is none."""

    def __init__(self, wish: Wish, products: Sequence[Product], vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.meant: list[str] = []
        self.units = {unit for each in products for unit in units_of(each)}
        self.known = {word for each in products for variant in each.variants for word in called(each, variant)}
        ways = [name for name in wish.names if key(name) in vocabulary.ways - self.known]
        versions = [[*filter(None, map(self.read, version)), *ways] for version in wish.versions or [[]]]
        self.versions = [version for version in versions if version]

    def read(self, word: str) -> str:
        """The word as a version's title has it; empty if it is only a number or a short word that none has."""
        number, _, unit = word.partition(" ")
        if unit == "in" and unit not in self.units:
            return self.read(number)
        if key(word) in self.known or unit:
            return word
        if self.vocabulary.knows(word) or not SOUGHT.fullmatch(word):
            return word if SOUGHT.fullmatch(word) else ""
        return self.mended(word)

    def mended(self, word: str) -> str:
        meant = closest(word, [each for each in self.known if each[0] == word[0]], LIKENESS)
        self.meant += [meant] if meant else []
        return meant or word

    def of(self, product: Product) -> list[Variant]:
        """The product's versions that fit."""
        return [variant for variant in product.variants if self.fits(called(product, variant))]

    def fits(self, own: set[str]) -> bool:
        return not self.versions or any(keys(version) <= own for version in self.versions)

    def words(self) -> str:
        return " or ".join(" ".join(version) for version in self.versions)


def called(product: Product, variant: Variant) -> set[str]:
    return title_of(variant) | name_of(product) | category_of(product)

"""Questions about what is sold: prices, versions, what is in stock, how many there are."""

import re
from collections.abc import Sequence
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.decisions import hand_over
from actions.forms import ask_again
from actions.requests import next_request
from actions.tasks import words
from actions.tasks.items import COMMON, find_variant
from actions.tasks.items import words as words_of
from actions.threads import Waiting
from actions.wiring import crm
from switchboard.crm.contract import Crm, Product, Variant
from switchboard.errors import CrmUnavailable

COUNT = re.compile(
    r"\bhow many\b|\bnumber of\b|\bhow (?:big|large) is (?:your|the) (?:range|assortment|catalog)", re.IGNORECASE
)

STOCK = re.compile(r"\b(?:in stock|available|availability|sold out|left|out of stock|have .* in)\b", re.IGNORECASE)

FEW = 5
"""Fewer than that are called few."""

MOST_SHOWN = 6

SOUGHT = re.compile(r"[^\W\d_]{3,}")
"""What a product can be found by: neither numbers nor the shortest words."""

QUESTION_WORDS = (
    "how much is are do does you have what which the price cost of for there any in stock available sell offer many "
    "a an i can get it come colour color size version kind variant tell me about please still got carry your left "
    "sold out buy and or to want like would was different product item all range hold wait moment actually before"
)
"""Words of the question itself, which no product is looked for by."""


class ProductQuestion(Waiting):
    """Answers from the shop's own list, as it is now."""

    def name(self) -> str:
        return "action_product_question"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[dict[str, Any]]:
        try:
            dispatcher.utter_message(text=answer(crm(), tracker.latest_message["text"] or ""))
        except CrmUnavailable:
            dispatcher.utter_message(text="I'm sorry, I can't look at our products right now.")
            hand_over(dispatcher, "crm_away")
        return ask_again(tracker) or next_request(tracker)


def answer(shop: Crm, text: str) -> str:
    """What the shop has of what the text asks about."""
    wanted = [word for word in words_of(text) if word not in ASKING and SOUGHT.fullmatch(word)]
    found = find(shop, wanted)
    if COUNT.search(text):
        return counted(shop, wanted, found)
    if not found:
        return "I can't find that among what we sell. The whole range is on larkspur.example, or tell me it in other words."
    if len(found) == 1:
        return told(found[0], text)
    names = [f"{each.name}, {span(each)}" for each in found[:MOST_SHOWN]]
    more = f" and {len(found) - MOST_SHOWN} more" if len(found) > MOST_SHOWN else ""
    return f"We have {words.joined(names)}{more}."


ASKING = set(words_of(QUESTION_WORDS)) | COMMON


def find(shop: Crm, wanted: Sequence[str]) -> list[Product]:
    """The products that fit all the words, or as many of them from the end as find something: `a red stand mixer`."""
    for start in range(len(wanted)):
        for end in range(len(wanted), start, -1):
            sought = wanted[start:end]
            found = [each for each in shop.products(" ".join(sought), 50) if has_words(each, sought)]
            if found:
                return found
    return []


def has_words(product: Product, sought: Sequence[str]) -> bool:
    """Whether each word begins one of the product's: the shop also finds what only has its letters somewhere."""
    titles = " ".join(variant.title for variant in product.variants)
    own = words_of(f"{product.name} {product.category} {titles}")
    return all(any(word.startswith(each) for word in own) for each in sought)


def counted(shop: Crm, wanted: Sequence[str], found: Sequence[Product]) -> str:
    if not wanted:
        counts = shop.product_counts()
        return f"We sell {counts.products} products in {counts.variants} versions."
    if not found:
        return "We sell none of those."
    if len(found) == 1 and len(found[0].variants) > 0:
        versions = len(found[0].variants)
        return f"The {found[0].name} comes in {versions} version{'s' if versions > 1 else ''}: {listed(found[0].variants)}."
    return f"We sell {len(found)} of those: {words.joined([each.name for each in found[:MOST_SHOWN]])}."


def told(product: Product, text: str) -> str:
    """One product: the version that the text names, or all of them, each with price and stock."""
    named = find_variant(text, product.variants)
    if named and len(product.variants) > 1:
        return f"The {product.name}, {named.title}, costs {words.money(named.price)} and is {stock(named)}."
    if len(product.variants) == 1:
        only = product.variants[0]
        return f"The {product.name} ({only.title}) costs {words.money(only.price)} and is {stock(only)}."
    if STOCK.search(text):
        each = [f"{variant.title} is {stock(variant)}" for variant in product.variants]
        return f"The {product.name}: {words.joined(each)}."
    return f"The {product.name} comes in {listed(product.variants)}."


def listed(variants: Sequence[Variant]) -> str:
    return words.joined(
        [f"{each.title} ({words.money(each.price)}{'' if each.stock else ', sold out'})" for each in variants]
    )


def stock(variant: Variant) -> str:
    """How much there is, in words: nobody needs to know the exact number."""
    if variant.stock == 0:
        return "sold out right now"
    return "in stock, but only few are left" if variant.stock < FEW else "in stock"


def span(product: Product) -> str:
    prices = [variant.price for variant in product.variants]
    low, high = min(prices), max(prices)
    return words.money(low) if low == high else f"{words.money(low)} to {words.money(high)}"

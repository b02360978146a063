"""Questions about what is sold: prices, versions, what is in stock, how many there are."""

import re
from collections.abc import Sequence
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.assortment import Vocabulary, near
from actions.decisions import hand_over
from actions.forms import ask_again
from actions.matches import Found, Match, matched
from actions.requests import next_request
from actions.tasks import words
from actions.threads import Waiting
from actions.wiring import crm
from actions.wishes import sought_in, wishes_in
from switchboard.crm.contract import Crm, Product, Variant
from switchboard.errors import CrmUnavailable

COUNT = re.compile(
    r"\bhow many\b|\bnumber of\b|\bhow (?:big|large) is (?:your|the) (?:range|assortment|catalog(?:ue)?)", re.IGNORECASE
)

STOCK = re.compile(r"\b(?:in stock|available|availability|sold out|left|out of stock|have .* in)\b", re.IGNORECASE)

FEW = 5
"""Fewer than that are called few."""

MOST_SHOWN = 6

MOST_SHOWN_WITH_VERSIONS = 3

NOT_FOUND = (
    "I can't find that among what we sell. The whole range is on larkspur.example, or tell me it in other words."
)


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
    asked = COUNT.sub(" ", text)
    counting = asked != text
    sought = sought_in(asked)
    if counting and not sought:
        return counted_all(shop)
    vocabulary = Vocabulary(near(shop, sought))
    matches = [matched(wish, vocabulary) for wish in wishes_in(asked, vocabulary)]
    if not any(match.found for match in matches):
        return "We sell none of those." if counting else NOT_FOUND
    return " ".join(if_meant(match) + said(match, text, counting) for match in matches)


def counted_all(shop: Crm) -> str:
    counts = shop.product_counts()
    return f"We sell {counts.products} products in {counts.variants} versions."


def if_meant(match: Match) -> str:
    """What the customer may have misspelt is not taken for granted."""
    return f"If you mean “{' '.join(match.meant)}”: " if match.meant else ""


def said(match: Match, text: str, counting: bool) -> str:
    if not match.found:
        return f"I can't find “{match.named}” among what we sell."
    if match.lacking:
        return lacked(match)
    if match.otherwise:
        return f"With “{match.named}” in the name we have {several(match.found)}."
    if counting:
        return counted(match.found)
    if len(match.found) == 1:
        return told(*match.found[0], text)
    return f"We have {several(match.found)}."


def lacked(match: Match) -> str:
    """That the version asked for is not sold, and what is."""
    products = [product for product, _ in match.found]
    if len(products) == 1:
        return (
            f"We have no {match.lacking} version of the {products[0].name}: it comes in {listed(products[0].variants)}."
        )
    if len(products) > MOST_SHOWN_WITH_VERSIONS:
        return f"We have no {match.lacking} version of that. We have {several(match.found)}."
    each = [f"The {product.name} comes in {listed(product.variants)}." for product in products]
    return f"We have no {match.lacking} version of that. {' '.join(each)}"


def several(found: Sequence[Found]) -> str:
    """Products with what their versions cost."""
    names = [f"{product.name}, {span(versions)}" for product, versions in found[:MOST_SHOWN]]
    return words.joined(names) if len(found) <= MOST_SHOWN else f"{', '.join(names)} and {len(found) - MOST_SHOWN} more"


def counted(found: Sequence[Found]) -> str:
    if len(found) > 1:
        return f"We sell {len(found)} of those: {several(found)}."
    product, versions = found[0]
    such = "such " if len(versions) < len(product.variants) else ""
    return f"The {product.name} comes in {len(versions)} {such}version{'s' if len(versions) > 1 else ''}: {listed(versions)}."


def told(product: Product, versions: Sequence[Variant], text: str) -> str:
    """One product: the versions asked for, each with price and stock."""
    if len(versions) == 1:
        only = versions[0]
        title = f" ({only.title})" if len(product.variants) == 1 else f", {only.title},"
        return f"The {product.name}{title} costs {words.money(only.price)} and is {stock(only)}."
    if STOCK.search(text):
        each = [f"{version.title} is {stock(version)}" for version in versions]
        return f"The {product.name}: {words.joined(each)}."
    return f"The {product.name} comes in {listed(versions)}."


def listed(variants: Sequence[Variant]) -> str:
    return words.joined(
        [f"{each.title} ({words.money(each.price)}{'' if each.stock else ', sold out'})" for each in variants]
    )


def stock(variant: Variant) -> str:
    """How much there is, in words: nobody needs to know the exact number."""
    if variant.stock == 0:
        return "sold out right now"
    return "in stock, but only few are left" if variant.stock < FEW else "in stock"


def span(versions: Sequence[Variant]) -> str:
    """From the lowest price to the highest, and whether all are sold out."""
    prices = [version.price for version in versions]
    low, high = words.money(min(prices)), words.money(max(prices))
    sold_out = "" if any(version.stock for version in versions) else " (sold out)"
    return f"{low if low == high else f'{low} to {high}'}{sold_out}"

"""Which of an order's items a customer means, in their own words."""

import re
from collections.abc import Sequence

from actions.tasks.base import Unclear
from switchboard.crm.contract import OrderLine, Variant
from switchboard.crm.text import singular

NUMBERS = {
    word: number
    for number, word in enumerate(["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"], 1)
} | {
    "a": 1,
    "an": 1,
    "both": 2,
}

EVERYTHING = re.compile(r"\b(everything|all(?! right)|whole|entire|complete|both|each of them)\b", re.IGNORECASE)

LEFT_OUT = re.compile(
    r"\b(?:except(?: for)?|apart from|other than|without|(?:all|everything|anything) but|(?:but )?not)\b"
    r"(.*?)(?=[,;.]|\b(?:but|just|only)\b|$)",
    re.IGNORECASE,
)

COMMON = {"set", "of", "the", "and", "with", "for", "in", "a", "an", "size", "piece", "pieces", "new", "one", "ones"}


def read_items(text: str, lines: Sequence[OrderLine]) -> list[tuple[str, int | None]]:
    """The items that the text names, each with how many; None for all there are.

    Raises:
        Unclear: it names none.
    """
    found = find_items(text, lines)
    if not found:
        raise Unclear("I can't tell which items you mean.")
    return found


def find_items(text: str, lines: Sequence[OrderLine]) -> list[tuple[str, int | None]]:
    """The same; empty if the text names none. What is named after `except`, `without` or `not` is left out."""
    left_out = named_in(" ".join(LEFT_OUT.findall(text)), lines)
    meant = LEFT_OUT.sub(" ", text)
    named = [line for line in named_in(meant, lines) if line not in left_out]
    if named:
        return [(line.variant_id, how_many(words(meant), line)) for line in named]
    everything = left_out or EVERYTHING.search(text)
    return [(line.variant_id, None) for line in lines if line not in left_out] if everything else []


def named_in(text: str, lines: Sequence[OrderLine]) -> list[OrderLine]:
    said = set(words(text))
    return [line for line in lines if said & own_words(line, lines)]


def own_words(line: OrderLine, lines: Sequence[OrderLine]) -> set[str]:
    """The words that name this line and no other of the order."""
    others = [words(f"{other.product} {other.variant}") for other in lines if other.variant_id != line.variant_id]
    return set(words(f"{line.product} {line.variant}")) - COMMON - {word for each in others for word in each}


def how_many(said: Sequence[str], line: OrderLine) -> int | None:
    """A number within the three words before the item's name."""
    named = set(words(line.product))
    first = next((n for n, word in enumerate(said) if word in named), 0)
    for word in reversed(said[max(0, first - 3) : first]):
        if word.isdigit() or word in NUMBERS:
            number = int(word) if word.isdigit() else NUMBERS[word]
            return number if number <= line.quantity and not (word in ("a", "an") and line.quantity == 1) else None
    return None


def find_variant(text: str, variants: Sequence[Variant]) -> Variant | None:
    """The one variant whose title the text names best; None if none or several do."""
    said = set(words(text))
    scores = {variant.variant_id: len(said & (set(words(variant.title)) - COMMON)) for variant in variants}
    best = max(scores.values(), default=0)
    fitting = [variant for variant in variants if best and scores[variant.variant_id] == best]
    return fitting[0] if len(fitting) == 1 else None


def words(text: str) -> list[str]:
    """Lower-case words without the plural's s, numbers apart from their units: `28cm` is `28 cm`."""
    spaced = re.sub(r"(\d)([a-z])", r"\1 \2", text.lower())
    return [singular(word) for word in re.findall(r"[^\W_]+(?:\.\d+)?", spaced.replace("’", "'").replace("'s", ""))]

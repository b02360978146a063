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
    r"\b(?:(?P<leaving>except(?: for)?|apart from|other than|(?:all|everything|anything) but|"
    r"but(?= (?:an?|one|two|three|\d+)\b))|(?P<without>without)|(?:but )?not)\b(?P<what>.*?)(?=[,;.]|\b(?:but|just|only)\b|$)",
    re.IGNORECASE,
)

COUNT = r"(\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten)"

ALONE = re.compile(
    rf"\b(?:just|only) {COUNT}(?=\W*$|[,.;!]| (?:of|from|in|please|items?|pieces?|back)\b)|"
    rf"\b{COUNT} of (?:them|these|those|it)\b|"
    rf"^(?:(?:no|yes|ok|well|sorry)[\s,]+)*{COUNT}(?: please)?[\s.!]*$",
    re.IGNORECASE,
)
"""How many, without a name: `just one`, `two of them`, `no, 2`."""

WHICH = "I can't tell which items you mean."

COMMON = {"set", "of", "the", "and", "with", "for", "in", "a", "an", "size", "piece", "pieces", "new", "one", "ones"}


def find_items(text: str, lines: Sequence[OrderLine]) -> list[tuple[str, int | None]]:
    """The items that the text names, each with how many, None for all there are; empty if it names none.

    What is named after `except`, `without` or `not` is left out.

    Raises:
        Unclear: it leaves out what can't be told.
    """
    out = left_out(text, lines)
    meant = LEFT_OUT.sub(" ", text)
    said = set(words(meant))
    named = [line for line in lines if line not in out and said & own_words(line, lines)]
    if named:
        return [(line.variant_id, how_many(words(meant), line, lines)) for line in named]
    everything = out or EVERYTHING.search(meant)
    return [(line.variant_id, None) for line in lines if line not in out] if everything else []


def left_out(text: str, lines: Sequence[OrderLine]) -> list[OrderLine]:
    """The lines that the text leaves out, each whole: `all but one mug` leaves out some of a line, which is unclear."""
    out: list[OrderLine] = []
    own = [own_words(line, lines) for line in lines]
    for found in LEFT_OUT.finditer(text):
        said = set(words(found["what"]))
        named = [line for line, its in zip(lines, own, strict=True) if said & its]
        first = next(iter(words(found["what"])), "")
        counted = number(first) is not None or first == "all"
        unread = not named and (found["leaving"] or (found["without"] and EVERYTHING.search(text)))
        if unread or (counted and any(left(line) > 1 for line in named)):
            raise Unclear(WHICH)
        out += named
    return out


def mentions(text: str, lines: Sequence[OrderLine]) -> bool:
    """Whether the text names any of the items."""
    try:
        return bool(find_items(text, lines))
    except Unclear:
        return False


def own_words(line: OrderLine, lines: Sequence[OrderLine]) -> set[str]:
    """The words that name this line and no other of the order; `2 mugs` names no `set of 2` of something else."""
    others = [other for other in lines if other.variant_id != line.variant_id]
    several = any(other.product == line.product for other in others)
    variant = line.variant if several else re.sub(r"\bset of \d+", "", line.variant, flags=re.IGNORECASE)
    shared = {word for other in others for word in words(f"{other.product} {other.variant}")}
    return set(words(f"{line.product} {variant}")) - COMMON - shared


def how_many(said: Sequence[str], line: OrderLine, lines: Sequence[OrderLine] = ()) -> int | None:
    """The number before `of` and the item's name, else one within the three words before the name."""
    named = set(words(line.product))
    first = next((n for n, word in enumerate(said) if word in named), 0)
    for word in (_counted(said[:first], line, lines), *reversed(said[max(0, first - 3) : first])):
        count = number(word)
        if count is not None:
            return count if count <= left(line) and not (word in ("a", "an") and left(line) == 1) else None
    return None


def _counted(before: Sequence[str], line: OrderLine, lines: Sequence[OrderLine]) -> str:
    """The word before `of the 3 blue …`; empty if something else is named in between."""
    others = {word for other in lines if other is not line for word in own_words(other, lines)} | {"and"}
    for place in range(len(before) - 1, max(0, len(before) - 5), -1):
        if before[place] == "of":
            return before[place - 1]
        if before[place] in others:
            break
    return ""


def quantity_alone(text: str, line: OrderLine) -> int | None:
    """How many of the one item that is spoken of: `just one of them`; None if that isn't said, or it has fewer."""
    found = ALONE.search(text.strip())
    count = number(next(filter(None, found.groups())).lower()) if found else None
    return count if count and count <= left(line) else None


def number(word: str) -> int | None:
    return int(word) if word.isdigit() else NUMBERS.get(word)


def left(line: OrderLine) -> int:
    """How many of it have not been sent back."""
    return line.quantity - line.returned


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

"""Other versions (variants) of an order's items: which items, and which version of each."""

from typing import Any

from actions.tasks import words
from actions.tasks.base import Case, Detail, Over, Question, Unclear, choice
from actions.tasks.items import WHICH, find_items, find_variant, left, quantity_alone
from actions.tasks.words import shown
from switchboard.crm.changes import Swap
from switchboard.crm.contract import OrderLine, Variant

EVERYTHING = "everything"


def ask_items(case: Case) -> Question:
    assert case.order
    buttons = [
        {"title": f"{line.product} ({line.variant})", "payload": choice(line.variant_id)} for line in open_lines(case)
    ]
    return Question(f"Which items of order {shown(case.order.number)} is it about?", buttons)


def open_lines(case: Case) -> list[OrderLine]:
    """The order's lines of which something is left to send back."""
    assert case.order
    return [line for line in case.order.lines if left(line)]


def read_picked(case: Case, text: str) -> list[Any]:
    if text in {line.variant_id for line in open_lines(case)}:
        return [[text, None]]
    found = find_picked(case, text)
    if found is None:
        raise Unclear(WHICH)
    return found


def find_picked(case: Case, text: str) -> list[Any] | None:
    """What the text names; of the only item how many is enough."""
    found = find_items(text, open_lines(case))
    only = case.details.get("items") or only_line(case) or []
    if not found and len(only) == 1:
        line = line_of(case, only[0][0])
        quantity = quantity_alone(text, line)
        found = [(line.variant_id, quantity)] if quantity else []
    return [list(pair) for pair in found] or None


def only_line(case: Case) -> list[Any] | None:
    """An order with one item leaves nothing to ask."""
    lines = open_lines(case)
    return [[lines[0].variant_id, None]] if len(lines) == 1 else None


def line_of(case: Case, variant_id: str) -> OrderLine:
    assert case.order
    return next(line for line in case.order.lines if line.variant_id == variant_id)


def others(case: Case, line: OrderLine) -> list[Variant]:
    """The product's other versions of which as many are in stock as are to be changed."""
    wanted = dict(case.details["items"])[line.variant_id] or left(line)
    product = case.crm.product(line.product_id)
    variants = product.variants if product else ()
    return [each for each in variants if each.variant_id != line.variant_id and each.stock >= wanted]


def unsettled(case: Case) -> OrderLine:
    """The next item whose new version is not known yet."""
    known = case.details.get("versions_so_far", {})
    return next(line_of(case, each) for each, _ in case.details["items"] if each not in known)


def ask_version(case: Case) -> Question:
    line = unsettled(case)
    offered = others(case, line)
    buttons = [{"title": _offer(each, line), "payload": choice(each.variant_id)} for each in offered]
    return Question(f"Which version of the {line.product} would you like instead of {line.variant}?", buttons)


def _offer(variant: Variant, line: OrderLine) -> str:
    same = variant.price == line.unit_price
    return variant.title if same else f"{variant.title}, {words.money(variant.price)}"


def none_left(case: Case) -> None:
    """Nothing is known without asking; and nothing is asked where there is nothing to choose.

    Raises:
        Over: of one of the items no other version is in stock.
    """
    for variant_id, _ in case.details["items"]:
        line = line_of(case, variant_id)
        if not others(case, line):
            raise Over(
                f"There is no other version of the {line.product} in stock right now. I haven't changed anything."
            )


def read_versions(case: Case, text: str) -> dict[str, str]:
    """The versions known so far with the one that this answer names."""
    line = unsettled(case)
    offered = others(case, line)
    chosen = next((each for each in offered if each.variant_id == text), None) or find_variant(text, offered)
    if chosen is None:
        titles = words.joined([each.title for each in offered]) if offered else "none"
        raise Unclear(f"I can't tell which version you mean. In stock: {titles}.")
    return {**case.details.get("versions_so_far", {}), line.variant_id: chosen.variant_id}


def find_versions(case: Case, text: str) -> dict[str, str] | None:
    """What the first message says already, if it is about one item and names one of its versions."""
    picked = case.details.get("items") or []
    if len(picked) != 1:
        return None
    line = line_of(case, picked[0][0])
    chosen = find_variant(text, others(case, line))
    return {line.variant_id: chosen.variant_id} if chosen else None


def swaps(case: Case) -> tuple[Swap, ...]:
    """What the details ask for."""
    versions = case.details["versions"]
    return tuple(Swap(variant_id, versions[variant_id], quantity) for variant_id, quantity in case.details["items"])


SWAP_DETAILS = (
    Detail("items", ask_items, read_picked, given=only_line, in_passing=find_picked),
    Detail("versions", ask_version, read_versions, given=none_left, in_passing=find_versions),
)

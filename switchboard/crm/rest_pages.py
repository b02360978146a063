"""Lists that come page by page."""

from collections.abc import Callable, Iterator
from typing import Any

from switchboard.crm.http import Answer
from switchboard.crm.rest_mapping import Pages
from switchboard.crm.rest_values import at
from switchboard.errors import CrmUnavailable

Get = Callable[[dict[str, Any]], Answer | None]


def pages(rules: Pages, place: str, get: Get) -> Iterator[Any]:
    """The rows of all pages; `place` is where a page has them.

    Raises:
        CrmUnavailable: a page has no list there, or there are more than `rules.most`.
    """
    position, before = first(rules), None
    for number in range(rules.most + 1):
        answer = get(parameters(rules, position))
        rows = at(answer.data, place) if answer else []
        if not isinstance(rows, list):
            raise CrmUnavailable(f"The business system has no list at {place!r}.")
        if rows == before:  # it doesn't come in pages
            return
        if rows and number == rules.most:
            break
        yield from rows
        position, before = following(rules, position, rows, answer), rows
        if position is None:
            return
    raise CrmUnavailable(f"The business system has more than {rules.most} pages.")


def first(rules: Pages) -> Any:
    return {"number": rules.first, "offset": 0}.get(rules.kind)


def parameters(rules: Pages, position: Any) -> dict[str, Any]:
    size = {} if rules.kind == "none" else {rules.size_param: rules.size}
    return size if position is None else size | {rules.param: position}


def following(rules: Pages, position: Any, rows: list[Any], answer: Answer | None) -> Any:
    """Where the next page begins; None after the last.

    A page with fewer rows than were asked for need not be the last: the other system may give fewer at once.
    """
    more = at(answer.data, rules.next) if answer and rules.next else None
    if rules.kind == "cursor":
        return more or None
    if rules.kind == "none" or not rows or (rules.next and not more):
        return None
    return position + (1 if rules.kind == "number" else len(rows))

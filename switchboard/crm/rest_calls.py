"""Calls to somebody else's REST API, as the mapping describes them."""

import logging
from base64 import b64encode
from collections.abc import Iterator
from collections.abc import Mapping as Values
from typing import Any

from switchboard.crm.changes import ChangeName
from switchboard.crm.http import Answer, OutcomeUnknown, Remote
from switchboard.crm.rest_mapping import CallName, Mapping
from switchboard.crm.rest_pages import pages
from switchboard.crm.rest_values import at, fill, fill_path
from switchboard.errors import CrmUnavailable

log = logging.getLogger(__name__)

NOT_THERE = (404, 410)
NOT_YET = (202, 409)
"""It is still at it, or another call with our key is."""


class RestCalls:
    """The API at `url`. Every method raises CrmUnavailable when it can't be reached, or turns us away."""

    def __init__(self, mapping: Mapping, url: str, user: str, password: str) -> None:
        self.mapping = mapping
        self.remote = Remote(url or mapping.url, mapping.pace, credentials(mapping, user, password))

    def one(self, call: CallName, values: Values[str, str]) -> Any:
        """The record that a call finds; None where there is none, or no such call, or a value is empty."""
        if call not in self.mapping.calls or not all(values.values()):
            return None
        answer = self.get(call, values)
        return at(answer.data, self.mapping.calls[call].at) if answer else None

    def rows(self, call: CallName, values: Values[str, str]) -> Iterator[Any]:
        """The records of all pages; none if there is no such call."""
        if call not in self.mapping.calls:
            return iter(())
        place = self.mapping.calls[call].at
        return pages(self.mapping.pages, place, lambda page: self.get(call, values, page))

    def get(self, name: CallName, values: Values[str, str], page: Values[str, Any] | None = None) -> Answer | None:
        """The answer; None if there is nothing at this address."""
        call = self.mapping.calls[name]
        params = {**fill(call.query, values), **(page or {})}
        answer = self.remote.read(call.method, fill_path(call.path, values), params=params)
        if answer.status in NOT_THERE:
            return None
        check(answer, call.path)
        return answer

    def change(self, name: ChangeName, values: Values[str, Any], key: str) -> Answer:
        """The answer, whatever its status.

        Raises:
            OutcomeUnknown: it may have been done.
        """
        call = self.mapping.changes[name]
        path, params, body = fill_path(call.path, values), fill(call.query, values), fill(call.body, values)
        headers = {self.mapping.key_header: key}
        return self.remote.change(call.method, path, params=params, json=body, headers=headers)


def check(answer: Answer, path: str) -> None:
    """A refusal of the call itself, such as 401, is a fault of the set-up and not the customer's."""
    if not 200 <= answer.status < 300:
        log.error("The business system answers %s with status %s.", path, answer.status)
        raise CrmUnavailable


def check_change(answer: Answer, path: str) -> None:
    """As `check`, for a call that changes something.

    Raises:
        CrmUnavailable: it was not done.
        OutcomeUnknown: it may have been done, or is being done.
    """
    if answer.status in NOT_YET:
        raise OutcomeUnknown
    try:
        check(answer, path)
    except CrmUnavailable as error:
        if answer.turned_down:
            raise
        raise OutcomeUnknown from error


def credentials(mapping: Mapping, user: str, password: str) -> dict[str, str]:
    """The header that says who we are."""
    if mapping.auth == "basic":
        return {"Authorization": "Basic " + b64encode(f"{user}:{password}".encode()).decode()}
    if mapping.auth == "bearer":
        return {"Authorization": f"Bearer {password}"}
    return {mapping.auth_header: password} if mapping.auth == "header" else {}

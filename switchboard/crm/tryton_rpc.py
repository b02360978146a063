"""Tryton's JSON-RPC: a session, calls, and its way of writing dates and decimals."""

import logging
import threading
from base64 import b64encode
from collections.abc import Callable
from datetime import date, datetime, timezone
from decimal import Decimal
from typing import Any

from switchboard.crm.http import Answer, OutcomeUnknown, Pace, Remote
from switchboard.errors import CrmUnavailable

log = logging.getLogger(__name__)

Row = dict[str, Any]
NO_SESSION = 401
MOST = 1000
SAYS_NO = ("UserError", "UserWarning", "ConcurrencyException", "LoginException")


class TrytonRpc:
    """The database at `url`, such as `http://127.0.0.1:8000/shop`, as `user`.

    Every method raises CrmUnavailable when Tryton can't be reached, doesn't let us in, or refuses the call; it then did nothing.
    """

    def __init__(self, url: str, user: str, password: str, pace: Pace) -> None:
        self.user, self.password = user, password
        self.remote = Remote(url, pace)
        self.context: Row = {}
        self._session = ""
        self._lock = threading.Lock()

    def rows(
        self,
        model: str,
        domain: list[Any],
        names: list[str],
        order: str = "id ASC",
        limit: int | None = MOST,
        **context: Any,
    ) -> list[Row]:
        """Records with these fields; `party.name` is found under `party.`, then `name`."""
        column, _, way = order.partition(" ")
        params = [domain, 0, limit, [[column, way]], names]
        method = f"model.{model}.search_read"
        return result_of(self._called(self.remote.read, method, params, context), method)

    def change(self, method: str, *params: Any) -> Any:
        """Call what changes something.

        Raises:
            OutcomeUnknown: it may have been done.
        """
        answer = self._called(self.remote.change, f"model.{method}", list(params), {})
        try:
            return result_of(answer, method)
        except CrmUnavailable as error:
            if answer.turned_down or rolled_back(answer):
                raise
            raise OutcomeUnknown from error

    def _called(self, call: Callable[..., Answer], method: str, params: list[Any], context: Row) -> Answer:
        session = self._session or self._log_in("")
        answer = self._post(call, session, method, params, context)
        if answer.status == NO_SESSION:
            answer = self._post(call, self._log_in(session), method, params, context)
        return answer

    def _post(self, call: Callable[..., Answer], session: str, method: str, params: list[Any], context: Row) -> Answer:
        content = encoded([*params, {**self.context, **context}])
        body = {"id": 0, "method": method, "params": content}
        return call("POST", "rpc/", json=body, headers={"Authorization": f"Session {session}"})

    def _log_in(self, ended: str) -> str:
        """A new session in place of the one that ended, unless another thread has it already; and the user's company."""
        with self._lock:
            if self._session == ended:
                body = {"id": 0, "method": "common.db.login", "params": [self.user, {"password": self.password}, "en"]}
                user_id, token = result_of(self.remote.read("POST", "rpc/", json=body), "login")[:2]
                session = b64encode(f"{self.user}:{user_id}:{token}".encode()).decode()
                preferences = self._post(self.remote.read, session, "model.res.user.get_preferences", [True], {})
                self.context = result_of(preferences, "preferences")
                self._session = session
            return self._session


def result_of(answer: Answer, method: str) -> Any:
    """The result of a call.

    Raises:
        CrmUnavailable: there is none.
    """
    if answer.status != 200 or not isinstance(answer.data, dict) or "result" not in answer.data:
        log.error("Tryton refuses %s with status %s: %s", method, answer.status, error_of(answer)[:1])
        raise CrmUnavailable
    return decoded(answer.data["result"])


def rolled_back(answer: Answer) -> bool:
    """Whether Tryton says no on purpose, and so has done nothing. Any other error may have come after it was done."""
    return answer.status == 200 and any(kind in SAYS_NO for kind in error_of(answer)[:1])


def error_of(answer: Answer) -> list[Any]:
    """What kind of error it is, and more about it; empty if it is none."""
    error = answer.data.get("error") if isinstance(answer.data, dict) else None
    return error if isinstance(error, list) else []


def escaped(text: str) -> str:
    """The text for `like`, with nothing in it that stands for something else."""
    return "".join(f"\\{letter}" if letter in "%_\\" else letter for letter in text)


def encoded(value: Any) -> Any:
    """JSON with dates and decimals as Tryton writes them."""
    if isinstance(value, dict):
        return {name: encoded(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [encoded(part) for part in value]
    if isinstance(value, Decimal):
        return {"__class__": "Decimal", "decimal": str(value)}
    if isinstance(value, date):
        return {"__class__": "date", "year": value.year, "month": value.month, "day": value.day}
    return value


def decoded(value: Any) -> Any:
    """The values behind Tryton's JSON; its times are UTC."""
    if isinstance(value, list):
        return [decoded(part) for part in value]
    if not isinstance(value, dict):
        return value
    parts = dict(value)
    kind = parts.pop("__class__", None)
    if kind == "Decimal":
        return Decimal(parts["decimal"])
    if kind == "date":
        return date(**parts)
    if kind == "datetime":
        return datetime(**parts, tzinfo=timezone.utc)
    return {name: decoded(part) for name, part in parts.items()}

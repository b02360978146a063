"""Plays a written conversation and looks at what came of it.

A conversation in doing_things/ is a mapping:

- `title`, and `adversarial: true` if somebody tries what must not be.
- `customer`, `ways`, `plus`, `orders`: made for this conversation; `their orders` are a stranger's. See fresh_shop.py.
- `over: chat`: through the chat's API with its buttons, else through the webhook.
- `talk`: the turns, each what the customer `says`, or a part of the button's title that they press (`presses`); what the
  answer must have (`hears`), must not have (`never`), and parts of the buttons' titles. `times` sends the same message
  again, with `message id` for its id; `repeats` makes it long. `elsewhere` is said in another conversation, `meanwhile`
  is SQL that the shop does itself, `stale` a button offered earlier.
- `then`: what the rows must say, by the names in books.py, an order's by its name. Without `effects` nothing at all of
  the customer's may have changed; nothing of others' ever. `level` is 0 and nobody called unless told otherwise.

`{pan}` is the number of the order named `pan`; `{email}`, `{name}`, `{postcode}`, `{id}`, `{their email}`, … the
customer's and the stranger's; `{code}` the one-time code just sent, `{wrong code}` another.
"""

import re
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from sqlalchemy.engine import Engine

from tests.acceptance import books
from tests.acceptance.fresh_shop import welcome
from tests.acceptance.lines import Line, Replies, WebChat, Webhook, code_sent
from tests.system import System
from tests.talking import rows

Script = Mapping[str, Any]


SAID = {"says", "presses", "elsewhere", "meanwhile", "stale"}

HEARD = {"hears", "never", "buttons", "times", "message id", "repeats"}


class Play:
    """One conversation with its own customer, order and line.

    Attributes:
        names: what the script's `{words}` stand for.
        before: everybody's rows as they were: the customer's own, the others'.
    """

    def __init__(self, system: System, shop: Engine, script: Script) -> None:
        self.system, self.shop, self.script = system, shop, script
        given = {key: script[key] for key in ("ways", "plus", "orders") if key in script}
        self.shopper = welcome(shop, script.get("customer", "Ada Fenwick"), **given)
        self.stranger = welcome(shop, "Otto Brandt", orders=script.get("their orders", {}))
        rows(shop, "delete from switchboard.attempts where subject like 'origin:%'")
        self.line: Line = WebChat(system) if script.get("over") == "chat" else Webhook(system)
        self.names = self._names()
        self.before = self._rows()
        self.buttons: list[str] = []

    def _names(self) -> dict[str, str]:
        own, other = self.shopper, self.stranger
        who = {"id": str(own.customer_id), "name": own.name, "email": own.email, "postcode": own.postcode}
        theirs = {"their email": other.email, "their name": other.name, "their postcode": other.postcode}
        return {**who, **theirs, **own.orders, **other.orders}

    def run(self) -> None:
        """Play it to the end, then look into the rows."""
        for step in self.script["talk"]:
            self._step(step)
        self._check(self.script.get("then", {}))

    def _step(self, step: Script) -> None:
        assert len(SAID & set(step)) == 1, f"not a turn: {step}"
        assert set(step) <= SAID | HEARD, f"not a turn: {step}"
        if "meanwhile" in step:
            rows(self.shop, self._filled(step["meanwhile"]))
            self.before = self._rows()
            return
        if "stale" in step:
            assert isinstance(self.line, WebChat)
            assert self.line.send(str(uuid4()), button=self.line.offered[step["stale"]]).status_code == 400
            return
        message_id = step.get("message id", str(uuid4()))
        for _ in range(step.get("times", 1)):
            replies = self._send(step, message_id)
        self.buttons = [button["title"] for each in replies for button in each.get("buttons") or []]
        self._listen(step, "\n".join(each["text"] for each in replies))

    def _send(self, step: Script, message_id: str) -> Replies:
        if "presses" in step:
            wanted = self._filled(step["presses"])
            title = next((each for each in self.buttons if wanted in each), None)
            assert title, f"There is no button {wanted!r}, only {self.buttons}."
            return self.line.press(title, message_id)
        if "elsewhere" in step:
            return Webhook(self.system).say(self._filled(step["elsewhere"]), message_id)
        return self.line.say(self._filled(" ".join([step["says"]] * step.get("repeats", 1))), message_id)

    def _listen(self, step: Script, answer: str) -> None:
        said = f"{step.get('says') or step.get('presses')!r} was answered with {answer!r}, buttons {self.buttons}"
        for words in _listed(step.get("hears")):
            assert self._filled(words) in answer, f"{words!r} is missing: {said}"
        for words in _listed(step.get("never")):
            assert self._filled(words) not in answer, f"{words!r} should not be there: {said}"
        for title in _listed(step.get("buttons")):
            assert any(self._filled(title) in each for each in self.buttons), f"no button {title!r}: {said}"

    def _filled(self, words: Any) -> str:
        """The words with numbers, addresses and codes for what is in braces; other braces stay."""
        return re.sub(r"\{([a-z ]+)\}", lambda found: self._name(found[1]) or found[0], str(words))

    def _name(self, name: str) -> str | None:
        if name == "code":
            return code_sent(self.system, self.shop, self.shopper.email)
        if name == "wrong code":
            return f"{(int(code_sent(self.system, self.shop, self.shopper.email)) + 1) % 1_000_000:06}"
        return self.names.get(name)

    def _rows(self) -> tuple[str, str]:
        its = self.shopper.customer_id
        return books.mine(self.shop, its), books.everybody_elses(self.shop, its)

    def _check(self, then: Script) -> None:
        mine, others = self._rows()
        assert others == self.before[1], "somebody else's rows have changed"
        wanted = {"effects": [], "level": [0], "handed over": [], **then}
        if not wanted["effects"]:
            assert mine == self.before[0], "nothing should have changed, and something has"
        values = {"conversation": self.line.conversation(self.shop), "customer": self.shopper.customer_id}
        for what, expected in wanted.items():
            if isinstance(expected, dict):
                self._check_order(self.names[what], expected)
            else:
                query = books.CONVERSATION.get(what) or books.PROFILE[what]
                bound = {name: value for name, value in values.items() if f":{name}" in query}
                self._same(what, books.told(self.shop, query, **bound), expected)

    def _check_order(self, number: str, expected: Script) -> None:
        for what, values in expected.items():
            self._same(f"{what} of {number}", books.told(self.shop, books.ORDER[what], number=number), values)

    def _same(self, what: str, found: list[Any], expected: Any) -> None:
        wanted = [self._filled(each) if isinstance(each, str) else each for each in _listed(expected)]
        assert [str(each) for each in found] == [str(each) for each in wanted], f"{what}: {found}, expected {wanted}"


def _listed(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]

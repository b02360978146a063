"""A conversation about a task, led as a customer would, on the real shop; what Rasa understands is given."""

import re
from collections.abc import Callable
from typing import Any

from sqlalchemy.engine import Engine

from actions.forms import is_clear_yes
from actions.tasks.base import CallPerson, Over
from actions.tasks.draft import Draft
from actions.tasks.heard import Heard, order_numbers
from actions.tasks.steps import Steps
from switchboard.crm.changes import EffectKey
from switchboard.crm.sql import SqlCrm
from switchboard.identity.checking import Identity
from switchboard.identity.levels import load_levels
from switchboard.settings import Settings
from tests.talking import rows, start

OLIVIA, NOAH, HANNAH = "olivia.bennett@example.com", "noah.carter@example.com", "hannah.whitfield@example.com"


class Chat:
    """One conversation about one task.

    Attributes:
        said: what the assistant said last, all of it.
        buttons: what it offered with that.
        ended: how it ended: None while it goes on, `done`, `over`, or the reason why a person is called.
    """

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self.engine = engine
        self.crm = SqlCrm(engine)
        self.identity = Identity(settings, engine, self.crm, load_levels(settings))
        self.conversation = start(engine)
        self.messages = 0
        self.draft: Draft | None = None
        self.last_number: str | None = None

    def begin(self, task: str, text: str = "please") -> "Chat":
        self.draft, self.ended = Draft(task), None
        return self._turn(lambda steps: steps.begin(heard(text, task, task), self.last_number))

    def say(self, text: str, intent: str = "inform", early: bool = False) -> "Chat":
        return self._turn(lambda steps: steps.hear(heard(text, intent, steps.draft.task, early)))

    def press(self, title: str) -> "Chat":
        """Press the button whose title has these words."""
        payload = next(each["payload"] for each in self.buttons if title in each["title"])
        return self._turn(lambda steps: steps.hear(pressed(payload)))

    def yes(self) -> "Chat":
        return self.press("Yes")

    def known(self, number: str, email: str) -> "Chat":
        self.identity.knows_order(self.conversation, number, email)
        return self

    def proved(self, number: str, email: str) -> "Chat":
        self.known(number, email).identity.send_code(self.conversation)
        self.identity.prove(self.conversation, code_sent(self.engine))
        return self

    def _turn(self, work: Callable[[Steps], None]) -> "Chat":
        assert self.draft
        self.messages += 1
        self.draft = Draft.of(self.draft.as_json())
        steps = Steps(self.draft, self.conversation, self.crm, self.identity)
        self.buttons: Any = ()
        try:
            work(steps)
        except Over as over:
            self.said, self.ended = " ".join([*steps.says, str(over)]), "over"
            return self
        except CallPerson as call:
            self.said, self.ended = " ".join(steps.says), str(call)
            return self
        self.last_number = self.draft.number or self.last_number
        if self.draft.asking is None:
            self._do(steps)
        else:
            question = steps.question()
            self.said, self.buttons = " ".join([*steps.says, question.text]), question.buttons
        return self

    def _do(self, steps: Steps) -> None:
        case = steps.case()
        key = EffectKey(f"{self.conversation}:{self.messages}", steps.draft.task)
        request, quoted = steps.draft.proposed()
        self.said = steps.task.done(case, self.crm.carry_out(request, key, quoted))
        self.ended = "done"


def heard(text: str, intent: str, task: str, early: bool = False) -> Heard:
    numbers = order_numbers(re.findall(r"W?\d{5,7}", text), text, task)
    email = next(iter(re.findall(r"\S+@\S+\w", text)), None)
    return Heard(text, intent, numbers, email, None, is_clear_yes({"text": text}, task), early)


def pressed(payload: str) -> Heard:
    entities = re.findall(r'"(choice|order_number)": "([^"]*)"', payload)
    found = dict(entities)
    intent = re.match(r"/(\w+)", payload)[1]
    numbers = [found["order_number"]] if "order_number" in found else []
    return Heard(payload, intent, numbers, None, found.get("choice"), clear_yes=payload == "/affirm")


def code_sent(engine: Engine) -> str:
    [(body,)] = rows(engine, "select body from switchboard.mails order by mail_id desc limit 1")
    return re.search(r"\d{6}", body)[0]


def state(engine: Engine, number: str) -> str:
    [(state,)] = rows(engine, "select state from shop.orders where number = :n", n=number)
    return state


PLACED = """
with customer as (select customer_id from shop.customers where email = :email),
bought as (select variant_id, price from shop.variants join shop.products using (product_id)
  where name = 'Dune mug' and title = :version),
way as (select payment_method_id, kind from shop.payment_methods join customer using (customer_id)
  where kind <> 'gift_card' order by payment_method_id limit 1),
placed as (insert into shop.orders (number, customer_id, state, address_id, delivery, delivery_fee, total, placed_at)
  select :number, customer_id, 'pending', (select min(address_id) from shop.addresses join customer using (customer_id)),
    'standard', 0, price * :quantity, now() from customer, bought returning order_id, total),
lines as (insert into shop.order_lines (order_id, variant_id, quantity, unit_price)
  select order_id, variant_id, :quantity, price from placed, bought),
paid as (insert into shop.payments (order_id, payment_method_id, kind, amount, paid_at)
  select order_id, payment_method_id, kind, total, now() from placed, way)
select total from placed"""

ARRIVED = """
with sent as (insert into shop.shipments (carrier, tracking_number, shipped_at)
  values ('Bluebird Parcel', 'LK' || :number, now() - interval '12 days') returning shipment_id)
update shop.orders set state = 'delivered', placed_at = now() - interval '14 days',
  delivered_at = now() - interval '10 days', shipment_id = (select shipment_id from sent) where number = :number
returning number"""


def place(engine: Engine, number: str, mugs: int, version: str = "sand", delivered: bool = False) -> None:
    """One more order of Olivia's, of mugs."""
    rows(engine, PLACED, number=number, email=OLIVIA, version=version, quantity=mugs)
    if delivered:
        rows(engine, ARRIVED, number=number)

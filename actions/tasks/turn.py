"""What the parts of a task's way share while one action lasts."""

from actions.tasks.base import CallPerson, Case
from actions.tasks.draft import Draft
from actions.tasks.register import TASKS
from switchboard.crm.contract import Crm, Customer, Order
from switchboard.identity.checking import Identity

MOST_ORDERS = 20
"""Orders looked through for those that fit."""


class Known:
    """The conversation's customer and their orders, each looked up once; whoever is not known yet, again.

    Questions and previews rest on these. What is quoted and done, the shop's system looks up anew.
    """

    def __init__(self, conversation_id: str, crm: Crm, identity: Identity) -> None:
        self.conversation_id, self.crm, self.identity = conversation_id, crm, identity
        self._customer: Customer | None = None
        self._orders: list[Order] | None = None
        self._by_number: dict[str, Order | None] = {}

    def customer_if_shown(self) -> Customer | None:
        """The customer, if they have shown who they are.

        Raises:
            CallPerson: the shop's system doesn't know them any more.
        """
        if self._customer is None:
            who = self.identity.customer(self.conversation_id)
            self._customer = self.crm.customer(who.external_id) if who else None
            if who and self._customer is None:
                raise CallPerson("identity_not_confirmed")
        return self._customer

    def customer(self) -> Customer:
        found = self.customer_if_shown()
        if found is None:
            raise CallPerson("identity_not_confirmed")
        return found

    def order(self, number: str) -> Order | None:
        """The order, if it is theirs."""
        if number not in self._by_number:
            self._by_number[number] = self.crm.order(number, self.customer().external_id)
        return self._by_number[number]

    def orders(self) -> list[Order]:
        if self._orders is None:
            self._orders = self.crm.orders(self.customer().external_id, MOST_ORDERS)
        return self._orders


class Turn:
    """One message's work on one task.

    Attributes:
        draft: what is known of the task; changed in place.
        says: what is to be told before the next question.
        failed: whether the answer could not be used.
    """

    def __init__(self, draft: Draft, known: Known, says: list[str]) -> None:
        self.draft, self.known, self.says, self.task = draft, known, says, TASKS[draft.task]
        self.failed = False

    def not_used(self, why: str) -> None:
        self.says.append(why)
        self.failed = True

    def fitting(self) -> list[Order]:
        """The customer's orders for which the task can be done."""
        return [order for order in self.known.orders() if self.task.fits(order)]

    def case(self) -> Case:
        """What the task works with."""
        order = self.known.order(self.draft.number) if self.draft.number else None
        return Case(self.known.crm, self.known.customer(), order, self.draft.details)

"""The cancel flow's two calls by order number and e-mail address, on top of any adapter."""

from typing import TYPE_CHECKING

from switchboard.crm.changes import CancelOrder, EffectKey
from switchboard.crm.contract import Cancellation, Order

if TYPE_CHECKING:
    from switchboard.crm.contract import Crm


class ByEmail:
    """Give an adapter `find_order` and `cancel_order` by inheriting from this."""

    def find_order(self: "Crm", number: str, email: str) -> Order | None:
        customer = self.identify(number, email)
        return self.order(number, customer.external_id) if customer else None

    def cancel_order(
        self: "Crm", number: str, email: str, effect: EffectKey, reason: str | None = None
    ) -> Cancellation:
        customer = self.identify(number, email)
        request = CancelOrder(customer.external_id if customer else "", number, reason)
        result = self.carry_out(request, effect)
        return Cancellation(result.done, result.refused, next(iter(result.refunds), None))

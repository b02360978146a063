"""What is only told: the status, the refund and the invoice of an order, and which orders there are."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from actions.tasks import words
from actions.tasks.base import Case, Detail
from actions.tasks.status import not_found, status_text
from actions.tasks.words import shown
from switchboard.crm.contract import Order, Return
from switchboard.settings import Settings


class Told:
    """What these share: any order of the customer's fits."""

    about_order = True
    intro = again = button = ""
    details: Sequence[Detail] = ()

    def fits(self, order: Order) -> bool:
        return True

    def refuse(self, order: Order | None) -> str:
        return "You have no orders with us yet."


class TellTheStatus(Told):
    """For whom the order's number alone is not enough."""

    name = "order_status"
    title = "look up"
    intro = "For this I need to know that the order is yours."

    def tell(self, case: Case) -> str:
        assert case.order
        status = case.crm.order_status(case.order.number)
        today = datetime.now(ZoneInfo(Settings.load().timezone)).date()
        return status_text(status, today) if status else not_found(case.order.number)


class TrackTheRefund(Told):
    name = "track_refund"
    title = "look for the refund of"
    button = "Look for my refund"

    def fits(self, order: Order) -> bool:
        return bool(order.refunded or order.returns or order.state in ("cancelled", "returned"))

    def refuse(self, order: Order | None) -> str:
        return (
            f"Nothing of order {shown(order.number)} is to be refunded."
            if order
            else "None of your orders has a refund."
        )

    def tell(self, case: Case) -> str:
        assert case.order
        coming = [each for each in case.order.returns if each.received_on is None]
        return " ".join([refunded(case.order), *filter(None, (expected(case.order, each) for each in coming))])


def refunded(order: Order) -> str:
    """What has gone back so far, with its day."""
    given = [payment for payment in order.payments if payment.refunded]
    if not given:
        return nothing_back(order).format(shown(order.number))
    parts = [f"{words.money(each.refunded)} to {words.way(each.kind, each.last_four)}" for each in given]
    day = f" on {words.day(order.refunded_at)}" if order.refunded_at else ""
    late = "" if all(each.kind == "gift_card" for each in given) else " It takes 5 to 7 business days to arrive."
    return f"For order {shown(order.number)} we sent back {words.joined(parts)}{day}.{late}"


def nothing_back(order: Order) -> str:
    """Why there is no refund to tell of, with a place for the order's number."""
    if not order.payments:
        return UNTOLD
    return UNPAID if order.unpaid else NOT_YET


NOT_YET = "Nothing has gone back for order {} so far."
UNPAID = "Order {} was never paid, so there is nothing to refund."
UNTOLD = "I see neither a payment nor a refund for order {} here."


def expected(order: Order, back: Return) -> str:
    """What follows when the parcel arrives; empty if no money was paid that could go back."""
    if back.amount <= 0 and back.kind == "exchange":
        return f"The exchange {back.reference} waits for your parcel to reach us."
    if back.amount <= 0 or order.unpaid:
        return ""
    more = " more" if order.refunded else ""
    return f"{words.money(back.amount)}{more} goes back when the parcel of return {back.reference} has reached us."


class ShowTheInvoice(Told):
    name = "show_invoice"
    title = "show the invoice of"
    button = "Show me an invoice"

    def tell(self, case: Case) -> str:
        assert case.order
        number = case.order.number
        invoice = case.crm.invoice(number, case.customer.external_id)
        if invoice is None:
            return (
                f"Order {shown(number)} has no invoice yet: it is made when the order is shipped, and sent by e-mail."
            )
        lines = [f"{words.item(line)}, {words.money(line.unit_price)}" for line in invoice.lines]
        fee = f", delivery {words.money(invoice.delivery_fee)}" if invoice.delivery_fee else ""
        return (
            f"Invoice {invoice.invoice_number} of {words.day(invoice.issued_on)} for order {shown(number)}: "
            f"{words.joined(lines)}{fee}. Total: {words.money(invoice.total)}."
        )


class ShowTheOrders(Told):
    name = "show_orders"
    title = "list"
    about_order = False

    def tell(self, case: Case) -> str:
        orders = case.crm.orders(case.customer.external_id, 5)
        if not orders:
            return self.refuse(None)
        return "Your latest orders:\n" + "\n".join(f"{words.summary(order)}, {order.state}" for order in orders)

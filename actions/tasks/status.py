"""Where an order is, in words."""

from datetime import date, timedelta

from actions.tasks.words import shown
from switchboard.crm.contract import OrderStatus


def not_found(number: str) -> str:
    return f"I can't find an order with the number {shown(number)}. Please check it in your confirmation e-mail."


def status_text(status: OrderStatus, today: date) -> str:
    """The status as a sentence.

    >>> status_text(OrderStatus("12345", "processing", date(2026, 5, 2), None), date(2026, 5, 1))
    'Your order #12345 is currently being processed and is expected to ship by tomorrow.'
    """
    return f"Your order {shown(status.number)} {_STATES[status.state]}{_expected(status, today)}."


_STATES = {
    "pending": "has been received and is waiting to be packed",
    "processing": "is currently being processed",
    "shipped": "is on its way",
    "delivered": "has been delivered",
    "cancelled": "has been cancelled",
    "returned": "has been returned",
}


def _expected(status: OrderStatus, today: date) -> str:
    if status.state in ("pending", "processing") and status.expected_ship_on:
        return _by("is expected to ship", status.expected_ship_on, today)
    if status.state == "shipped" and status.expected_delivery_on:
        return _by("is expected to arrive", status.expected_delivery_on, today)
    return ""


def _by(what: str, day: date, today: date) -> str:
    if day < today:
        return " and is a little late; we are sorry about that"
    return f" and {what} by {spoken(day, today)}"


def spoken(day: date, today: date) -> str:
    """A day the way people say it."""
    near = {today: "today", today + timedelta(days=1): "tomorrow"}
    return near.get(day) or f"{day:%A, %B} {day.day}"

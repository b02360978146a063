"""The status of an order."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rasa_sdk import Action, FormValidationAction, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.decisions import hand_over
from actions.forms import count_failure, gave_up
from actions.requests import next_request
from actions.wiring import crm, settings
from switchboard.crm.contract import OrderStatus, normalise_number
from switchboard.errors import CrmUnavailable

AWAY = "I'm sorry, I can't reach our order system right now."


class ValidateOrderStatusForm(FormValidationAction):
    """Takes the number of an order that exists."""

    def name(self) -> str:
        return "validate_order_status_form"

    async def required_slots(
        self, domain_slots: list[str], dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[str]:
        return [] if gave_up(tracker) else domain_slots

    def validate_order_number(
        self, value: str, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> dict[str, Any]:
        try:
            found = crm().order_status(value)
        except CrmUnavailable:
            return {"order_number": value}
        if found:
            return {"order_number": found.number, "failures": 0}
        dispatcher.utter_message(text=not_found(value))
        return {"order_number": None, "failures": count_failure(tracker)}


class OrderStatusAction(Action):
    """Tells status and expected date of an order, which is all that its number alone may show."""

    def name(self) -> str:
        return "action_order_status"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[dict[str, Any]]:
        number = tracker.get_slot("order_number")
        if number:
            tell_status(dispatcher, number)
        elif tracker.active_loop_name:
            dispatcher.utter_message(text="I can look that up as soon as I know the order number.")
        else:
            hand_over(dispatcher, "orders", "order_not_found")
        return [SlotSet("failures", 0), *next_request(tracker)]


def tell_status(dispatcher: CollectingDispatcher, number: str) -> None:
    """Say where an order is; when the shop's system is away, say that and call a person."""
    try:
        status = crm().order_status(number)
    except CrmUnavailable:
        dispatcher.utter_message(text=AWAY)
        hand_over(dispatcher, "orders", "crm_away")
        return
    today = datetime.now(ZoneInfo(settings().timezone)).date()
    dispatcher.utter_message(text=status_text(status, today) if status else not_found(number))


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


def shown(number: str) -> str:
    """An order number the way customers write it: `#12345`, `W1234567`."""
    canonical = normalise_number(number) or number
    return f"#{canonical}" if canonical.isdigit() else canonical

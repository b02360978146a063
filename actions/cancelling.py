"""Cancelling an order: only with the e-mail address that belongs to it, and a yes to exactly that order."""

from typing import Any

from rasa_sdk import Action, FormValidationAction, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.decisions import hand_over
from actions.forms import count_failure, gave_up, is_clear_yes
from actions.orders import AWAY, shown
from actions.requests import next_request
from actions.wiring import crm
from switchboard.crm.contract import Cancellation, EffectKey, Order, Refund, normalise_number
from switchboard.errors import CrmUnavailable

Events = list[dict[str, Any]]

FORGET = ("order_number", "email", "cancel_confirmed", "order_to_cancel")
"""What the next cancellation must not take from this one."""

DONE = [*(SlotSet(slot, None) for slot in FORGET), SlotSet("failures", 0)]

WAYS = {
    "gift_card": "your gift card",
    "visa": "your Visa card",
    "mastercard": "your Mastercard",
    "american_express": "your American Express card",
    "paypal": "your PayPal account",
    "bank_transfer": "your bank account",
}

REFUSED = {
    "unknown_order": "I can't find an order with that number and e-mail address, so I haven't cancelled anything.",
    "already_cancelled": "Order {number} has been cancelled already.",
    "too_late": (
        "Order {number} is past the point where it can be cancelled. "
        "What has arrived can be sent back within 30 days, 60 with Plus: larkspur.example/returns."
    ),
}


class ValidateCancelOrderForm(FormValidationAction):
    """Takes an order number and the e-mail address that belongs to it; asks for a yes if the order can be cancelled."""

    def name(self) -> str:
        return "validate_cancel_order_form"

    async def required_slots(
        self, domain_slots: list[str], dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[str]:
        if gave_up(tracker):
            return []
        if tracker.get_slot("cancel_confirmed") is False:
            return ["cancel_confirmed"]
        return domain_slots if _may_be_cancelled(tracker) else ["order_number", "email"]

    async def get_validation_events(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> Events:
        tracker.add_slots(_take_back_answer(tracker))
        events: Events = await super().get_validation_events(dispatcher, tracker, domain)
        tracker.add_slots(events)
        return events + _reject_wrong_pair(dispatcher, tracker)

    def validate_order_number(
        self, value: str, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> dict[str, Any]:
        return {"order_number": normalise_number(value)}

    def validate_email(
        self, value: str, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> dict[str, Any]:
        return {"email": value}

    def validate_cancel_confirmed(
        self, value: bool | None, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> dict[str, Any]:
        if value and not is_clear_yes(tracker.latest_message):
            dispatcher.utter_message(text="For this I need a clear yes or no.")
            return {"cancel_confirmed": None}
        return {"cancel_confirmed": value}


class AskCancelConfirmed(Action):
    """Says exactly what will be done, and asks for a yes."""

    def name(self) -> str:
        return "action_ask_cancel_order_form_cancel_confirmed"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        number = tracker.get_slot("order_number")
        dispatcher.utter_message(
            text=f"I will cancel the whole order {shown(number)}{_with_refund(tracker)}. Shall I do that?",
            buttons=[
                {"title": "Yes, cancel it", "payload": "/affirm"},
                {"title": "No, keep it", "payload": "/deny"},
            ],
        )
        return [SlotSet("order_to_cancel", number)]


class CancelOrder(Action):
    """Cancels the confirmed order, once however often this is tried; or says why not."""

    def name(self) -> str:
        return "action_cancel_order"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        if gave_up(tracker):
            hand_over(dispatcher, "orders", "identity_not_confirmed")
        elif tracker.get_slot("cancel_confirmed") is False:
            dispatcher.utter_message(text="All right, I haven't cancelled anything. What else can I do for you?")
        else:
            self._finish(dispatcher, tracker)
        return [*DONE, *next_request(tracker)]

    def _finish(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> None:
        number = tracker.get_slot("order_number")
        try:
            result = self._cancel(tracker) if tracker.get_slot("cancel_confirmed") else _refusal(tracker)
        except CrmUnavailable:
            confirmed = tracker.get_slot("cancel_confirmed")
            doubt = "I can't say yet whether the order is cancelled." if confirmed else "I haven't cancelled anything."
            dispatcher.utter_message(text=f"{AWAY} {doubt}")
            hand_over(dispatcher, "orders", "crm_away")
            return
        dispatcher.utter_message(text=result_text(number, result))

    def _cancel(self, tracker: Tracker) -> Cancellation:
        key = EffectKey(tracker.latest_message["message_id"], self.name())
        return crm().cancel_order(tracker.get_slot("order_number"), tracker.get_slot("email"), key)


def result_text(number: str, result: Cancellation) -> str:
    """What the customer is told about a cancellation."""
    if result.refused:
        return REFUSED[result.refused].format(number=shown(number))
    return f"Done: order {shown(number)} is cancelled.{_refunded(result.refund)}"


def _refunded(refund: Refund | None) -> str:
    if refund is None:
        return " Nothing had been paid for it yet."
    when = "at once" if refund.at_once else "within 5 to 7 business days"
    return f" ${refund.amount:.2f} goes back to {WAYS[refund.way]} {when}."


def _with_refund(tracker: Tracker) -> str:
    try:
        order = _known_order(tracker)
    except CrmUnavailable:
        return ""
    return f" and refund ${order.refund.amount:.2f} to {WAYS[order.refund.way]}" if order and order.refund else ""


def _known_order(tracker: Tracker) -> Order | None:
    number, email = tracker.get_slot("order_number"), tracker.get_slot("email")
    return crm().find_order(number, email) if number and email else None


def _may_be_cancelled(tracker: Tracker) -> bool:
    """Whether a yes is worth asking for: not for an order that can't be cancelled, nor while nobody can say."""
    try:
        order = _known_order(tracker)
    except CrmUnavailable:
        return False
    return order is None or order.cancellable


def _refusal(tracker: Tracker) -> Cancellation:
    """Why the order can't be cancelled, without trying."""
    order = _known_order(tracker)
    if order is None:
        return Cancellation(cancelled=False, refused="unknown_order")
    return Cancellation(cancelled=False, refused="already_cancelled" if order.state == "cancelled" else "too_late")


def _take_back_answer(tracker: Tracker) -> Events:
    """A yes or no that comes with another order number than was asked about is no answer to the question."""
    asked = tracker.get_slot("order_to_cancel")
    named = normalise_number(tracker.get_slot("order_number") or "")
    return [SlotSet("cancel_confirmed", None)] if asked and named != asked else []


def _reject_wrong_pair(dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
    number, email = tracker.get_slot("order_number"), tracker.get_slot("email")
    try:
        if not (number and email) or crm().find_order(number, email):
            return []
    except CrmUnavailable:
        return []
    dispatcher.utter_message(text="I can't find an order with that number and e-mail address. Let us try again.")
    return [SlotSet("order_number", None), SlotSet("email", None), SlotSet("failures", count_failure(tracker))]

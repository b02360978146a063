"""The status of an order."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rasa_sdk import FormValidationAction, Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.decisions import hand_over
from actions.forms import count_failure, gave_up
from actions.knowledge import is_single
from actions.requests import is_first_of_several, next_request
from actions.tasks.heard import Heard
from actions.tasks.identifying import NOT_REMEMBERED
from actions.tasks.status import not_found, status_text
from actions.threads import Waiting, in_thread
from actions.wiring import crm, identity, settings
from switchboard.crm.contract import Order, OrderStatus, normalise_number
from switchboard.errors import CrmUnavailable

Events = list[dict[str, Any]]

AWAY = "I'm sorry, I can't reach our order system right now."

TASK = "order_status"
"""The task that tells a status to whom the order belongs, where its number alone won't do."""


class NotTold(Exception):
    """The number alone is not enough, or too many different ones were asked about."""


class ValidateOrderStatusForm(FormValidationAction):
    """Takes the number of an order that exists."""

    def name(self) -> str:
        return "validate_order_status_form"

    async def required_slots(
        self, domain_slots: list[str], dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[str]:
        return [] if gave_up(tracker) else domain_slots

    async def validate_order_number(
        self, value: str, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> dict[str, Any]:
        return await in_thread(self._check, value, dispatcher, tracker)

    def _check(self, value: str, dispatcher: CollectingDispatcher, tracker: Tracker) -> dict[str, Any]:
        heard = Heard.of(tracker)
        if heard.means_another and not heard.number:
            return {"order_number": None}
        if is_first_of_several(tracker):  # Rasa fills the slot with the last number
            value = heard.number or value
        try:
            found = find_status(tracker, value)
        except (NotTold, CrmUnavailable):  # the action says so
            return {"order_number": value}
        if found:
            return {"order_number": found.number, "failures": 0}
        dispatcher.utter_message(text=not_found(value))
        return {"order_number": None, "failures": count_failure(tracker)}


class OrderStatusAction(Waiting):
    """Tells status and expected date of an order, which is all that its number alone may show."""

    def name(self) -> str:
        return "action_order_status"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        number = tracker.get_slot("order_number")
        if number:
            return [SlotSet("failures", 0), *(tell_status(dispatcher, tracker, number) or next_request(tracker))]
        if tracker.active_loop_name:
            dispatcher.utter_message(text="I can look that up as soon as I know the order number.")
        else:
            hand_over(dispatcher, "order_not_found")
        return [SlotSet("failures", 0), *next_request(tracker)]


def tell_status(dispatcher: CollectingDispatcher, tracker: Tracker, number: str) -> Events:
    """Say where an order is, or ask who wants to know; when the shop's system is away, say that and call a person."""
    try:
        status = find_status(tracker, number)
    except NotTold:
        return _ask_who(dispatcher, tracker)
    except CrmUnavailable:
        dispatcher.utter_message(text=AWAY)
        hand_over(dispatcher, "crm_away")
        return []
    today = datetime.now(ZoneInfo(settings().timezone)).date()
    dispatcher.utter_message(text=status_text(status, today) if status else not_found(number))
    return []


def find_status(tracker: Tracker, number: str) -> OrderStatus | None:
    """The status of an order, None if there is no such order.

    Raises:
        NotTold: whose order it is has to be known first.
        CrmUnavailable: the shop's system is away.
    """
    own = _own_order(tracker, number)
    if own:
        return OrderStatus(own.number, own.state, own.expected_ship_on, own.expected_delivery_on)
    who, asked = identity(), tracker.sender_id
    if not (who.suffices(asked, TASK) and who.may_ask_about(asked, number)):
        raise NotTold
    return crm().order_status(number)


def _own_order(tracker: Tracker, number: str) -> Order | None:
    customer = identity().customer(tracker.sender_id)
    return crm().order(normalise_number(number) or number, customer.external_id) if customer else None


def _ask_who(dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
    if is_single(tracker):
        dispatcher.utter_message(text=NOT_REMEMBERED)
        return []
    if tracker.active_loop_name:
        dispatcher.utter_message(text="I can tell you that as soon as I know who you are.")
        return []
    return [SlotSet("task", TASK), FollowupAction("task_form")]

"""Whether a message asks for something to be done now, or only how it is done: the first begins a task, the second is
answered by an article that offers the task."""

import re

from actions.tasks import register
from actions.tasks.base import Button

TASKS = {
    "cancel_order": "cancel_order",
    "show_orders": "show_orders",
    "change_order": "change_items",
    "change_shipping_address": "change_order_address",
    "set_up_shipping_address": "change_profile_address",
    "delete_account": "request_deletion",
    "check_invoice": "show_invoice",
    "get_invoice": "show_invoice",
    "get_refund": "return_items",
    "track_refund": "track_refund",
    "change_payment_method": "change_order_payment",
    "cancel_membership": "cancel_membership",
}
"""The task of an intent, where the words don't say another."""

ALWAYS = ("cancel_order", "show_orders")
"""Intents that are requests however they are worded."""

LOOKS = ("show_invoice", "track_refund")

TALKED_ABOUT = re.compile(r"^(?!how|where (?:do|can)|when (?:do|can)).*\bmy\b", re.IGNORECASE)
"""What is asked to be looked for, if an order was talked about just now: `where is my refund?`"""

ACCOUNT = re.compile(r"\b(?:account|profile|default|future|from now on|new orders?|all my orders?)\b", re.IGNORECASE)

EMAIL = re.compile(r"\be-?mail|\S@\S", re.IGNORECASE)

ADDRESS = re.compile(r"\b(?:address|moved|moving)\b", re.IGNORECASE)

EXCHANGE = re.compile(
    r"\b(?:exchang\w*|sw[ao]p\w*|switch|replace\w*|another (?:size|colou?r|version)|"
    r"(?:other|different|bigger|smaller|larger) (?:size|colou?r|version|ones?))\b",
    re.IGNORECASE,
)

NOT_DONE_HERE = {
    "change_order": re.compile(
        r"\b(?:add|remove|quantit\w+|fewer|more|extra|additional|reduce|forgot|out of my order|out of it)\b",
        re.IGNORECASE,
    ),
    "set_up_shipping_address": re.compile(
        r"\b(?:second|another|additional|more than one|as well|too)\b", re.IGNORECASE
    ),
    "get_refund": re.compile(
        r"\b(?:missing|never (?:came|arrived)|lost|label|fee|membership|plus|partial|without the|not in the box)\b",
        re.IGNORECASE,
    ),
}
"""What no task does, although the intent is one of theirs."""

LEAD_IN = re.compile(
    r"^(?:(?:hi|hello|hey|good (?:morning|day|evening|afternoon)|ok|okay|so|well|and|also|then|now|oh|ah|actually|just|sorry|"
    r"excuse me|thanks|thank you|there|larkspur)\b[\s,.!:-]*)+",
    re.IGNORECASE,
)

ASKING = re.compile(
    r"^(?:how|where|what|when|which|why|who|whose|until|is|are|am|was|do|does|did|has|have|will|may|should)\b"
    r"|\b(?:how (?:do|can|could|would|should|to|does|long|many|much)|where (?:do|can|is|are)|what (?:do|is|are|happens|if|must|now)|"
    r"is (?:it|there) (?:possible|a way|any)|can i\b|could i\b|may i\b|too late|tell me|like to know|want to know|need to know)",
    re.IGNORECASE,
)

SPECIFIC = re.compile(
    r"^(?:how|where|what|why|when|which|who|tell)\b|\b(?:how (?:do|can|to)|where do|tell me)\b", re.IGNORECASE
)
"""Questions that stay questions although they name an order."""

WISH = re.compile(
    r"\b(?:please|pls|plz|kindly|i (?:want|need|wanna|wish|have to|must)|i(?:'d| would) (?:like|love|rather)|i(?:'d| would) be "
    r"(?:glad|grateful)|(?:can|could|would|will) you|let me|help me|wanna|want to|need to|would like)\b",
    re.IGNORECASE,
)

COMMAND = re.compile(
    r"^(?:change|edit|modify|update|amend|correct|fix|swap|switch|replace|exchange|return|send|refund|give|get|take|make|ship|"
    r"deliver|redirect|delete|close|erase|remove|cancel|end|stop|quit|terminate|leave|show|email|mail|resend|download|look|"
    r"find|check|track|pay|use|charge|set|put|move|start|open|reimburse|turn)\b",
    re.IGNORECASE,
)

FEWEST_WORDS = 3
"""A command of fewer is a keyword: `change order`, `cancel plus`."""


def task_for(intent: str, text: str) -> str | None:
    """The task that a message with this intent is about, None if there is none."""
    if intent in NOT_DONE_HERE and NOT_DONE_HERE[intent].search(text):
        return None
    if intent == "edit_account":
        return "change_email" if EMAIL.search(text) else "change_profile_address" if ADDRESS.search(text) else None
    if intent == "change_shipping_address" and ACCOUNT.search(text):
        return "change_profile_address"
    if intent == "get_refund" and EXCHANGE.search(text):
        return "exchange_items"
    return TASKS.get(intent)


def asked_for(intent: str, text: str, names_order: bool = False, talked_about: bool = False) -> str | None:
    """The task that the message asks to be done now; None if it only asks about it.

    Args:
        names_order: whether it names an order.
        talked_about: whether an order was talked about before.

    >>> asked_for("get_refund", "I want to return the lamp")
    'return_items'
    >>> asked_for("get_refund", "how do I return a lamp?")
    >>> asked_for("get_refund", "money back")
    """
    task = task_for(intent, text)
    if task is None or intent in ALWAYS:
        return task
    said = LEAD_IN.sub("", text.strip())
    if talked_about and task == "track_refund" and TALKED_ABOUT.search(said):
        return task
    return task if _is_request(said, task, names_order) else None


def _is_request(said: str, task: str, names_order: bool) -> bool:
    if names_order and (task in LOOKS or not SPECIFIC.search(said)):
        return True
    if ASKING.search(said):
        return False
    return bool(WISH.search(said)) or (bool(COMMAND.match(said)) and len(said.split()) >= FEWEST_WORDS)


def offer(intent: str, text: str) -> list[Button]:
    """The button that begins what the message asks about."""
    task = task_for(intent, text)
    title = register.TASKS[task].button if task else ""
    return [{"title": title, "payload": f'/inform{{"task": "{task}"}}'}] if title else []

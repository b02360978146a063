"""What a customer can be offered when a message was not understood."""

TITLES = {
    "pricing": "Prices",
    "features": "What Larkspur Plus offers",
    "account_issue": "A problem with my account",
    "cancel_order": "Cancel an order",
    "change_order": "Change an order",
    "place_order": "Place an order",
    "track_order": "Track an order",
    "change_shipping_address": "Change the delivery address",
    "set_up_shipping_address": "Add a delivery address",
    "check_cancellation_fee": "Cost of cancelling",
    "check_invoice": "See an invoice",
    "get_invoice": "Get an invoice",
    "check_payment_methods": "Ways to pay",
    "payment_issue": "A problem with a payment",
    "check_refund_policy": "Rules for returns",
    "get_refund": "Get money back",
    "track_refund": "Where is my refund?",
    "complaint": "Make a complaint",
    "review": "Write a review",
    "contact_customer_service": "Reach customer service",
    "contact_human_agent": "Talk to a person",
    "create_account": "Open an account",
    "delete_account": "Delete my account",
    "edit_account": "Change my details",
    "switch_account": "Switch accounts",
    "recover_password": "Reset my password",
    "registration_problems": "A problem signing up",
    "delivery_options": "Ways of delivery",
    "delivery_period": "Delivery times",
    "newsletter_subscription": "Newsletter",
    "change_payment_method": "Pay an order another way",
    "cancel_membership": "Cancel the Plus membership",
    "show_orders": "See my orders",
}

OFFERED = 3


def likeliest(ranking: list[dict[str, object]]) -> list[dict[str, str]]:
    """Buttons for the likeliest topics of an intent ranking, and for a person."""
    intents = [
        str(each["name"]) for each in ranking if each["name"] in TITLES and each["name"] != "contact_human_agent"
    ]
    return [button(intent) for intent in [*intents[:OFFERED], "contact_human_agent"]]


def button(intent: str) -> dict[str, str]:
    return {"title": TITLES[intent], "payload": f"/{intent}"}

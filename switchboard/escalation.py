"""Which team a customer needs. Pure: whoever asks brings the facts."""

import re

SUPPORT = "support"

TOPICS = {
    "billing": r"bill|billing|invoice|receipt|pay|payment|charge|refund|money|card|membership fee",
    "orders": r"order|deliver|delivery|parcel|package|ship|shipping|shipment|return|courier",
    "accounts": r"account|log ?in|sign ?in|password|sign ?up|registration|register",
}
"""Words, at their beginning, that name a team's topic; the first team whose word occurs is asked."""

SPECIALISTS = {
    "billing": "a billing specialist",
    "orders": "a specialist for orders and delivery",
    "accounts": "an account specialist",
    SUPPORT: "one of my colleagues",
}


def team_for(text: str) -> str:
    """The team for what the customer wrote; `support` if it names no topic."""
    for team, words in TOPICS.items():
        if re.search(rf"\b({words})", text, re.IGNORECASE):
            return team
    return SUPPORT


def announcement(team: str) -> str:
    """What the customer is told when a team is called."""
    return f"I will connect you with {SPECIALISTS[team]}. Please hold on."

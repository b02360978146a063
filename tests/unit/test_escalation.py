"""The team is found in what the customer wrote."""

import pytest

from switchboard import escalation
from switchboard.escalation import team_for


@pytest.mark.parametrize(
    ("text", "team"),
    [
        ("I need to discuss a billing issue with a representative.", "billing"),
        ("Someone charged me twice", "billing"),
        ("I want my REFUND from a person", "billing"),
        ("let me talk to a human about my invoice", "billing"),
        ("Where is my parcel? Get me a person", "orders"),
        ("a person about order 12345 please", "orders"),
        ("my delivery never came, agent!", "orders"),
        ("I can't log in, I need help from a person", "accounts"),
        ("somebody must reset my password", "accounts"),
        ("talk to a real person", "support"),
        ("agent", "support"),
        ("", "support"),
        ("I have a disorder with my repayments", "support"),
    ],
)
def test_team_for(text, team):
    assert team_for(text) == team


def test_every_team_that_can_be_found_can_be_announced():
    for team in [*escalation.TOPICS, escalation.SUPPORT]:
        assert escalation.announcement(team).endswith("Please hold on.")


def test_billing_is_announced_as_promised():
    assert escalation.announcement("billing") == "I will connect you with a billing specialist. Please hold on."

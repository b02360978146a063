"""Questions about products get the same answer from every business system."""

import pytest

from actions.products import answer
from switchboard.crm.contract import Crm


@pytest.mark.parametrize(
    ("question", "said"),
    [
        (
            "do you have a blue kettle?",
            "We have no blue version of that. The Clover electric kettle comes in steel ($69.00), black ($69.00) and "
            "cream ($74.00). The Clover tea kettle comes in steel ($49.00), forest green ($54.00) and cream ($54.00).",
        ),
        (
            "how much is the green Dutch oven?",
            "We have no green version of the Cobalt Dutch oven: it comes in 4 qt, blue ($109.00), 6 qt, blue ($139.00) "
            "and 6 qt, white ($149.00).",
        ),
        ("8 inch frying pan", "The Alder frying pan, 8 in, costs $39.00 and is in stock."),
        ("wine glasses in a set of 6", "The Marlow wine glass, set of 6, costs $69.00 and is in stock."),
        ("tea ketle in cream", "If you mean “kettle”: The Clover tea kettle, cream, costs $54.00 and is in stock."),
        ("do you have red mixers", "We have Garnet hand mixer, $59.00 and Garnet stand mixer, $329.00."),
        ("how many products do you sell?", "We sell 50 products in 114 versions."),
        ("how many blue lawn mowers do you sell?", "We sell none of those."),
    ],
)
def test_a_question_is_answered_alike(crm: Crm, question: str, said: str) -> None:
    assert answer(crm, question) == said

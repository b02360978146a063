"""What was done is told as sentences."""

from actions.past import told
from switchboard.crm.changes import Result
from switchboard.crm.effects import Past


def test_what_may_have_been_done_is_told_as_that() -> None:
    past = [
        Past("change_email", None, Result("change_email")),
        Past("cancel_order", "12346", None),
        Past("cancel_order", "12347", Result("cancel_order", refused="too_late")),
    ]

    assert told(past) == (
        "In this conversation I changed the e-mail address of your account and I may have cancelled order #12346 "
        "(our order system has not confirmed it yet)."
    )

"""All tasks by name."""

from typing import Any

from actions.tasks.cancelling import CancelAnOrder, CancelTheMembership, DeleteTheAccount
from actions.tasks.changing import (
    ChangeTheAccountsAddress,
    ChangeTheEmail,
    ChangeTheItems,
    ChangeTheOrdersAddress,
    ChangeTheOrdersPayment,
    ExchangeTheItems,
)
from actions.tasks.looking import ShowTheInvoice, ShowTheOrders, TellTheStatus, TrackTheRefund
from actions.tasks.returning import ReturnTheItems

TASKS: dict[str, Any] = {
    task.name: task
    for task in (
        CancelAnOrder(),
        ChangeTheOrdersAddress(),
        ChangeTheOrdersPayment(),
        ChangeTheItems(),
        ReturnTheItems(),
        ExchangeTheItems(),
        ChangeTheAccountsAddress(),
        ChangeTheEmail(),
        CancelTheMembership(),
        DeleteTheAccount(),
        TrackTheRefund(),
        ShowTheInvoice(),
        ShowTheOrders(),
        TellTheStatus(),
    )
}

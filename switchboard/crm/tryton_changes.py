"""Changes in Tryton. Each leaves a note with our key before anything else, and its steps can be taken again.

A call is one transaction in Tryton, but a change may need several. So a change is read back by looking whether its note is
there and what it wants is so; taken again, it goes on where it was left.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from switchboard.crm import changes
from switchboard.crm.changes import Address, Request, Result
from switchboard.crm.http import OutcomeUnknown
from switchboard.crm.tryton_addresses import add_address, is_first_address, put_first, region_id
from switchboard.crm.tryton_items import announce_return, change_lines, has_lines, return_number, wanted_lines
from switchboard.crm.tryton_reads import ADDRESS, MARK, address_of
from switchboard.crm.tryton_rpc import Row, TrytonRpc, escaped
from switchboard.errors import CrmUnavailable

TITLES = {
    "cancel_order": "Cancelled by the customer",
    "change_order_address": "Delivery address changed by the customer",
    "change_items": "Items changed by the customer",
    "return_items": "Return announced by the customer",
    "exchange_items": "Exchange announced by the customer",
    "change_profile_address": "Address changed by the customer",
    "change_email": "E-mail address changed by the customer",
    "request_deletion": "The account is to be deleted",
    "add_note": "Note from the chat",
}
SALE = ["state", "party", "currency", "invoice_address", "shipment_address", "warehouse", "payment_term",
        "lines.product", "lines.quantity", "lines.unit", "lines.unit_price", "lines.taxes",
        *(f"shipment_address.{name}" for name in ADDRESS)]  # fmt: skip


@dataclass(frozen=True)
class Task:
    """A change that is being made: what about (`sale` is empty for a change of the customer), and the note: `id` and `message`, empty if there is none yet."""

    request: Any
    plan: Result
    key: str
    party: int
    sale: Row
    note: Row


class TrytonChanges:
    """Makes changes, and finds out what became of them."""

    def __init__(self, rpc: TrytonRpc) -> None:
        self.rpc = rpc

    def make(self, request: Request, plan: Result, key: str) -> Result:
        """Leave the note, then do it. Once the note is there, a failure means that nobody knows."""
        task = self._task(request, plan, key)
        if not task.note:
            task = replace(task, note=self._leave_note(task))
        try:
            if not DONE[type(request)](self.rpc, task):
                DO[type(request)](self.rpc, task)
            return self._result(task)
        except CrmUnavailable as error:
            raise OutcomeUnknown from error

    def read_back(self, request: Request, plan: Result, key: str) -> Result | None:
        task = self._task(request, plan, key)
        return self._result(task) if task.note and DONE[type(request)](self.rpc, task) else None

    def knows(self, address: Address) -> bool:
        """Whether Tryton has the country and the region."""
        return address.region is None or region_id(self.rpc, address) is not None

    def _task(self, request: Request, plan: Result, key: str) -> Task:
        party, number = int(request.external_id), getattr(request, "number", None)
        theirs = [("number", "=", number), ("party", "=", party)]
        sales = self.rpc.rows("sale.sale", theirs, SALE) if number else []
        ours = [("message", "like", f"%{escaped(mark_of(request.name, key))}")]
        notes = self.rpc.rows("ir.note", ours, ["message"])
        return Task(request, plan, key, party, sales[0] if sales else {}, notes[0] if notes else {})

    def _leave_note(self, task: Task) -> Row:
        details = BODY[type(task.request)](task) if type(task.request) in BODY else ""
        body = "\n".join(filter(None, (TITLES[task.request.name], details, mark_of(task.request.name, task.key))))
        about = f"sale.sale,{task.sale['id']}" if task.sale else f"party.party,{task.party}"
        [number] = self.rpc.change("ir.note.create", [{"resource": about, "message": body}])
        return {"id": number, "message": body}

    def _result(self, task: Task) -> Result:
        """With the number of the return, or of the note where that is all."""
        if isinstance(task.request, SENDS_BACK):
            return replace(task.plan, reference=return_number(self.rpc, task.key))
        return replace(task.plan, reference=str(task.note["id"]) if isinstance(task.request, IS_A_NOTE) else None)


def mark_of(change: str, key: str = "") -> str:
    """How our notes end; without a key, how the end of all notes on such changes begins."""
    return f"{MARK}{change} {key}]" if key else f"{MARK}{change} "


def is_cancelled(rpc: TrytonRpc, task: Task) -> bool:
    return task.sale["state"] == "cancelled"


def cancel(rpc: TrytonRpc, task: Task) -> None:
    rpc.change("sale.sale.cancel", [task.sale["id"]])


def goes_there(rpc: TrytonRpc, task: Task) -> bool:
    return address_of(task.sale["shipment_address."]) == task.request.address


def send_there(rpc: TrytonRpc, task: Task) -> None:
    address = add_address(rpc, task.party, task.request.address)
    rpc.change("sale.sale.write", [task.sale["id"]], {"shipment_address": address})


def lives_there(rpc: TrytonRpc, task: Task) -> bool:
    return is_first_address(rpc, task.party, task.request.address)


def move_there(rpc: TrytonRpc, task: Task) -> None:
    put_first(rpc, task.party, task.request.address)


def has_email(rpc: TrytonRpc, task: Task) -> bool:
    [party] = rpc.rows("party.party", [("id", "=", task.party)], ["email"])
    return party["email"] == task.request.email.strip()


def write_email(rpc: TrytonRpc, task: Task) -> None:
    """In place of the first e-mail address."""
    mails = [("party", "=", task.party), ("type", "=", "email")]
    rows = rpc.rows("party.contact_mechanism", mails, ["id"], "sequence ASC", 1)
    email = {"value": task.request.email.strip()}
    change = ["write", [row["id"] for row in rows], email] if rows else ["create", [{"type": "email", **email}]]
    rpc.change("party.party.write", [task.party], {"contact_mechanisms": [change]})


def noted(rpc: TrytonRpc, task: Task) -> bool:
    """The note is all there is to it."""
    return True


def nothing(rpc: TrytonRpc, task: Task) -> None: ...


def is_announced(rpc: TrytonRpc, task: Task) -> bool:
    return return_number(rpc, task.key) is not None


def send_back(rpc: TrytonRpc, task: Task) -> None:
    announce_return(rpc, task.sale, task.plan, task.key)


def has_items(rpc: TrytonRpc, task: Task) -> bool:
    return has_lines(task.sale, wanted_of(task))


def change_items(rpc: TrytonRpc, task: Task) -> None:
    change_lines(rpc, task.sale, task.plan, wanted_of(task))


def wanted_of(task: Task) -> dict[int, int]:
    """Which items the order is to have, as the note says: by now the order may be half changed."""
    return {int(product): quantity for product, quantity in json.loads(task.note["message"].splitlines()[1]).items()}


SENDS_BACK = (changes.ReturnItems, changes.ExchangeItems)
IS_A_NOTE = (changes.RequestDeletion, changes.AddNote)
DONE: dict[type, Callable[[TrytonRpc, Task], bool]] = {
    changes.CancelOrder: is_cancelled,
    changes.ChangeOrderAddress: goes_there,
    changes.ChangeItems: has_items,
    changes.ReturnItems: is_announced,
    changes.ExchangeItems: is_announced,
    changes.ChangeProfileAddress: lives_there,
    changes.ChangeEmail: has_email,
    changes.RequestDeletion: noted,
    changes.AddNote: noted,
}
DO: dict[type, Callable[[TrytonRpc, Task], None]] = {
    changes.CancelOrder: cancel,
    changes.ChangeOrderAddress: send_there,
    changes.ChangeItems: change_items,
    changes.ReturnItems: send_back,
    changes.ExchangeItems: send_back,
    changes.ChangeProfileAddress: move_there,
    changes.ChangeEmail: write_email,
    changes.RequestDeletion: nothing,
    changes.AddNote: nothing,
}
BODY: dict[type, Callable[[Task], str]] = {
    changes.CancelOrder: lambda task: task.request.reason or "",
    changes.ChangeItems: lambda task: json.dumps(wanted_lines(task.sale, task.plan)),
    changes.AddNote: lambda task: task.request.text.strip(),
}

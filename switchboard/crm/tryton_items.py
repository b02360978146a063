"""Items in Tryton: other lines in a quotation, and sales that return some of another sale."""

from collections import Counter
from typing import Any

from switchboard.crm.changes import ChangedLine, Result
from switchboard.crm.tryton_rpc import Row, TrytonRpc


def wanted_lines(sale: Row, plan: Result) -> dict[int, int]:
    """How many of which variant the order will have."""
    wanted = Counter({line["product"]: int(line["quantity"]) for line in goods(sale)})
    for line in plan.lines:
        wanted[int(line.variant_id)] -= line.quantity
        wanted[int(line.to_variant_id or 0)] += line.quantity
    return {product: quantity for product, quantity in wanted.items() if quantity}


def has_lines(sale: Row, wanted: dict[int, int]) -> bool:
    there = {line["product"]: int(line["quantity"]) for line in goods(sale)}
    return there == wanted and sale["state"] != "draft"


def change_lines(rpc: TrytonRpc, sale: Row, plan: Result, wanted: dict[int, int]) -> None:
    """Back to a draft, other lines, and a quotation again: Tryton takes new lines in drafts only."""
    if sale["state"] == "quotation":
        rpc.change("sale.sale.draft", [sale["id"]])
    edits = [*fewer(sale, wanted), *more(sale, plan, wanted)]
    if edits:
        rpc.change("sale.sale.write", [sale["id"]], {"lines": edits})
    rpc.change("sale.sale.quote", [sale["id"]])


def fewer(sale: Row, wanted: dict[int, int]) -> list[Any]:
    """Lines that go, and lines with another quantity."""
    edits: list[Any] = []
    for line in goods(sale):
        quantity = wanted.get(line["product"], 0)
        if quantity == 0:
            edits.append(["delete", [line["id"]]])
        elif quantity != line["quantity"]:
            edits.append(["write", [line["id"]], {"quantity": quantity}])
    return edits


def more(sale: Row, plan: Result, wanted: dict[int, int]) -> list[Any]:
    """Lines for variants that the order did not have."""
    there = {line["product"] for line in goods(sale)}
    prices = {int(line.to_variant_id or 0): line.to_unit_price for line in plan.lines}
    like = goods(sale)[0]
    new = [product for product in wanted if product not in there]
    rows = [line_values(like, product, wanted[product], prices[product]) for product in new]
    return [["create", rows]] if rows else []


def goods(sale: Row) -> list[Row]:
    return [line for line in sale["lines."] if line["product"]]


def line_values(like: Row, product: int, quantity: int, price: Any) -> Row:
    """A new line, taxed and counted as another one."""
    taxes = [["add", like["taxes"]]] if like["taxes"] else []
    sold = {"product": product, "quantity": quantity, "unit": like["unit"], "unit_price": price}
    return {"type": "line", "taxes": taxes, **sold}


def announce_return(rpc: TrytonRpc, sale: Row, plan: Result, key: str) -> None:
    """A sale of less than nothing, with our key as its reference; what comes instead is in it too."""
    found = returns_with(rpc, key)
    ids = [row["id"] for row in found] or rpc.change("sale.sale.create", [return_values(sale, plan, key)])
    rpc.change("sale.sale.quote", ids)


def return_values(sale: Row, plan: Result, key: str) -> Row:
    same = ("party", "currency", "invoice_address", "shipment_address", "warehouse", "payment_term")
    rows = [row for line in plan.lines for row in exchanged(sale, line)]
    about = {"origin": f"sale.sale,{sale['id']}", "reference": key, "lines": [["create", rows]]}
    return {name: sale[name] for name in same} | about


def exchanged(sale: Row, line: ChangedLine) -> list[Row]:
    like = next(row for row in goods(sale) if row["product"] == int(line.variant_id))
    rows = [line_values(like, like["product"], -line.quantity, line.unit_price)]
    if line.to_variant_id:
        rows.append(line_values(like, int(line.to_variant_id), line.quantity, line.to_unit_price))
    return rows


def return_number(rpc: TrytonRpc, key: str) -> str | None:
    """The number of the return with this key, once it is announced."""
    rows = [row for row in returns_with(rpc, key) if row["state"] != "draft"]
    return rows[0]["number"] if rows else None


def returns_with(rpc: TrytonRpc, key: str) -> list[Row]:
    return rpc.rows("sale.sale", [("reference", "=", key)], ["number", "state"])

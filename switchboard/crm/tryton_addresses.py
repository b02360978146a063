"""Addresses in Tryton: with countries and regions that it has."""

from switchboard.crm.changes import Address
from switchboard.crm.tryton_reads import ADDRESS, address_of
from switchboard.crm.tryton_rpc import Row, TrytonRpc


def add_address(rpc: TrytonRpc, party: int, address: Address) -> int:
    """That address of theirs, made if it isn't there."""
    addresses = rpc.rows("party.address", [("party", "=", party)], list(ADDRESS))
    same = [row["id"] for row in addresses if address_of(row) == address]
    [found] = same[:1] or rpc.change("party.address.create", [{"party": party, **address_values(rpc, address)}])
    return found


def is_first_address(rpc: TrytonRpc, party: int, address: Address) -> bool:
    addresses = rpc.rows("party.address", [("party", "=", party)], list(ADDRESS), "sequence ASC", 1)
    return bool(addresses) and address_of(addresses[0]) == address


def put_first(rpc: TrytonRpc, party: int, address: Address) -> None:
    """A new address before all others: the first one is the default."""
    old = [row["id"] for row in rpc.rows("party.address", [("party", "=", party)], ["id"])]
    new = {"sequence": 1, **address_values(rpc, address)}
    rpc.change("party.party.write", [party], {"addresses": [["write", old, {"sequence": 10}], ["create", [new]]]})


def address_values(rpc: TrytonRpc, address: Address) -> Row:
    [country] = rpc.rows("country.country", [("code", "=", address.country)], ["id"])
    place = {"street": address.street, "city": address.city, "postal_code": address.postcode}
    return place | {"country": country["id"], "subdivision": region_id(rpc, address)}


def region_id(rpc: TrytonRpc, address: Address) -> int | None:
    code = f"{address.country}-{address.region}"
    rows = rpc.rows("country.subdivision", [("code", "=", code)], ["id"], limit=1) if address.region else []
    return rows[0]["id"] if rows else None

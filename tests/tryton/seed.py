"""Fills an empty Tryton with a company and the shop given as JSON on stdin. Run by Tryton's own Python, not ours.

Orders are taken through Tryton's own workflow, as far as each has come: quotation, confirmation, shipment, invoice, payment.

    TRYTOND_CONFIG=… python seed.py DATABASE < shop.json
"""

import json
import sys
from datetime import date
from decimal import Decimal

from proteus import Model, Wizard, config
from trytond.modules.account.tests.tools import create_chart, create_fiscalyear, get_accounts
from trytond.modules.account_invoice.tests.tools import create_payment_term, set_fiscalyear_invoice_sequences
from trytond.modules.company.tests.tools import create_company

STATES = ("quotation", "cancelled", "processing", "shipped", "done")
"""How far an order has come; those from the third on are confirmed."""


def main():
    config.set_trytond(sys.argv[1])
    shop = json.load(sys.stdin)
    places = add_countries(shop["countries"])
    pay = set_up_company()
    variants = add_products(shop["products"])
    fill_shelves(shop["products"], variants)
    parties = {customer["email"]: add_customer(customer, places) for customer in shop["customers"]}
    take_orders(shop["orders"], parties, variants, pay)


def add_countries(countries):
    """Countries by code and regions by code such as `US-OR`."""
    Country, Subdivision = Model.get("country.country"), Model.get("country.subdivision")
    places = {}
    for code, regions in countries.items():
        places[code] = country = Country(name=code, code=code)
        country.save()
        for region in regions:
            name = f"{code}-{region}"
            places[name] = Subdivision(name=region, code=name, type="state", country=country)
            places[name].save()
    return places


def set_up_company():
    """The least that Tryton sells with: company, chart of accounts, fiscal year, terms. Returns how invoices are paid."""
    create_company(currency="USD")
    create_chart()
    year = set_fiscalyear_invoice_sequences(create_fiscalyear())
    year.click("create_period")
    create_payment_term().save()
    cash, accounts = Model.get("account.journal").find([("type", "=", "cash")])[0], get_accounts()
    method = Model.get("account.invoice.payment.method")(name="Card", journal=cash)
    method.credit_account = method.debit_account = accounts["cash"]
    method.save()
    return method


def add_products(products):
    """Variants by code; the one called `DELIVERY` is the fee. Made all at once: one by one takes half a minute."""
    Category, Product = Model.get("product.category"), Model.get("product.product")
    accounts = get_accounts()
    accounting = Category(name="Sales", accounting=True)
    accounting.account_expense, accounting.account_revenue = accounts["expense"], accounts["revenue"]
    accounting.save()
    (unit,) = Model.get("product.uom").find([("name", "=", "Unit")])
    categories = {}
    for name in dict.fromkeys(product["category"] for product in products):
        categories[name] = Category(name=name)
        categories[name].save()
    rows = [
        {
            "name": product["name"],
            "type": product.get("type", "goods"),
            "salable": True,
            "default_uom": unit.id,
            "sale_uom": unit.id,
            "account_category": accounting.id,
            "categories": [("add", [categories[product["category"]].id])],
            "list_price": Decimal(product["variants"][0]["price"]),
            "products": [("create", [variant_row(variant) for variant in product["variants"]])],
        }
        for product in products
    ]
    call("product.template", "create", rows)
    return {variant.suffix_code: variant for variant in Product.find([])}


def variant_row(variant):
    return {"suffix_code": variant["sku"], "description": variant["title"], "list_price": Decimal(variant["price"])}


def fill_shelves(products, variants):
    (storage,) = Model.get("stock.location").find([("code", "=", "STO")])
    stocked = [variant for product in products for variant in product["variants"] if variant["stock"]]
    lines = [{"product": variants[v["sku"]].id, "quantity": float(v["stock"])} for v in stocked]
    row = {"location": storage.id, "empty_quantity": "keep", "lines": [("create", lines)]}
    press("stock.inventory", "confirm", call("stock.inventory", "create", [row]))


def add_customer(customer, places):
    Category = Model.get("party.category")
    party = Model.get("party.party")(name=customer["name"])
    (address,) = party.addresses
    for field in ("street", "city", "postal_code"):
        setattr(address, field, customer["address"][field])
    address.country = places[customer["address"]["country"]]
    region = customer["address"]["region"]
    address.subdivision = places[f"{customer['address']['country']}-{region}"] if region else None
    for kind in ("email", "phone"):
        if customer[kind]:
            party.contact_mechanisms.new(type=kind, value=customer[kind])
    if customer["plus"]:
        found = Category.find([("name", "=", "Plus")]) or [Category(name="Plus")]
        found[0].save()
        party.categories.append(Category(found[0].id))
    party.save()
    for message in customer["notes"]:
        Model.get("ir.note")(resource=party, message=message).save()
    return party


def take_orders(orders, parties, variants, pay):
    """All orders at once, each as far as it has come: one by one takes minutes."""
    by_state = {state: [order["number"] for order in orders if order["state"] == state] for state in STATES}
    sales = sell({order["number"]: sale_row(order, parties[order["email"]], variants) for order in orders})
    press("sale.sale", "cancel", [sales[number] for number in by_state["cancelled"]])
    sent = [sales[number] for number in by_state["shipped"] + by_state["done"]]
    press("sale.sale", "confirm", [sales[number] for number in by_state["processing"]] + sent)
    ship({sales[order["number"]]: order for order in orders if sales[order["number"]] in sent})
    settle(sent, pay)
    take_back([order for order in orders if order["returned"]], sales, parties, variants)


def sell(rows):
    """Quotations by their number."""
    ids = call("sale.sale", "create", list(rows.values()))
    press("sale.sale", "quote", ids)
    return dict(zip(rows, ids, strict=True))


def sale_row(order, party, variants):
    placed_on = date.fromisoformat(order["placed_on"])
    lines = [line_row(variants[line["sku"]], line["quantity"], line["unit_price"]) for line in order["lines"]]
    dates = {"quotation_date": placed_on, "shipping_date": order["ship_on"] and date.fromisoformat(order["ship_on"])}
    if order["state"] in STATES[2:]:
        dates["sale_date"] = placed_on
    return {"number": order["number"], **whose(party), **dates, "lines": [("create", lines)]}


def whose(party):
    (currency,) = Model.get("currency.currency").find([("code", "=", "USD")])
    terms, *_ = Model.get("account.invoice.payment_term").find([("name", "=", "Direct")])
    address = party.addresses[0].id
    addresses = {"invoice_address": address, "shipment_address": address}
    return {"party": party.id, "currency": currency.id, "payment_term": terms.id, **addresses}


def line_row(variant, quantity, price):
    sold = {"product": variant.id, "unit": variant.default_uom.id, "quantity": float(quantity)}
    return {"type": "line", "unit_price": Decimal(price), **sold}


def take_back(orders, sales, parties, variants):
    """Some comes back: announced only, or received."""
    rows = {}
    for order in orders:
        gone = [line for line in order["lines"] if line["sku"] in order["returned"]]
        lines = [line_row(variants[line["sku"]], -order["returned"][line["sku"]], line["unit_price"]) for line in gone]
        origin = f"sale.sale,{sales[order['number']]}"
        rows[order["number"]] = {**whose(parties[order["email"]]), "origin": origin, "lines": [("create", lines)]}
    back = sell(rows)
    received = [back[order["number"]] for order in orders if order["received"]]
    press("sale.sale", "confirm", received)
    parcels = [
        parcel.id for sale in Model.get("sale.sale").find([("id", "in", received)]) for parcel in sale.shipment_returns
    ]
    press("stock.shipment.out.return", "receive", parcels)


def ship(orders):
    """The shipments of these sales; `orders` says when each arrived, if it has."""
    sales = Model.get("sale.sale").find([("id", "in", list(orders))])
    parcels = {sale.shipments[0].id: orders[sale.id]["delivered_on"] for sale in sales}
    for step in ("assign_force", "pick", "pack"):
        press("stock.shipment.out", step, list(parcels))
    for parcel, delivered_on in parcels.items():
        if delivered_on:
            call("stock.shipment.out", "write", [parcel], {"effective_date": date.fromisoformat(delivered_on)})
    press("stock.shipment.out", "do", [parcel for parcel, delivered_on in parcels.items() if delivered_on])
    press("stock.shipment.out", "ship", [parcel for parcel, delivered_on in parcels.items() if not delivered_on])


def settle(sales, pay):
    """Post the invoices and have them paid."""
    found = Model.get("sale.sale").find([("id", "in", sales)])
    invoices = [invoice for sale in found for invoice in sale.invoices]
    press("account.invoice", "post", [invoice.id for invoice in invoices])
    for invoice in invoices:
        wizard = Wizard("account.invoice.pay", [Model.get("account.invoice")(invoice.id)])
        wizard.form.payment_method = pay
        wizard.execute("choice")


def press(model, button, ids):
    """A button, for all these records at once."""
    if ids:
        call(model, button, ids)


def call(model, method, *parameters):
    return getattr(Model.get(model)._proxy, method)(*parameters, config.get_config().context)


if __name__ == "__main__":
    main()

"""The customer's card beside a conversation."""

from dataclasses import replace
from html import unescape

from sqlalchemy.engine import Engine

from switchboard.crm.contract import Customer
from switchboard.crm.sql import SqlCrm
from switchboard.desk.customer import AWAY
from switchboard.errors import CrmUnavailable
from tests.deskwork import signed_in, waiting, with_sam
from tests.servers import Web
from tests.talking import rows, start

SHOWN = """
    update switchboard.conversations
       set crm = 'shop', external_id = :customer, identity_level = 1, identity_until = now() + interval '1 hour'
"""


def a_customer(engine: Engine) -> Customer:
    """Somebody who has ordered something."""
    [(customer,)] = rows(engine, "select min(customer_id)::text from shop.orders")
    return SqlCrm(engine).customer(customer)


def test_a_verified_customer_is_shown_as_the_shop_knows_them(engine, desk):
    customer, conversation, earlier = a_customer(engine), waiting(engine), start(engine)
    rows(engine, SHOWN, customer=customer.external_id)
    card = desk.get(f"/desk/fragments/conversations/{conversation}/side").text
    shown = [customer.name, customer.email, SqlCrm(engine).orders(customer.external_id)[0].number, earlier]
    assert [each for each in shown if each not in card] == []
    assert "unverified" not in card
    assert desk.get("/desk/api/inbox/waiting").json()["items"][0]["title"] == customer.name


def test_what_the_shop_remembers_of_a_customer_is_shown_once_they_are_verified(engine, desk):
    hannah, conversation = SqlCrm(engine).find_customer("hannah.whitfield@example.com"), waiting(engine)
    side = f"/desk/fragments/conversations/{conversation}/side"
    assert "Prefers e-mail" not in desk.post(side, json={"email": hannah.email}).text

    rows(engine, SHOWN, customer=hannah.external_id)

    card = unescape(desk.get(side).text)
    for ticket in SqlCrm(engine).tickets(hannah.external_id):
        assert ticket.subject in card
        assert ticket.text in card


def test_who_was_verified_when_the_person_was_called_still_is_and_later_not_any_more(engine, desk):
    customer, conversation = a_customer(engine), waiting(engine)
    side = f"/desk/fragments/conversations/{conversation}/side"
    rows(engine, SHOWN, customer=customer.external_id)
    rows(engine, "update switchboard.conversations set identity_until = now() - interval '1 minute'")
    assert "unverified" in desk.get(side).text

    rows(engine, "update switchboard.handoffs set created_at = now() - interval '10 minutes'")

    assert "unverified" not in desk.get(side).text


def test_who_writes_through_a_mails_link_is_not_verified_any_more(engine, desk):
    customer, conversation = a_customer(engine), waiting(engine)
    rows(engine, SHOWN, customer=customer.external_id)
    rows(engine, "update switchboard.conversations set identity_level = 0, identity_until = null, by_link = true")

    card = desk.get(f"/desk/fragments/conversations/{conversation}/side").text

    assert "unverified" in card
    assert customer.email not in card


def test_a_customer_who_is_not_verified_is_looked_up_and_marked(engine, desk):
    customer, conversation = a_customer(engine), waiting(engine)
    side = f"/desk/fragments/conversations/{conversation}/side"
    assert customer.name not in desk.get(side).text
    found = desk.post(side, json={"email": customer.email}).text
    assert customer.name in found
    assert "unverified" in found


def test_a_look_up_is_of_an_address_and_from_the_desks_own_pages(engine, desk):
    side = f"/desk/fragments/conversations/{waiting(engine)}/side"
    assert desk.post(side, json={"email": "kim"}).status_code == 400
    assert desk.post(side, json={"email": "kim@example.com"}, headers={"X-CSRF-Token": "x"}).status_code == 403


def test_of_earlier_conversations_only_those_one_may_open_are_links(engine, desk, dana):
    customer, conversation = a_customer(engine), waiting(engine)
    others, ours = waiting(engine, team="billing", reason="charged_twice"), waiting(engine, reason="lost_parcel")
    rows(engine, SHOWN, customer=customer.external_id)
    side = f"/desk/fragments/conversations/{conversation}/side"
    assert "Charged twice" in desk.get(side).text
    assert [others in each.get(side).text for each in (desk, dana)] == [False, True]
    assert [ours in each.get(side).text for each in (desk, dana)] == [True, True]


def test_only_the_card_asks_the_shop(settings, engine, sam):
    class Away(SqlCrm):
        asked = 0

        def find_customer(self, email):
            self.asked += 1
            raise CrmUnavailable

    conversation = with_sam(engine, sam)
    address = "insert into switchboard.contacts (conversation_id, email) values (:id, 'kim@example.com')"
    rows(engine, address, id=conversation)
    with Web(settings) as web:
        shop = Away(engine)
        web.app.state.desk = replace(web.app.state.desk, crm=shop)
        desk = signed_in(web.url)
        for part in ("entries", "head", "why", "foot"):
            desk.get(f"/desk/fragments/conversations/{conversation}/{part}")
        desk.look(conversation)
        page = desk.get(f"/desk/conversations/{conversation}").text
        assert "I want a person" in page
        assert shop.asked == 0
        side = desk.get(f"/desk/fragments/conversations/{conversation}/side").text
    assert AWAY in unescape(side)

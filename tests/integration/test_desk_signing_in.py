"""Who gets into the desk, and who doesn't."""

from dataclasses import replace
from random import choices
from string import ascii_lowercase

import httpx
import pytest

from switchboard.desk.limits import forgive, try_once_more
from switchboard.errors import TooManyAttempts
from tests.deskwork import PASSWORD, Desk, hire_with_password, signed_in
from tests.servers import Web
from tests.talking import rows

WRONG = "The e-mail address or the password is not right."


def test_with_the_right_password_one_is_in(web, sam):
    response = Desk(web.url).sign_in("sam")
    assert (response.status_code, response.headers["location"]) == (303, "/desk")


def test_an_address_may_be_written_in_any_case(web, sam):
    assert Desk(web.url).sign_in(email=" SAM@Larkspur.example").status_code == 303


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(web, sam):
    cookie = Desk(web.url).sign_in().headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Path=/desk" in cookie
    assert "Secure" not in cookie


def test_behind_https_the_cookie_goes_over_nothing_else(settings, sam):
    with Web(replace(settings, public_url="https://help.larkspur.example")) as web:
        form = {"email": "sam@larkspur.example", "password": PASSWORD}
        assert "Secure" in Desk(web.url).post("/desk/sign-in", data=form).headers["set-cookie"]


def test_the_token_is_stored_as_a_hash_only(web, engine, sam):
    desk = signed_in(web.url)
    token = desk.cookies["switchboard_desk"]
    assert rows(
        engine, "select count(*) from switchboard.agent_sessions s where s::text like :it", it=f"%{token}%"
    ) == [(0,)]


def test_a_wrong_password_an_unknown_address_and_somebody_who_left_look_the_same(web, engine, sam):
    hire_with_password(engine, "Gone", active=False, presence="away")
    tries = [("sam", "not the password"), ("nobody", PASSWORD), ("gone", PASSWORD)]
    answers = [Desk(web.url).sign_in(name, password) for name, password in tries]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.text.replace(name, "") for answer, (name, _) in zip(answers, tries, strict=True)}) == 1
    assert WRONG in answers[0].text


def test_after_five_wrong_passwords_even_the_right_one_has_to_wait(web, sam):
    statuses = [Desk(web.url).sign_in("sam", "wrong").status_code for _ in range(6)]
    assert statuses == [401] * 5 + [429]
    assert Desk(web.url).sign_in().status_code == 429


def test_an_account_that_does_not_exist_is_limited_as_well(web):
    statuses = [Desk(web.url).sign_in("nobody", "wrong").status_code for _ in range(6)]
    assert statuses == [401] * 5 + [429]


def test_an_address_can_not_try_many_accounts(web, sam):
    statuses = [Desk(web.url).sign_in(f"agent{n}", "wrong").status_code for n in range(21)]
    assert statuses == [401] * 20 + [429]


def test_an_address_that_is_too_long_for_one_is_wrong_and_not_counted(web, engine, caplog):
    letters = "".join(choices(ascii_lowercase, k=10_000))
    response = Desk(web.url).sign_in(letters)
    assert (response.status_code, WRONG in response.text) == (401, True)
    assert rows(engine, "select count(*) from switchboard.attempts") == [(0,)]
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_the_addresses_of_one_ipv6_network_are_one(engine):
    with engine.connect() as connection:
        for n in range(20):
            try_once_more(connection, f"agent{n}", f"2001:db8:1:2::{n:x}")
        forgive(connection, "agent1", "2001:db8:1:2:a::1")
        try_once_more(connection, "agent1", "2001:db8:1:2:b::1")
        with pytest.raises(TooManyAttempts):
            try_once_more(connection, "another", "2001:db8:1:2:c::1")


def test_an_office_signs_in_from_one_address(web, sam):
    statuses = [Desk(web.url).sign_in().status_code for _ in range(21)]
    assert statuses == [303] * 21


def test_tries_are_forgotten_after_a_while_and_with_the_right_password(web, engine, sam):
    for _ in range(4):
        Desk(web.url).sign_in("sam", "wrong")
    signed_in(web.url)
    assert rows(engine, "select count(*) from switchboard.attempts where kind = 'sign_in_account'") == [(0,)]
    for _ in range(5):
        Desk(web.url).sign_in("sam", "wrong")
    rows(engine, "update switchboard.attempts set created_at = created_at - interval '16 minutes'")
    signed_in(web.url)


@pytest.mark.parametrize(
    "following", ["https://evil.example", "//evil.example", "/desk//evil.example", "/desk/\\evil", "/api/x", "/desk/\n"]
)
def test_signing_in_leads_to_no_other_site(web, sam, following):
    assert Desk(web.url).sign_in(next=following).headers["location"] == "/desk"


def test_signing_in_leads_to_the_page_that_was_asked_for(web, sam):
    asked = Desk(web.url).get("/desk/inbox/team")
    assert asked.headers["location"] == "/desk/sign-in?next=/desk/inbox/team"
    assert Desk(web.url).sign_in(next="/desk/inbox/team").headers["location"] == "/desk/inbox/team"


@pytest.mark.parametrize("origin", [None, "null", "https://evil.example", "http://127.0.0.1:1"])
def test_other_sites_can_not_sign_anybody_in(web, sam, origin):
    headers = {} if origin is None else {"Origin": origin}
    form = {"email": "sam@larkspur.example", "password": PASSWORD}
    assert httpx.post(f"{web.url}/desk/sign-in", data=form, headers=headers).status_code == 403


@pytest.mark.parametrize("origin", [None, "https://evil.example"])
def test_other_sites_can_not_change_anything(web, sam, origin):
    desk = signed_in(web.url)
    del desk.headers["origin"]
    headers = {} if origin is None else {"Origin": origin}
    assert desk.post("/desk/api/presence", json={"presence": "busy"}, headers=headers).status_code == 403


@pytest.mark.parametrize("token", ["", "0" * 64, "ä"])
def test_nothing_changes_without_the_pages_token(web, engine, sam, token):
    desk = signed_in(web.url)
    response = desk.post("/desk/api/presence", json={"presence": "busy"}, headers={"X-CSRF-Token": token.encode()})
    assert response.status_code == 403
    assert rows(engine, "select presence from switchboard.agents") == [("online",)]


def test_a_token_is_of_one_session(web, sam):
    first, second = signed_in(web.url), signed_in(web.url)
    second.headers["X-CSRF-Token"] = first.headers["X-CSRF-Token"]
    assert second.post("/desk/api/alive", json={}).status_code == 403


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/desk/events"),
        ("GET", "/desk/fragments/inbox/mine"),
        ("GET", "/desk/fragments/conversations/00000000-0000-0000-0000-000000000000/entries"),
        ("GET", "/desk/api/inbox/all"),
        ("GET", "/desk/api/conversations/00000000-0000-0000-0000-000000000000"),
        ("POST", "/desk/api/conversations/00000000-0000-0000-0000-000000000000/take"),
        ("POST", "/desk/api/presence"),
        ("POST", "/desk/api/people"),
    ],
)
def test_nobody_gets_anything_without_signing_in(web, method, path):
    response = Desk(web.url).request(method, path)
    assert response.status_code == 401
    assert response.json()["error"]["code"] == "unauthorized"


@pytest.mark.parametrize(
    "end",
    [
        "update switchboard.agent_sessions set expires_at = now()",
        "update switchboard.agents set active = false, presence = 'away'",
    ],
)
def test_a_session_ends(web, engine, sam, end):
    desk = signed_in(web.url)
    rows(engine, end)
    assert desk.get("/desk/api/inbox/mine").status_code == 401


def test_who_signs_out_is_out_and_away(web, engine, sam):
    desk = signed_in(web.url)
    token = desk.cookies["switchboard_desk"]
    assert desk.post("/desk/api/sign-out", json={}).status_code == 200
    assert Desk(web.url, cookies={"switchboard_desk": token}).get("/desk/api/inbox/mine").status_code == 401
    assert rows(engine, "select presence from switchboard.agents") == [("away",)]


def test_who_is_signed_in_elsewhere_stays_there(web, engine, sam):
    elsewhere = signed_in(web.url)
    signed_in(web.url).post("/desk/api/sign-out", json={})
    assert elsewhere.get("/desk/api/inbox/mine").status_code == 200
    assert rows(engine, "select presence from switchboard.agents") == [("online",)]


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])
def test_demo_agents_get_in_from_this_machine_only(web, engine, header):
    hire_with_password(engine, "Sam", demo=True)
    assert (
        Desk(
            web.url,
        )
        .sign_in()
        .status_code
        == 303
    )
    assert (
        Desk(web.url)
        .post(
            "/desk/sign-in", data={"email": "sam@larkspur.example", "password": PASSWORD}, headers={header: "127.0.0.1"}
        )
        .status_code
        == 401
    )


def test_demo_agents_get_in_under_no_other_name(web, engine):
    hire_with_password(engine, "Sam", demo=True)
    headers = {"Host": "rebound.example", "Origin": "http://rebound.example"}
    form = {"email": "sam@larkspur.example", "password": PASSWORD}
    assert Desk(web.url).post("/desk/sign-in", data=form, headers=headers).status_code == 401


def test_a_demo_agents_session_is_worth_nothing_through_a_proxy(web, engine):
    hire_with_password(engine, "Sam", demo=True)
    desk = signed_in(web.url)
    assert desk.get("/desk/api/inbox/mine", headers={"X-Forwarded-For": "203.0.113.7"}).status_code == 401


@pytest.mark.parametrize("path", ["/desk/sign-in", "/desk/api/inbox/mine", "/desk/static/desk.css", "/desk/inbox/mine"])
def test_every_answer_is_framed_by_nobody_and_runs_only_our_scripts(web, path):
    headers = Desk(web.url).get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"


def test_pages_are_kept_in_no_cache(web, sam):
    assert signed_in(web.url).get("/desk/inbox/mine").headers["cache-control"] == "no-store"

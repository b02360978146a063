"""The call by which a site says who its customer is."""

import time
from dataclasses import replace
from typing import Any

import httpx
import jwt
import pytest
from sqlalchemy.engine import Engine

from switchboard.settings import Settings
from tests.servers import Web
from tests.talking import rows

SECRET = "shared with the shop's own site, and long enough"


def token(customer: str) -> str:
    now = int(time.time())
    return jwt.encode({"sub": customer, "aud": "switchboard", "iat": now, "exp": now + 300}, SECRET, "HS256")


def say_who(web: Web, customer: str, started: dict[str, str] | None = None) -> tuple[httpx.Response, dict[str, str]]:
    started = started or httpx.post(f"{web.url}/api/conversations").json()
    url = f"{web.url}/api/conversations/{started['conversation_id']}/identity"
    headers = {"Authorization": f"Bearer {started['token']}"}
    return httpx.post(url, json={"token": token(customer)}, headers=headers), started


def test_the_sites_word_proves_who_the_customer_is(settings: Settings, engine: Engine) -> None:
    with Web(replace(settings, identity_secret=SECRET)) as web:
        said, started = say_who(web, "1")

        assert (said.status_code, said.json()) == (200, {"level": 2})
        query = "select crm, external_id, identity_level from switchboard.conversations where conversation_id = :c"
        assert rows(engine, query, c=started["conversation_id"]) == [("shop", "1", 2)]
        assert error(say_who(web, "2", started)[0]) == (409, "other_customer")
        assert error(say_who(web, "999999")[0]) == (403, "wrong_details")


def test_a_site_without_a_secret_is_not_believed(settings: Settings) -> None:
    with Web(settings) as web:
        assert error(say_who(web, "1")[0]) == (403, "bad_identity_token")


def test_nobody_says_it_for_another_conversation(settings: Settings) -> None:
    with Web(replace(settings, identity_secret=SECRET)) as web:
        _, mine = say_who(web, "1")
        _, other = say_who(web, "2")
        assert error(say_who(web, "1", mine | {"conversation_id": other["conversation_id"]})[0]) == (
            401,
            "unauthorized",
        )


def test_where_a_conversation_comes_from_is_kept_as_a_hash(settings: Settings, engine: Engine) -> None:
    with Web(settings) as web:
        httpx.post(f"{web.url}/api/conversations")
        httpx.post(f"{web.url}/api/conversations")
    [first, second] = [origin for (origin,) in rows(engine, "select origin from switchboard.conversations")]
    assert first == second
    assert "127.0.0.1" not in first


@pytest.mark.parametrize(("proxies", "places"), [("192.0.2.1, 127.0.0.0/8", 2), ("192.0.2.1", 1)])
def test_who_comes_through_a_proxy_is_told_apart_if_it_is_one_of_ours(
    settings: Settings, engine: Engine, proxies: str, places: int
) -> None:
    with Web(replace(settings, forwarded_allow_ips=proxies)) as web:
        for address in ("203.0.113.7", "203.0.113.8"):
            httpx.post(f"{web.url}/api/conversations", headers={"X-Forwarded-For": address}).raise_for_status()
    assert rows(engine, "select count(distinct origin), count(*) from switchboard.conversations") == [(places, 2)]


def error(response: httpx.Response) -> tuple[int, Any]:
    return response.status_code, response.json()["error"]["code"]

"""What a link's token opens, and for how long."""

import pytest

from switchboard.conversations.links import VALID_SECONDS, link, opens, sign
from switchboard.settings import Settings

MINE = "11111111-1111-4111-8111-111111111111"
YOURS = "22222222-2222-4222-8222-222222222222"


def test_a_token_opens_its_conversation_until_it_expires() -> None:
    token = sign("secret", MINE, now=1_000)

    assert opens("secret", MINE, token, now=1_000 + VALID_SECONDS - 1)
    assert not opens("secret", MINE, token, now=1_000 + VALID_SECONDS)
    assert not opens("secret", YOURS, token, now=1_000)
    assert not opens("another", MINE, token, now=1_000)


def test_neither_conversation_nor_expiry_can_be_changed() -> None:
    _, expires, signature = sign("secret", MINE).split(".")

    assert not opens("secret", YOURS, f"{YOURS}.{expires}.{signature}")
    assert not opens("secret", MINE, f"{MINE}.{int(expires) + 1}.{signature}")
    assert not opens("secret", MINE, f"{MINE}.0{expires}.{signature}x")


@pytest.mark.parametrize("token", ["", ".", "..", MINE, f"{MINE}.9", f"{MINE}.²²²²²²²²²².x", f"{MINE}.99999999999.é"])
def test_what_is_no_token_opens_nothing(token: str) -> None:
    assert not opens("secret", MINE, token)


def test_without_a_secret_nothing_is_opened() -> None:
    assert not opens("", MINE, sign("", MINE))


@pytest.mark.parametrize(
    ("settings", "page"),
    [
        (Settings(), "http://127.0.0.1:8000/#chat="),
        (Settings(host="0.0.0.0", port=80), "http://127.0.0.1:80/#chat="),
        (Settings(host="::1"), "http://[::1]:8000/#chat="),
        (Settings(public_url="https://help.example/"), "https://help.example/#chat="),
    ],
)
def test_a_link_leads_to_the_page_of_the_chat(settings: Settings, page: str) -> None:
    assert link(Settings(**{**settings.__dict__, "link_secret": "secret"}), MINE).startswith(page + MINE)

"""Deliveries are signed as the Standard Webhooks specification says, so that its libraries verify them."""

import base64
import hmac
from hashlib import sha256
from pathlib import Path

import pytest

from switchboard.errors import SettingsError
from switchboard.settings import Settings
from switchboard.webhooks.delivery import Pace
from switchboard.webhooks.signing import new_secret, signed_headers, verify

SECRET = "whsec_" + base64.b64encode(bytes(range(24))).decode()
BODY = '{"type":"message","text":"Grüße"}'.encode()
NOW = 1_700_000_000


def test_the_signature_is_an_hmac_over_id_timestamp_and_body():
    headers = signed_headers(SECRET, "17", BODY, NOW)

    expected = hmac.new(bytes(range(24)), b"17.1700000000." + BODY, sha256).digest()
    assert headers == {
        "webhook-id": "17",
        "webhook-timestamp": "1700000000",
        "webhook-signature": "v1," + base64.b64encode(expected).decode(),
    }


def test_it_is_the_one_that_the_specifications_libraries_make():
    """The example of its reference libraries' own tests."""
    headers = signed_headers(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}', 1614265330
    )

    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_what_was_signed_verifies():
    assert verify(SECRET, signed_headers(SECRET, "17", BODY, NOW), BODY, NOW + 299)


@pytest.mark.parametrize(
    "changed",
    [
        {"webhook-id": "18"},
        {"webhook-timestamp": str(NOW + 1)},
        {"webhook-timestamp": "soon"},
        {"webhook-signature": "v1,AAAA"},
        {"webhook-signature": ""},
        {"webhook-signature": "v1,ä"},
    ],
)
def test_changed_headers_do_not_verify(changed):
    assert not verify(SECRET, signed_headers(SECRET, "17", BODY, NOW) | changed, BODY, NOW)


def test_another_body_does_not_verify():
    assert not verify(SECRET, signed_headers(SECRET, "17", BODY, NOW), BODY + b" ", NOW)


def test_another_secret_does_not_verify():
    assert not verify(new_secret(), signed_headers(SECRET, "17", BODY, NOW), BODY, NOW)


@pytest.mark.parametrize("seconds", [-301, 301])
def test_a_call_that_is_repeated_later_does_not_verify(seconds):
    assert not verify(SECRET, signed_headers(SECRET, "17", BODY, NOW), BODY, NOW + seconds)


def test_one_of_several_signatures_is_enough():
    headers = signed_headers(SECRET, "17", BODY, NOW)
    headers["webhook-signature"] = f"v1,AAAA {headers['webhook-signature']}"

    assert verify(SECRET, headers, BODY, NOW)


def test_the_lines_in_the_documentation_verify_it():
    page = (Path(__file__).parents[2] / "docs/channels.md").read_text(encoding="utf-8")
    (snippet,) = (part.partition("```")[0] for part in page.split("```python\n")[1:])
    names: dict = {}
    exec(snippet, names)
    headers = signed_headers(SECRET, "17", BODY)

    assert names["verified"](SECRET, headers, BODY)
    assert not names["verified"](new_secret(), headers, BODY)
    assert not names["verified"](SECRET, headers, BODY + b" ")
    assert not names["verified"](SECRET, signed_headers(SECRET, "17", BODY, NOW), BODY)


def test_a_generated_secret_is_one_that_the_settings_take():
    assert Settings(webhook_secret=new_secret()).webhook_secret.startswith("whsec_")


@pytest.mark.parametrize(
    "secret", ["secret", "whsec_", "whsec_short", "whsec_" + "A" * 33, SECRET.removeprefix("whsec_")]
)
def test_another_kind_of_secret_is_refused(secret):
    with pytest.raises(SettingsError, match="WEBHOOK_SECRET"):
        Settings(webhook_secret=secret)


def test_webhooks_name_their_receivers():
    settings = Settings(webhooks="shop=https://shop.example/in?a=b, local=http://127.0.0.1:9/,")

    assert settings.webhook_urls == {"shop": "https://shop.example/in?a=b", "local": "http://127.0.0.1:9/"}


@pytest.mark.parametrize(
    "pairs",
    ["https://shop.example", "shop=", "shop=ftp://shop.example", "shop=file:///etc", "a b=http://c", "shop=http:///x"],
)
def test_only_named_web_addresses_are_taken(pairs):
    with pytest.raises(SettingsError, match="WEBHOOKS"):
        Settings(webhooks=pairs)


def test_pauses_double_up_to_an_hour():
    assert [Pace().pause(tries) for tries in (1, 2, 3, 10, 11, 2000)] == [5, 10, 20, 2560, 3600, 3600]


def test_tries_end_after_a_day_and_never_before_the_fifth():
    day = 24 * 3600
    assert [Pace().is_over(*each) for each in [(33, day - 1), (4, 9 * day), (5, day), (33, day)]] == [
        False, False, True, True,
    ]  # fmt: skip


def test_the_documented_number_of_tries_is_what_fits_into_a_day():
    age, tries = 0.0, 1
    while not Pace().is_over(tries, age):
        age, tries = age + Pace().pause(tries), tries + 1
    assert tries == 34

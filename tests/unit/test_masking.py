"""Card numbers are cut to four digits; what only looks like one stays."""

import time

import pytest

from switchboard.privacy.masking import is_card_number, mask_cards


@pytest.mark.parametrize(
    "number",
    [
        "4111111111111111",
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "4111.1111.1111.1111",
        "4111 - 1111 - 1111 - 1111",
        "4111  1111  1111  1111",
        "4111\u00a01111\u00a01111\u00a01111",
        "4111\u20131111\u20131111\u20131111",
        "\uff14\uff11\uff11\uff11 1111 1111 \u0661\u0661\u0661\u0661",
        "4222222222222",
        "6304 0000 0000 0000 00",
    ],
)
def test_a_card_number_is_masked_however_it_is_written(number):
    assert mask_cards(f"pay with {number}, please").startswith("pay with [card ending in ")


def test_the_last_four_digits_stay():
    assert mask_cards("3782 822463 10005") == "[card ending in 0005]"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("12345 4111 1111 1111 1111", "12345 [card ending in 1111]"),
        ("4111 1111 1111 1111 123", "[card ending in 1111] 123"),
        ("4111 1111 1111 1111 12/26 737", "[card ending in 1111] 12/26 737"),
        ("2 x 4111111111111111 5555555555554444", "2 x [card ending in 1111] [card ending in 4444]"),
        ("card:4111111111111111.", "card:[card ending in 1111]."),
        ("-4111111111111111-", "-[card ending in 1111]-"),
    ],
)
def test_a_card_number_is_found_beside_other_numbers(text, masked):
    assert mask_cards(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "order #12345",
        "orders 12345, 12346 and W1234567",
        "12345\n67890\n12346",
        "call me on +49 151 23456789",
        "+4915123456789012",
        "on 2026-11-20 12345 came",
        "4111 1111 1111 1112",
        "invoice 2026-000123",
        "41111111111111111111111111",
    ],
)
def test_other_numbers_stay(text):
    assert mask_cards(text) == text


@pytest.mark.parametrize(
    ("digits", "valid"),
    [("4111111111111111", True), ("4111111111111112", False), ("0" * 12, False), ("0" * 13, True), ("0" * 20, False)],
)
def test_luhn(digits, valid):
    assert is_card_number(digits) is valid


def test_a_long_message_of_digits_takes_no_time():
    started = time.process_time()

    mask_cards("4 " * 2_500)
    mask_cards("4" * 5_000)

    assert time.process_time() - started < 1

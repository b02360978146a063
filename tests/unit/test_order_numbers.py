"""Customers write an order's number in many ways; the shop stores one."""

import pytest

from switchboard.crm.contract import LONGEST_NUMBER, normalise_number


@pytest.mark.parametrize(
    "text",
    [
        "12345",
        "#12345",
        " # 12345 ",
        "order 12345",
        "Order #12345.",
        "ORDER NO. 12345?",
        "order number: 12345",
        "１２３４５",
    ],
)
def test_a_number_from_the_site_is_five_digits(text: str) -> None:
    assert normalise_number(text) == "12345"


@pytest.mark.parametrize("text", ["W1234567", "w1234567", "#w1234567", "order W1234567!"])
def test_a_number_from_the_app_is_w_and_seven_digits(text: str) -> None:
    assert normalise_number(text) == "W1234567"


@pytest.mark.parametrize(
    "text",
    ["", "#", "1234", "123456", "W123456", "X1234567", "1234567", "my order", "12345 12346", "12345'--", "12345\x00"],
)
def test_anything_else_is_no_number(text: str) -> None:
    assert normalise_number(text) is None


def test_a_long_text_is_refused_at_once() -> None:
    assert normalise_number("#" * 1_000_000 + "12345") is None
    assert normalise_number("#" * LONGEST_NUMBER + "12345") is None

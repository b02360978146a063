"""What the desk reads out of texts: summaries, details, and what the assistant is told on its return."""

import pytest

from switchboard.desk.summary import summarise
from switchboard.turns.details import amounts, emails, order_numbers
from switchboard.turns.resuming import slots


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("order #12345", ["12345"]),
        ("12345 and 12345", ["12345"]),
        ("w1234567.", ["W1234567"]),
        ("is it 12345, or 54321?", ["12345", "54321"]),
        ("$12345", []),
        ("12345€", []),
        ("12,345 or 12345.50", []),
        ("123456 and 1234", []),
        ("kim12345@example.com, 12345@example.com", []),
        ("call +49 12345-678", []),
    ],
)
def test_order_numbers_are_the_shops_and_nothing_else(text, found):
    assert order_numbers(text) == found


def test_addresses_end_where_they_end():
    assert emails("It's Kim.Lee+shop@mail.example.com. Or <a@b.co>") == ["kim.lee+shop@mail.example.com", "a@b.co"]


def test_sums_are_quoted_as_they_were_written():
    assert amounts("$1,249.50 instead of 99 dollars, $1,249.50!") == ["$1,249.50", "99 dollars"]


def test_a_summary_is_what_the_customer_wants_and_names():
    written = [
        "Hi there",
        "I bought a kettle last week. It arrived broken, order #12345. My sister has the same one in blue.",
        "ok",
        "I want a refund of $49.90 to my card.",
        "thanks a lot for your help",
    ]
    assert summarise(written) == [
        "It arrived broken, order #12345.",
        "I want a refund of $49.90 to my card.",
        "Order: 12345",
        "Amount: $49.90",
    ]


def test_a_question_that_is_asked_again_is_in_the_summary_once():
    assert summarise(["where is my order?", "WHERE IS MY ORDER NOW?!"]) == ["WHERE IS MY ORDER NOW?!"]


def test_a_summary_stays_short():
    written = [
        f"Why is parcel {n} of my orders still missing from {place}?"
        for n, place in enumerate(["Kiel", "Rome", "Oslo", "Bonn"])
    ]
    assert len(summarise(written)) == 3
    [line] = summarise(["I need help because " + "nothing works " * 50])
    assert len(line) <= 242


@pytest.mark.parametrize("written", [[], [""], ["hi"], ["ok", "yes"], ["...", "?"]])
def test_of_nothing_there_is_no_summary(written):
    assert summarise(written) == []


def test_a_summary_says_nothing_that_the_customer_did_not():
    written = ["I can't log in!\nIt says error 12345. Is that my order? Write to kim@example.com please."]
    words = "\n".join(written)
    assert all(line.partition(": ")[2] in words or line in words for line in summarise(written))


def test_the_assistant_is_told_what_was_named_last():
    assert slots(["Kim@example.com", "11111 is wrong, it is 22222", "order 33333"]) == {"order_number": "22222"}


@pytest.mark.parametrize(
    ("latest_first", "number"),
    [
        (["please send it to 12 Elm St, Springfield IL 62704 then", "it is order 12345"], "12345"),
        (["12 Elm St, Springfield, IL  62704-1234", "it is order 12345"], "12345"),
        (["my zip code is 62704", "the zip: 62704", "12345"], "12345"),
        (["order 12345 goes to 12 Elm St, Springfield 62704"], "12345"),
        (["order number is 12345, the article is 54321"], "12345"),
        (["#12345 or what, the zip of Springfield is 62704?"], "12345"),
        (["W1234567, and I live in 62704"], "W1234567"),
        (["for order W1234567? No, 12345 it is.", "order #12345"], "12345"),
        (["IS IT 12345 OR 23456"], "23456"),
        (["order" + " " * 5_000 + "12345"], "12345"),
    ],
)
def test_a_number_that_is_called_an_order_is_one_before_others(latest_first, number):
    assert slots(latest_first) == {"order_number": number}


def test_the_assistant_is_told_nothing_that_was_not_named():
    assert slots(["hello", "it is broken"]) == {}

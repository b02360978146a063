"""Dates in customers' words, on Friday, 20 November 2026."""

from datetime import date

import pytest

from switchboard.understanding.dates import find_dates, shifted

TODAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("text", "span", "iso"),
    [
        ("will it come today", "today", "2026-11-20"),
        ("deliver it tomorrow morning please", "tomorrow morning", "2026-11-21"),
        ("I paid yesterday", "yesterday", "2026-11-19"),
        ("it broke last night", "last night", "2026-11-19"),
        ("ordered last Tuesday", "last Tuesday", "2026-11-17"),
        ("ordered last Friday", "last Friday", "2026-11-13"),
        ("can it come next Tuesday", "next Tuesday", "2026-11-24"),
        ("can it be here by Monday", "Monday", "2026-11-23"),
        ("it was delivered on Monday", "Monday", "2026-11-16"),
        ("I bought it two weeks ago", "two weeks ago", "2026-11-06"),
        ("about 3 days ago", "3 days ago", "2026-11-17"),
        ("a month ago", "a month ago", "2026-10-20"),
        ("will you ship in two weeks", "in two weeks", "2026-12-04"),
        ("the one from last week", "last week", "2026-11-09"),
        ("I moved last month", "last month", "2026-10-01"),
        ("away next year", "next year", "2027-01-01"),
        ("I ordered on the 3rd of June", "3rd of June", "2026-06-03"),
        ("placed on May 4", "May 4", "2026-05-04"),
        ("12 March 2026", "12 March 2026", "2026-03-12"),
        ("on January 5th, 2027", "January 5th, 2027", "2027-01-05"),
        ("bought on 2026-03-12", "2026-03-12", "2026-03-12"),
        ("bought on 3/12/2026", "3/12/2026", "2026-03-12"),
        ("bought on 25/12/2025", "25/12/2025", "2025-12-25"),
        ("bought on 12.03.2026", "12.03.2026", "2026-03-12"),
        ("I ordered as a guest in July.", "July", "2026-07-01"),
        ("cancelled it in May", "May", "2026-05-01"),
        ("invoices from 2025 please", "2025", "2025-01-01"),
        ("here before Christmas", "Christmas", "2026-12-25"),
        ("your Black Friday sale", "Black Friday", "2026-11-27"),
        ("before Easter", "Easter", "2026-04-05"),
        ("close it by December 31", "December 31", "2026-12-31"),
        ("it should have come on the 14th", "14th", "2026-11-14"),
    ],
)
def test_a_date_is_found_with_its_span_and_its_day(text: str, span: str, iso: str) -> None:
    [found] = find_dates(text, TODAY)
    assert (text[found.start : found.end], found.iso) == (span, iso)


@pytest.mark.parametrize(
    "text",
    ["you may march in", "open 24/7", "order 12345", "a second mug", "I sat in the sun", "May I ask you", "#48213"],
)
def test_what_only_looks_like_a_date_is_none(text: str) -> None:
    assert find_dates(text, TODAY) == []


def test_two_dates_are_both_found() -> None:
    text = "moved from Monday to next Thursday"
    assert [text[f.start : f.end] for f in find_dates(text, TODAY)] == ["Monday", "next Thursday"]


def test_the_last_of_a_month_stays_in_the_month_it_is_moved_to() -> None:
    assert shifted(date(2026, 3, 31), "month", -1) == date(2026, 2, 28)

"""Dates as customers write them, and the days they mean."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
MONTHS = [name.lower() for name in calendar.month_name[1:]]
NUMBERS = {
    word: number
    for number, words in enumerate(
        [
            "",
            "a|an|one",
            "two|a couple of|couple of",
            "three|a few|few",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
        ]
    )
    for word in words.split("|")
    if word
}

_DAY = r"(?P<weekday>mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?"
_FULL_DAY = rf"(?:{'|'.join(DAYS)})"
_MONTH = r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
_COUNT = rf"(?P<count>\d{{1,3}}|{'|'.join(sorted(NUMBERS, key=len, reverse=True))})"
_UNIT = r"(?P<unit>day|week|month|year)s?"
_PART = r"(?:morning|afternoon|evening|night)"
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_ORDINAL = r"(?P<day>0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?"
_THEN = r"(?P<then>last|next|this|past|previous|coming|this coming|this past)"

_PAST = re.compile(
    r"\b(?:was|were|had|did|been|since|ordered|bought|paid|placed|received|arrived|came|got|sent|returned|said|told|"
    r"delivered|charged|called|wrote|signed|happened|purchased|shipped|cancel+ed|tried|promised|supposed|should have)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Found:
    """Where a date stands in the text, and the first day of what it means."""

    start: int
    end: int
    iso: str


def find_dates(text: str, today: date) -> list[Found]:
    """The dates in a text, in order, none overlapping; of two that overlap the longer is meant.

    A date without a year, or a bare weekday, is the nearest one in the direction the sentence
    speaks of. A week is named by its Monday, a month and a year by their first day.
    """
    candidates = sorted(_candidates(text, today), key=lambda found: (found.start - found.end, found.start))
    taken: list[Found] = []
    for found in candidates:
        if all(found.end <= other.start or found.start >= other.end for other in taken):
            taken.append(found)
    return sorted(taken, key=lambda found: found.start)


def _candidates(text: str, today: date) -> Iterator[Found]:
    past = bool(_PAST.search(text))
    for pattern, meaning in _RULES:
        for match in pattern.finditer(text):
            try:
                meant = meaning(match, today, past)
            except (ValueError, OverflowError):  # 31 February, 999 years ago
                continue
            end = match.start() + len(match.group().rstrip("."))  # "Jan. 5" has its dot, "in July." not
            yield Found(match.start(), end, meant.isoformat())


Rule = Callable[["re.Match[str]", date, bool], date]


def _offset(days: int) -> Rule:
    return lambda match, today, past: today + timedelta(days)


def _counted(match: re.Match[str], today: date, past: bool) -> date:
    word = match["count"].lower()
    count = int(word) if word.isdigit() else NUMBERS[word]
    back = match["direction"].lower() != "in"
    return shifted(today, match["unit"].lower(), -count if back else count)


def shifted(day: date, unit: str, count: int) -> date:
    """The day so many days, weeks, months or years later; the last of a month stays in its month."""
    if unit in ("day", "week"):
        return day + timedelta(count * (7 if unit == "week" else 1))
    months = day.year * 12 + day.month - 1 + count * (12 if unit == "year" else 1)
    year, month = months // 12, months % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def _weekday(match: re.Match[str], today: date, past: bool) -> date:
    day = next(i for i, name in enumerate(DAYS) if name.startswith(match["weekday"].lower()[:3]))
    then = (match["then"] or "").lower()
    if then in ("last", "past", "previous", "this past"):
        return today - timedelta((today.weekday() - day - 1) % 7 + 1)
    if then == "next":
        return today + timedelta(7 - today.weekday() + day)
    if then == "this":
        return today + timedelta(day - today.weekday())
    if past and not then:
        return today - timedelta((today.weekday() - day) % 7)
    return today + timedelta((day - today.weekday()) % 7)


def _period(match: re.Match[str], today: date, past: bool) -> date:
    unit, then = match["unit"].lower(), match["then"].lower()
    step = -1 if then in ("last", "past", "previous", "this past") else 1 if then in ("next", "coming") else 0
    start = {"week": today - timedelta(today.weekday()), "month": today.replace(day=1)}.get(unit)
    return shifted(start or today.replace(month=1, day=1), unit, step)


def _weekend(match: re.Match[str], today: date, past: bool) -> date:
    saturday = today + timedelta(5 - today.weekday())
    then = match["then"].lower()
    if then in ("last", "past", "previous", "this past"):
        return saturday - timedelta(7)
    return saturday + timedelta(7 if then == "next" else 0)


def _written(match: re.Match[str], today: date, past: bool) -> date:
    groups = match.groupdict()
    month = next(i for i, name in enumerate(MONTHS, 1) if name.startswith(match["month"].lower()[:3]))
    day = int(groups.get("day") or 1)
    if groups.get("year"):
        return date(int(match["year"]), month, day)
    then = (groups.get("then") or "").lower()
    if then:
        return _in_direction(month, day, today, back=then in ("last", "past", "previous"))
    return _nearest(month, day, today, past)


def _in_direction(month: int, day: int, today: date, back: bool) -> date:
    this_year = date(today.year, month, day)
    if back:
        return this_year if this_year <= today else date(today.year - 1, month, day)
    return this_year if this_year >= today else date(today.year + 1, month, day)


def _nearest(month: int, day: int, today: date, past: bool) -> date:
    """The one of last, this or next year that is nearest; the past one where the sentence looks back."""
    options = [
        date(year, month, day) for year in (today.year - 1, today.year, today.year + 1) if _exists(year, month, day)
    ]
    if past:
        options = [option for option in options if option <= today]
    return min(options, key=lambda option: abs(option - today))


def _exists(year: int, month: int, day: int) -> bool:
    return day <= calendar.monthrange(year, month)[1]


def _iso(match: re.Match[str], today: date, past: bool) -> date:
    return date(int(match["year"]), int(match["month"]), int(match["day"]))


def _slashed(match: re.Match[str], today: date, past: bool) -> date:
    """Month first, as in the United States, unless that cannot be; with dots the day is first."""
    first, second = int(match["first"]), int(match["second"])
    dotted = match["mark"] == "."
    month, day = (second, first) if dotted or first > 12 else (first, second)
    if match["year"]:
        year = int(match["year"])
        return date(year + 2000 if year < 100 else year, month, day)
    return _nearest(month, day, today, past)


def _ordinal(match: re.Match[str], today: date, past: bool) -> date:
    """ "the 14th": of this month or the one before or after, whichever the sentence looks to."""
    day = int(match["day"])
    months = [shifted(today.replace(day=1), "month", step) for step in (-1, 0, 1)]
    options = [month.replace(day=day) for month in months if _exists(month.year, month.month, day)]
    fitting = [option for option in options if (option <= today) == past] or options
    return min(fitting, key=lambda option: abs(option - today))


def _year(match: re.Match[str], today: date, past: bool) -> date:
    return date(int(match["year"]), 1, 1)


def _feast(month: int, day: int) -> Rule:
    return lambda match, today, past: _nearest(month, day, today, past)


def _thanksgiving(shift: int) -> Rule:
    def meaning(match: re.Match[str], today: date, past: bool) -> date:
        first = date(today.year, 11, 1)
        return first + timedelta((3 - first.weekday()) % 7 + 21 + shift)

    return meaning


def _easter(match: re.Match[str], today: date, past: bool) -> date:
    """Easter Sunday of this year (Butcher's rule, Nature, 20 April 1876)."""
    a, (b, c) = today.year % 19, divmod(today.year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    w = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 19 * w) // 433
    month = (h + w - 7 * m + 90) // 25
    return date(today.year, month, (h + w - 7 * m + 33 * month + 19) % 32)


def _rule(pattern: str, meaning: Rule, flags: int = re.IGNORECASE) -> tuple[re.Pattern[str], Rule]:
    return re.compile(rf"(?<![\w/#-])(?:{pattern})(?![\w/]|-\w)", flags), meaning


_RULES: list[tuple[re.Pattern[str], Rule]] = [
    _rule(rf"(?:today|tonight|tonite|this {_PART})(?: {_PART})?", _offset(0)),
    _rule(rf"(?:tomorrow|tomorow|tommorow|tommorrow|tmrw)(?: {_PART})?", _offset(1)),
    _rule(rf"(?:(?:yesterday|yesterdy)(?: {_PART})?|last night)", _offset(-1)),
    _rule(r"(?:the )?day before yesterday", _offset(-2)),
    _rule(r"(?:the )?day after tomorrow", _offset(2)),
    _rule(rf"{_COUNT} {_UNIT} (?P<direction>ago|earlier|before now)", _counted),
    _rule(rf"(?P<direction>in) {_COUNT} {_UNIT}(?: time)?", _counted),
    _rule(rf"(?:{_THEN} )?{_DAY.replace('(?:day)?', 'day')}(?: {_PART})?", _weekday),
    _rule(r"(?P<then>last|next|this) (?P<weekday>tues|wednes|thurs?|satur|mon|tue|wed|fri|sat|sun)", _weekday),
    _rule(r"(?P<then>last|next|this|past|previous|coming) (?P<unit>week|month|year)", _period),
    _rule(rf"{_THEN} weekend", _weekend),
    _rule(rf"{_MONTH} {_ORDINAL}(?:,? {_YEAR})?", _written),
    _rule(rf"{_ORDINAL} (?:of )?{_MONTH}(?:,? {_YEAR})?", _written),
    _rule(rf"{_MONTH} (?:of )?{_YEAR}", _written),
    _rule(rf"(?P<then>last|next) {_MONTH}", _written),
    _rule(
        rf"(?:(?<=\bin )|(?<=\bsince )|(?<=\buntil )|(?<=\bby )|(?<=\bfrom )|(?<=\bof )|(?<=\bfor )){_MONTH}", _written
    ),
    _rule(r"(?P<month>January|February|April|June|July|August|September|October|November|December)", _written),
    _rule(r"(?P<year>20\d\d)-(?P<month>\d\d?)-(?P<day>\d\d?)", _iso),
    _rule(r"(?P<first>\d\d?)(?P<mark>[/.-])(?P<second>\d\d?)(?P=mark)(?P<year>(?:20)?\d\d)", _slashed),
    _rule(r"(?!24/7)(?P<first>0?[1-9]|[12]\d|3[01])(?P<mark>/)(?P<second>0?[1-9]|[12]\d|3[01])(?P<year>)", _slashed),
    _rule(
        r"(?:(?<=\bthe )|(?<=\bon ))(?P<day>[12]?1st|2?2nd|2?3rd|[12]?[4-9]th|1[0-3]th|[23]0th|31st)",
        lambda m, t, p: _ordinal_of(m, t, p),
    ),
    _rule(rf"(?:(?<=\bin )|(?<=\bsince )|(?<=\bfrom )|(?<=\bof )){_YEAR}", _year),
    _rule(r"christmas(?: day)?|xmas", _feast(12, 25)),
    _rule(r"christmas eve", _feast(12, 24)),
    _rule(r"new year'?s? eve", _feast(12, 31)),
    _rule(r"new year(?:'?s day|'?s)", _feast(1, 1)),
    _rule(r"valentine'?s day", _feast(2, 14)),
    _rule(r"halloween", _feast(10, 31)),
    _rule(r"thanksgiving(?: day)?", _thanksgiving(0)),
    _rule(r"black friday", _thanksgiving(1)),
    _rule(r"cyber monday", _thanksgiving(4)),
    _rule(r"easter(?: sunday)?", _easter),
]


def _ordinal_of(match: re.Match[str], today: date, past: bool) -> date:
    bare = re.match(r"(?P<day>\d+)", match["day"])
    assert bare
    return _ordinal(bare, today, past)

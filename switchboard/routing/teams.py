"""The teams' file: who there is to call, when they are there, and what is promised."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Connection

from switchboard.database import tables
from switchboard.escalation.lines import Part, read_yaml
from switchboard.routing.hours import DAYS, MIDNIGHT, Hours, Span

KINDS = ("first_response", "next_response", "resolution")
"""What a team promises: until an agent has answered first, has answered the next message, has resolved it."""

FIELDS = ("title", "introduced_as", "timezone", "hours", "holidays", "sla")
SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")
DURATION = re.compile(r"(\d+(?:\.\d+)?) (second|minute|hour|day)s?")
SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}


@dataclass(frozen=True)
class Team:
    """A team.

    Attributes:
        title: its name, as customers and agents read it.
        introduced_as: how the assistant says who comes, `a billing specialist` say.
        hours: when it is there; None for always.
        sla: seconds that each of `KINDS` may take, in business hours.
    """

    title: str
    introduced_as: str
    hours: Hours | None
    sla: Mapping[str, float]

    def open_at(self, moment: datetime) -> bool:
        return self.hours is None or self.hours.open_at(moment)

    def opens_next(self, moment: datetime) -> datetime | None:
        """When it opens; None if it is open, or won't be for a year."""
        return self.hours.opens_next(moment) if self.hours else None

    def later(self, moment: datetime, seconds: float) -> datetime:
        """When so many seconds of the team's time will have passed."""
        return self.hours.later(moment, seconds) if self.hours else moment + timedelta(seconds=seconds)


class Teams(Mapping[str, Team]):
    """The teams by their names."""

    def __init__(self, teams: Mapping[str, Team]) -> None:
        self._teams = dict(teams)

    def __getitem__(self, team: str) -> Team:
        return self._teams[team]

    def __iter__(self) -> Iterator[str]:
        return iter(self._teams)

    def __len__(self) -> int:
        return len(self._teams)

    @property
    def introductions(self) -> dict[str, str]:
        """How each team is introduced."""
        return {name: team.introduced_as for name, team in self.items()}


def load_teams(path: str | Path) -> Teams:
    """The teams of a file.

    Raises:
        StartError: something in it can't be used; the message says what, in which file and line.
    """
    whole = read_yaml(Path(path))
    return Teams({name: _team(part) for name, part in whole.fields(needed=("support",)).items()})


def store_teams(connection: Connection, teams: Mapping[str, Team]) -> None:
    """Let conversations wait for these teams, and agents be members; a team that is no longer named stays."""
    rows = [{"team": name, "title": team.title} for name, team in teams.items()]
    added = insert(tables.teams).values(rows)
    changed = tables.teams.c.title.is_distinct_from(added.excluded.title)
    connection.execute(
        added.on_conflict_do_update(index_elements=["team"], set_={"title": added.excluded.title}, where=changed)
    )


def _team(part: Part) -> Team:
    fields = part.fields(FIELDS, needed=("title", "introduced_as", "sla"))
    for name in ("timezone", "holidays"):
        if name in fields and "hours" not in fields:
            fields[name].refuse(f"{name!r} without 'hours' says nothing.")
    hours = _hours(fields) if "hours" in fields else None
    return Team(fields["title"].text(), fields["introduced_as"].text(), hours, _sla(fields["sla"]))


def _hours(fields: Mapping[str, Part]) -> Hours:
    week = _week(fields["hours"])
    holidays = fields["holidays"].items() if "holidays" in fields else []
    return Hours(_timezone(fields.get("timezone")), week, frozenset(map(_date, holidays)))


def _timezone(part: Part | None) -> ZoneInfo:
    try:
        return ZoneInfo(part.text() if part else "UTC")
    except (OSError, ValueError, LookupError):
        assert part
        part.refuse(f"there is no time zone {part.text()!r}; they are called like 'Europe/London'.")


def _week(part: Part) -> list[tuple[Span, ...]]:
    week: list[tuple[Span, ...]] = [()] * len(DAYS)
    for name, its in part.fields().items():
        for day in _days(name, its):
            if week[day]:
                its.refuse(f"{DAYS[day]} is here twice.")
            week[day] = _spans(its)
    if not any(week):
        part.refuse("no day has hours; leave 'hours' out for a team that is always there.")
    return week


def _days(name: str, part: Part) -> range:
    """`monday`, or `monday-friday`."""
    known = [day.lower() for day in DAYS]
    first, _, last = name.partition("-")
    for day in (first, last or first):
        if day not in known:
            part.refuse(f"there is no {day!r}; days are called like 'monday' or 'monday-friday'.")
    if known.index(last or first) < known.index(first):
        part.refuse(f"{name!r} ends before it begins.")
    return range(known.index(first), known.index(last or first) + 1)


def _spans(part: Part) -> tuple[Span, ...]:
    spans = tuple(_span(part, text) for text in part.texts())
    for (_, closes), (opens, _) in pairwise(spans):
        if opens < closes:
            part.refuse("hours must be in order and not overlap.")
    return spans


def _span(part: Part, text: str) -> Span:
    found = SPAN.fullmatch(text)
    hour, minute, to_hour, to_minute = map(int, found.groups()) if found else (0, 0, 0, 0)
    opens, closes = hour * 60 + minute, to_hour * 60 + to_minute
    if not (minute < 60 and to_minute < 60 and opens < closes <= MIDNIGHT):
        part.refuse(f"{text!r} is no time of a day; hours look like '9:00-17:00' and end at 24:00 at the latest.")
    return opens, closes


def _date(part: Part) -> date:
    try:
        return date.fromisoformat(str(part.node.value))
    except ValueError:
        part.refuse("a date like 2026-12-25 is needed here.")


def _sla(part: Part) -> dict[str, float]:
    return {kind: _seconds(its) for kind, its in part.fields(KINDS, needed=KINDS).items()}


def _seconds(part: Part) -> float:
    found = DURATION.fullmatch(part.text())
    if not found or not float(found[1]):
        part.refuse("a time like '5 minutes' or '8 hours' is needed here.")
    return float(found[1]) * SECONDS[found[2]]

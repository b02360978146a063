"""Business hours: when a team is there, and how long a promise takes that only counts this time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from itertools import groupby
from zoneinfo import ZoneInfo

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

MIDNIGHT = 24 * 60

AHEAD = 400
"""Days that are looked through for an opening."""

Span = tuple[int, int]
"""From and to, in minutes after midnight by the clock on the wall."""


@dataclass(frozen=True)
class Hours:
    """When a team is there.

    Attributes:
        timezone: where its clock hangs.
        week: the spans of each weekday, Monday first, in order.
        holidays: days without any.
    """

    timezone: ZoneInfo
    week: Sequence[Sequence[Span]]
    holidays: frozenset[date] = frozenset()

    def open_at(self, moment: datetime) -> bool:
        return any(opens <= moment for opens, _ in self._spans(moment, days=1))

    def opens_next(self, moment: datetime) -> datetime | None:
        """The next opening, in the team's time zone; None if it is open, or won't be for a year."""
        opens, _ = next(self._spans(moment, AHEAD), (moment, moment))
        return opens.astimezone(self.timezone) if opens > moment else None

    def later(self, moment: datetime, seconds: float) -> datetime:
        """When so many seconds of business hours will have passed."""
        left = timedelta(seconds=seconds)
        for opens, closes in self._spans(moment, AHEAD):
            began = max(opens, moment)
            if began + left <= closes:
                return began + left
            left -= closes - began
        return moment + timedelta(days=AHEAD)

    def __str__(self) -> str:
        """As customers are told: `Monday to Friday 9:00 to 17:00 (Europe/London)`."""
        runs = (list(days) for _, days in groupby(range(len(DAYS)), key=self.week.__getitem__))
        told = [f"{_days(run)} {_spans(self.week[run[0]])}" for run in runs if self.week[run[0]]]
        return f"{', '.join(told)} ({self.timezone.key})"

    def _spans(self, moment: datetime, days: int) -> Iterator[tuple[datetime, datetime]]:
        """What is open after this moment, on its day and so many days after it."""
        today = moment.astimezone(self.timezone).date()
        for day in (today + timedelta(days=n) for n in range(days + 1)):
            for opens, closes in () if day in self.holidays else self.week[day.weekday()]:
                if self._moment(day, closes) > moment:
                    yield self._moment(day, opens), self._moment(day, closes)

    def _moment(self, day: date, minutes: int) -> datetime:
        """By the clock on the wall, in UTC so that differences are true on days when clocks are changed."""
        on_the_wall = datetime.combine(day, time()) + timedelta(minutes=minutes)
        return on_the_wall.replace(tzinfo=self.timezone).astimezone(timezone.utc)


def tell_moment(moment: datetime, now: datetime) -> str:
    """A moment of the coming days as people say it, in its own time zone.

    >>> monday, friday = datetime(2026, 11, 23, 9, tzinfo=timezone.utc), datetime(2026, 11, 20, 18, tzinfo=timezone.utc)
    >>> tell_moment(monday, friday), tell_moment(monday, datetime(2026, 11, 1, tzinfo=timezone.utc))
    ('on Monday at 9:00', 'on Monday, 23 November, at 9:00')
    """
    at = f"at {_clock(moment.hour * 60 + moment.minute)}"
    days = (moment.date() - now.astimezone(moment.tzinfo).date()).days
    if days == 0:
        return f"today {at}"
    return f"on {moment:%A} {at}" if days < 7 else f"on {moment:%A}, {moment.day} {moment:%B}, {at}"


def _days(run: Sequence[int]) -> str:
    first, last = DAYS[run[0]], DAYS[run[-1]]
    return first if len(run) == 1 else f"{first} {'and' if len(run) == 2 else 'to'} {last}"


def _spans(spans: Sequence[Span]) -> str:
    return " and ".join(f"{_clock(opens)} to {_clock(closes)}" for opens, closes in spans)


def _clock(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02}"

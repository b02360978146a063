"""The teams' file: business hours with time zones and holidays, promises, and errors that say where."""

from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from switchboard.errors import StartError
from switchboard.routing.hours import Hours, tell_moment
from switchboard.routing.teams import KINDS, Team, load_teams
from switchboard.routing.words import closed

BERLIN = ZoneInfo("Europe/Berlin")
WEEK = [[(9 * 60, 17 * 60)]] * 5 + [[(9 * 60, 12 * 60), (13 * 60, 16 * 60)], []]
HOURS = Hours(BERLIN, WEEK, frozenset({date(2026, 12, 25)}))
OFFICE = Team("Customer support", "one of my colleagues", HOURS, dict.fromkeys(KINDS, 60.0))

SLA = "sla: {first_response: 2 minutes, next_response: 5 minutes, resolution: 8 hours}"
SUPPORT = f"support:\n  title: Support\n  introduced_as: a colleague\n  {SLA}\n"


def at(text: str) -> datetime:
    """A moment by Berlin's clock."""
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


def read(tmp_path: Path, more: str = "", sla: str = SLA) -> Team:
    path = tmp_path / "teams.yml"
    path.write_text(SUPPORT.replace(SLA, sla) + more, encoding="utf-8")
    return load_teams(path)["support"]


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-11-20 08:59", False),  # a Friday
        ("2026-11-20 09:00", True),
        ("2026-11-20 16:59", True),
        ("2026-11-20 17:00", False),
        ("2026-11-21 12:30", False),  # Saturday's break
        ("2026-11-21 13:30", True),
        ("2026-11-22 12:00", False),  # Sunday
        ("2026-12-25 12:00", False),  # a holiday
        ("2026-12-24 12:00", True),
    ],
)
def test_a_team_is_there_in_its_hours(moment: str, is_open: bool) -> None:
    assert OFFICE.open_at(at(moment)) is is_open
    assert OFFICE.open_at(at(moment).astimezone(timezone.utc)) is is_open


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        ("2026-11-20 07:00", "2026-11-20 09:00"),
        ("2026-11-20 18:00", "2026-11-21 09:00"),
        ("2026-11-21 12:30", "2026-11-21 13:00"),
        ("2026-11-21 16:00", "2026-11-23 09:00"),
        ("2026-12-24 17:00", "2026-12-26 09:00"),
    ],
)
def test_it_is_known_when_it_opens_next(moment: str, opens: str) -> None:
    assert OFFICE.opens_next(at(moment)) == at(opens)


def test_a_team_that_is_there_or_without_hours_does_not_open() -> None:
    assert OFFICE.opens_next(at("2026-11-20 12:00")) is None
    always = Team("Support", "a colleague", None, OFFICE.sla)
    assert always.open_at(at("2026-11-22 03:00"))
    assert always.opens_next(at("2026-11-22 03:00")) is None
    assert always.later(at("2026-11-22 03:00"), 60) == at("2026-11-22 03:01")


def test_a_team_that_never_opens_again_is_said_to_be_closed_and_no_more() -> None:
    holidays = frozenset(date(2026, 11, 20) + timedelta(days=n) for n in range(500))
    gone = Team("Support", "a colleague", Hours(BERLIN, WEEK, holidays), OFFICE.sla)

    assert gone.opens_next(at("2026-11-20 12:00")) is None
    assert "They are back" not in closed(gone, 7, at("2026-11-20 12:00"))
    assert gone.later(at("2026-11-20 12:00"), 60) > at("2027-11-20 12:00")


@pytest.mark.parametrize(
    ("moment", "minutes", "later"),
    [
        ("2026-11-20 12:00", 30, "2026-11-20 12:30"),
        ("2026-11-20 16:50", 10, "2026-11-20 17:00"),
        ("2026-11-20 16:50", 15, "2026-11-21 09:05"),
        ("2026-11-21 11:30", 60, "2026-11-21 13:30"),
        ("2026-11-22 12:00", 5, "2026-11-23 09:05"),  # it begins when they are there
        ("2026-12-24 16:00", 120, "2026-12-26 10:00"),
    ],
)
def test_only_business_hours_count(moment: str, minutes: int, later: str) -> None:
    assert OFFICE.later(at(moment), minutes * 60) == at(later)


def test_hours_are_true_when_clocks_are_changed() -> None:
    through_the_night = Hours(BERLIN, [[(0, 24 * 60)]] * 7)

    assert through_the_night.later(at("2026-10-25 00:00"), 4 * 3600) == at("2026-10-25 03:00")  # 2 to 3 comes twice
    assert through_the_night.later(at("2026-03-29 00:00"), 4 * 3600) == at("2026-03-29 05:00")  # 2 to 3 is left out
    assert through_the_night.later(at("2026-11-20 23:00"), 2 * 3600) == at("2026-11-21 01:00")
    assert OFFICE.opens_next(at("2026-10-24 20:00")) == at("2026-10-26 09:00")


def test_hours_are_told_in_words() -> None:
    assert str(HOURS) == "Monday to Friday 9:00 to 17:00, Saturday 9:00 to 12:00 and 13:00 to 16:00 (Europe/Berlin)"
    now = at("2026-12-24 17:00")
    assert tell_moment(at("2026-12-24 20:00"), now) == "today at 20:00"
    assert tell_moment(at("2026-12-26 09:00"), now) == "on Saturday at 9:00"
    assert tell_moment(at("2027-01-04 09:30"), now) == "on Monday, 4 January, at 9:30"


def test_a_customer_who_comes_too_late_is_told_everything() -> None:
    assert closed(OFFICE, 42, at("2026-11-20 18:00")) == (
        "Customer support is closed right now. Hours: Monday to Friday 9:00 to 17:00, Saturday 9:00 to 12:00 and 13:00 "
        "to 16:00 (Europe/Berlin). They are back on Saturday at 9:00. If you leave your e-mail address here, you will "
        "get the answer by mail. Your reference number is H42."
    )


def test_the_demos_teams_are_always_there() -> None:
    teams = load_teams("data/teams.yml")

    assert set(teams) == {"support", "billing", "orders", "accounts"}
    assert all(team.hours is None for team in teams.values())
    assert teams.introductions["billing"] == "a billing specialist"


def test_the_example_in_the_demos_file_can_be_used(tmp_path: Path) -> None:
    lines = Path("data/teams.yml").read_text(encoding="utf-8").splitlines()
    example = [line[4:] for line in lines if line.startswith("#   ")]
    path = tmp_path / "teams.yml"
    path.write_text("\n".join([*example, SUPPORT]), encoding="utf-8")

    billing = load_teams(path)["billing"]

    assert str(billing.hours) == (
        "Monday to Friday 9:00 to 17:30, Saturday 9:00 to 12:00 and 13:00 to 16:00 (Europe/London)"
    )
    assert billing.sla == {"first_response": 300, "next_response": 600, "resolution": 172_800}


def test_days_can_be_named_one_by_one_and_last_until_midnight(tmp_path: Path) -> None:
    team = read(tmp_path, "  hours: {monday: 0:00-24:00, wednesday-thursday: [8:00-12:00]}\n")

    assert team.hours
    assert team.hours.timezone.key == "UTC"
    assert [list(spans) for spans in team.hours.week] == [[(0, 1440)], [], [(480, 720)], [(480, 720)], [], [], []]


BROKEN = {
    "  hours: {monday: 9-17}\n": "line 5: '9-17' is no time of a day",
    "  hours: {monday: 17:00-9:00}\n": "is no time of a day",
    "  hours: {monday: 9:00-24:01}\n": "is no time of a day",
    "  hours: {monday: 9:61-12:00}\n": "is no time of a day",
    "  hours: {montag: 9:00-17:00}\n": "there is no 'montag'",
    "  hours: {friday-monday: 9:00-17:00}\n": "'friday-monday' ends before it begins",
    "  hours: {monday-friday: 9:00-17:00, friday: 9:00-12:00}\n": "Friday is here twice",
    "  hours: {monday: [9:00-12:00, 11:00-14:00]}\n": "in order and not overlap",
    "  hours: {}\n": "no day has hours",
    "  hours: {monday: 9:00-17:00}\n  timezone: Atlantis/Capital\n": "line 6: there is no time zone 'Atlantis/Capital'",
    "  hours: {monday: 9:00-17:00}\n  holidays: [christmas]\n": "a date like 2026-12-25",
    "  timezone: Europe/Berlin\n": "'timezone' without 'hours'",
    "  members: [sam]\n": "there is no 'members' here",
    f"billing:\n  title: Billing\n  {SLA}\n": "line 6: 'introduced_as' is missing",
}


@pytest.mark.parametrize("more", BROKEN)
def test_an_error_says_what_and_where(tmp_path: Path, more: str) -> None:
    with pytest.raises(StartError) as raised:
        read(tmp_path, more)
    assert BROKEN[more] in str(raised.value)
    assert "teams.yml, line " in str(raised.value)


@pytest.mark.parametrize("wrong", ["soon", "0 minutes", "5", "-5 minutes"])
def test_a_promise_is_a_time(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(StartError, match=r"a time like '5 minutes'|a text is needed"):
        read(tmp_path, sla=SLA.replace("2 minutes", wrong))


def test_every_promise_is_needed(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="'resolution' is missing"):
        read(tmp_path, sla="sla: {first_response: 2 minutes, next_response: 5 minutes}")


def test_there_is_always_a_team_to_call(tmp_path: Path) -> None:
    path = tmp_path / "teams.yml"
    path.write_text(SUPPORT.replace("support:", "sales:"), encoding="utf-8")
    with pytest.raises(StartError, match="'support' is missing"):
        load_teams(path)

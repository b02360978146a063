"""Promises: when timers start and stop, what happens when one is about to be broken, and what the customer hears."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.engine import Engine

from switchboard.conversations import holder, saying
from switchboard.conversations.saying import tell
from switchboard.routing import arrivals, sla
from switchboard.routing.hours import Hours
from switchboard.routing.sla import Alert
from switchboard.routing.teams import Team
from tests.talking import call, give, hire, messages, rows, start
from tests.talking import say as write

LONG_AGO = datetime(2000, 1, 1, tzinfo=timezone.utc)

SLA = {"first_response": 100.0, "next_response": 200.0, "resolution": 1000.0}
OPEN = {"support": Team("Customer support", "one of my colleagues", None, SLA)}


def notice(engine: Engine, teams: Mapping[str, Team] = OPEN) -> None:
    """As the router does it for new handoffs."""
    while True:
        with engine.begin() as connection:
            if not arrivals.notice_next(connection, teams):
                return


def sweep(engine: Engine, teams: Mapping[str, Team] = OPEN) -> int:
    with engine.begin() as connection:
        sla.start_next_responses(connection, teams)
    with engine.begin() as connection:
        return sla.sweep(connection)


def pass_time(engine: Engine, seconds: int) -> None:
    """As if everything that is noted had been so much earlier."""
    earlier = f"- interval '{seconds} s'"
    timers = ("started_at", "warn_at", "due_at", "warned_at", "breached_at", "met_at")
    for table, columns in [
        ("sla_timers", timers),
        ("handoffs", ("created_at", "first_response_at", "unanswered_since", "promised_at")),
        ("messages", ("created_at",)),
    ]:
        rows(engine, f"update switchboard.{table} set {', '.join(f'{each} = {each} {earlier}' for each in columns)}")


def handed_over(engine: Engine, team: str = "support", **values: object) -> str:
    conversation = start(engine)
    write(engine, conversation, "a person, please")
    call(engine, conversation, team, **values)
    return conversation


def answer(engine: Engine, conversation: str, agent_id: int) -> None:
    with engine.begin() as connection:
        holder.lock(connection, conversation)
        saying.say(connection, conversation, agent_id, "Hello!", str(datetime.now()))


def timers(engine: Engine) -> dict[str, str]:
    """What has become of each kind."""
    query = """select kind, case when met_at is not null and breached_at is not null then 'late'
                                 when met_at is not null then 'met' when breached_at is not null then 'breached'
                                 when warned_at is not null then 'warned' else 'runs' end from switchboard.sla_timers"""
    return dict(rows(engine, query))


def priority(engine: Engine) -> int:
    return rows(engine, "select priority from switchboard.handoffs")[0][0]


def alerts(engine: Engine, since: datetime = LONG_AGO) -> list[Alert]:
    with engine.begin() as connection:
        return sla.alerts(connection, since)


def test_promises_begin_with_the_handover(engine: Engine) -> None:
    handed_over(engine)
    pass_time(engine, 30)

    notice(engine)
    notice(engine)

    assert timers(engine) == {"first_response": "runs", "resolution": "runs"}
    query = (
        "select kind, extract(epoch from warn_at - h.created_at)::int, extract(epoch from due_at - h.created_at)::int"
    )
    assert rows(engine, f"{query} from switchboard.sla_timers join switchboard.handoffs h using (handoff_id)") == [
        ("first_response", 75, 100),
        ("resolution", 750, 1000),
    ]


def test_supervisors_are_warned_and_then_it_gets_more_urgent(engine: Engine) -> None:
    conversation = handed_over(engine)
    notice(engine)

    assert (sweep(engine), alerts(engine)) == (0, [])
    pass_time(engine, 80)
    assert (sweep(engine), sweep(engine)) == (1, 0)
    (warned,) = alerts(engine)
    assert (warned.conversation_id, warned.kind, warned.breached) == (conversation, "first_response", False)
    assert priority(engine) == 1

    pass_time(engine, 30)
    assert (sweep(engine), sweep(engine)) == (1, 0)
    (breached,) = alerts(engine)
    assert (breached.kind, breached.breached, breached.team) == ("first_response", True, "support")
    assert alerts(engine, breached.at) == []
    assert priority(engine) == 2


def test_what_was_not_seen_in_time_is_both_at_once(engine: Engine) -> None:
    handed_over(engine, priority="urgent")
    notice(engine)
    pass_time(engine, 500)

    assert sweep(engine) == 1
    assert timers(engine) == {"first_response": "breached", "resolution": "runs"}
    assert priority(engine) == 3


def test_nobody_waits_for_ever_because_others_are_more_urgent(engine: Engine) -> None:
    handed_over(engine, priority="low")
    notice(engine)
    pass_time(engine, 500)
    sweep(engine)
    assert priority(engine) == 1

    pass_time(engine, 600)
    sweep(engine)
    assert priority(engine) == 3


def test_an_agents_first_answer_is_noted_and_stops_the_timer(engine: Engine) -> None:
    conversation, sam = handed_over(engine), hire(engine)
    notice(engine)
    give(engine, conversation, sam)
    with engine.begin() as connection:
        tell(connection, conversation, "Sam has joined.")
    assert timers(engine)["first_response"] == "runs"

    answer(engine, conversation, sam)
    pass_time(engine, 500)

    assert (sweep(engine), timers(engine)) == (0, {"first_response": "met", "resolution": "runs"})
    assert rows(engine, "select first_response_at is not null from switchboard.handoffs") == [(True,)]


def test_an_answer_that_came_before_its_promise_was_noted_breaks_none(engine: Engine) -> None:
    conversation, sam = handed_over(engine), hire(engine)
    give(engine, conversation, sam)
    answer(engine, conversation, sam)

    notice(engine)

    assert timers(engine) == {"resolution": "runs"}


def test_an_answer_that_came_too_late_is_known_as_such(engine: Engine) -> None:
    conversation, sam = handed_over(engine), hire(engine)
    notice(engine)
    pass_time(engine, 200)
    sweep(engine)
    give(engine, conversation, sam)

    answer(engine, conversation, sam)

    assert timers(engine)["first_response"] == "late"
    assert alerts(engine) == []


def test_the_next_answer_is_promised_from_the_first_message_that_has_none(engine: Engine) -> None:
    conversation, sam = handed_over(engine), hire(engine)
    notice(engine)
    give(engine, conversation, sam)
    write(engine, conversation, "are you there?")
    assert (sweep(engine), "next_response" in timers(engine)) == (0, False)  # the first answer is still to come

    answer(engine, conversation, sam)
    sweep(engine)
    assert "next_response" not in timers(engine)
    for words in ("one more thing", "and another"):
        write(engine, conversation, words)
        pass_time(engine, 80)
        sweep(engine)
    assert timers(engine)["next_response"] == "warned"
    pass_time(engine, 50)
    sweep(engine)
    assert timers(engine)["next_response"] == "breached"

    answer(engine, conversation, sam)
    assert timers(engine)["next_response"] == "late"
    write(engine, conversation, "thanks")
    sweep(engine)
    assert timers(engine)["next_response"] == "runs"
    assert rows(engine, "select unanswered_since is not null from switchboard.handoffs") == [(True,)]


@pytest.mark.parametrize("how", ["close", "take_back"])
def test_nothing_is_owed_after_the_end(engine: Engine, how: str) -> None:
    conversation = handed_over(engine)
    notice(engine)
    with engine.begin() as connection:
        getattr(holder, how)(connection, conversation)

    pass_time(engine, 5000)

    assert sweep(engine) == 0
    assert set(timers(engine).values()) == {"met"}


def test_a_conversation_with_the_bot_owes_nothing(engine: Engine) -> None:
    conversation = start(engine)
    write(engine, conversation, "hello")
    notice(engine)

    assert (sweep(engine), timers(engine)) == (0, {})


def test_a_team_that_the_file_does_not_name_promises_nothing(engine: Engine) -> None:
    handed_over(engine, "billing")
    notice(engine)

    assert (sweep(engine), timers(engine)) == (0, {})


def test_who_answers_while_the_sweep_looks_is_not_held_up(engine: Engine) -> None:
    conversation, sam = handed_over(engine), hire(engine)
    notice(engine)
    give(engine, conversation, sam)
    pass_time(engine, 500)
    with engine.begin() as connection:
        holder.lock(connection, conversation)
        saying.say(connection, conversation, sam, "Hello!", "1")

        assert sweep(engine) == 0  # what is being answered now is left alone

    assert (sweep(engine), timers(engine)["first_response"]) == (0, "met")


# Passing on

QUICK = {**SLA, "first_response": 10.0, "next_response": 20.0}
BOTH = {**OPEN, "billing": Team("Billing", "a billing specialist", None, QUICK)}
LENGTHS = "select kind, extract(epoch from due_at - started_at)::int from switchboard.sla_timers order by kind"
OLD = "select count(*) from switchboard.sla_timers where started_at < now() - interval '60 s'"


def pass_on(engine: Engine, conversation: str, team: str) -> None:
    with engine.begin() as connection:
        holder.lock(connection, conversation)
        holder.return_to_queue(connection, conversation, team)


def test_another_teams_promises_count_from_when_it_got_the_conversation(engine: Engine) -> None:
    conversation = handed_over(engine)
    notice(engine, BOTH)
    pass_time(engine, 500)
    sweep(engine, BOTH)
    assert timers(engine)["first_response"] == "breached"

    pass_on(engine, conversation, "billing")
    notice(engine, BOTH)

    assert timers(engine) == {"first_response": "runs", "resolution": "runs"}
    assert rows(engine, LENGTHS) == [("first_response", 10), ("resolution", 1000)]
    assert rows(engine, OLD) == [(0,)]


def test_a_first_response_is_not_promised_again_but_the_next_one_is(engine: Engine) -> None:
    conversation, sam = handed_over(engine), hire(engine)
    notice(engine, BOTH)
    give(engine, conversation, sam)
    answer(engine, conversation, sam)
    write(engine, conversation, "are you there?")
    pass_time(engine, 500)
    sweep(engine, BOTH)
    assert timers(engine) == {"first_response": "met", "next_response": "breached", "resolution": "runs"}

    pass_on(engine, conversation, "billing")
    notice(engine, BOTH)
    sweep(engine, BOTH)

    assert timers(engine) == {"first_response": "met", "next_response": "runs", "resolution": "runs"}


def test_passing_on_to_the_same_team_wins_no_time(engine: Engine) -> None:
    conversation = handed_over(engine)
    notice(engine, BOTH)
    pass_time(engine, 500)

    pass_on(engine, conversation, "support")
    notice(engine, BOTH)
    sweep(engine, BOTH)

    assert timers(engine)["first_response"] == "breached"


# Hours


def open_in(days: int) -> dict[str, Team]:
    """A team that is there on one day of the week, so many days from now."""
    day = (datetime.now(timezone.utc).weekday() + days) % 7
    week = [[(0, 24 * 60)] if each == day else [] for each in range(7)]
    return {"support": Team("Customer support", "one of my colleagues", Hours(ZoneInfo("UTC"), week), SLA)}


def told(engine: Engine, conversation: str) -> list[str]:
    return [each.text for each in messages(engine, conversation) if each.sender == "system"]


def test_who_comes_when_nobody_is_there_is_told_so_exactly_once(engine: Engine) -> None:
    hire(engine, "Sam", "support", presence="busy")
    hire(engine, "Kim", "billing")
    conversation = handed_over(engine)

    notice(engine, open_in(3))
    notice(engine, open_in(3))

    (words,) = told(engine, conversation)
    ((handoff_id,),) = rows(engine, "select handoff_id from switchboard.handoffs")
    assert words.startswith("Customer support is closed right now.")
    assert f"Your reference number is H{handoff_id}." in words


def test_several_workers_tell_it_once(engine: Engine) -> None:
    conversations = [handed_over(engine) for _ in range(5)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: notice(engine, open_in(3)), range(4)))

    assert [len(told(engine, each)) for each in conversations] == [1] * 5


def test_nothing_is_said_while_they_are_there(engine: Engine) -> None:
    conversation = handed_over(engine)
    notice(engine)
    assert told(engine, conversation) == []


def test_somebody_who_is_there_all_the_same_decides(engine: Engine) -> None:
    hire(engine, "Sam", "support")
    conversation = handed_over(engine)
    notice(engine, open_in(3))
    assert told(engine, conversation) == []


def test_who_is_talking_to_an_agent_already_is_told_nothing(engine: Engine) -> None:
    conversation = handed_over(engine)
    give(engine, conversation, hire(engine, "Sam", "support", presence="busy"))
    notice(engine, open_in(3))
    assert told(engine, conversation) == []


def test_over_night_nothing_becomes_overdue(engine: Engine) -> None:
    handed_over(engine)
    notice(engine, open_in(3))

    pass_time(engine, 24 * 3600)

    assert sweep(engine) == 0


def test_each_handoff_of_a_conversation_has_promises_of_its_own(engine: Engine) -> None:
    conversation = handed_over(engine)
    notice(engine)
    with engine.begin() as connection:
        holder.take_back(connection, conversation)
    call(engine, conversation)
    notice(engine)

    assert rows(engine, "select count(*), count(met_at) from switchboard.sla_timers") == [(4, 2)]

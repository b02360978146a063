"""Who gets which conversation, who may take or pass one on, and what the customer is told of it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from sqlalchemy.engine import Connection, Engine

from switchboard.conversations import holder
from switchboard.errors import (
    AgentAway,
    AgentFull,
    BadRequest,
    ConversationClosed,
    Forbidden,
    NotYours,
    SwitchboardError,
    UnknownConversation,
)
from switchboard.routing import assignment, presence, waits
from switchboard.routing.assignment import Assigned
from tests.talking import call, give, hire, messages, rows, say, start, state, turn, worker

NOBODY = "00000000-0000-0000-0000-000000000000"


def assign_next(engine: Engine) -> Assigned | None:
    with engine.begin() as connection:
        return assignment.assign_next(connection)


def assign_all(engine: Engine) -> list[Assigned]:
    return list(iter(lambda: assign_next(engine), None))


def take(engine: Engine, conversation: str, agent_id: int) -> None:
    with engine.begin() as connection:
        assignment.take(connection, conversation, agent_id)


def transfer(engine: Engine, conversation: str, by: int, team: str | None = None, agent_id: int | None = None) -> None:
    with engine.begin() as connection:
        assignment.transfer(connection, conversation, by, team, agent_id)


def go(engine: Engine, agent_id: int, where: str) -> None:
    with engine.begin() as connection:
        presence.set_presence(connection, agent_id, where)


def waiting(engine: Engine, team: str = "support", **values: object) -> str:
    """A conversation that waits for a team."""
    conversation = start(engine)
    call(engine, conversation, team, **values)
    return conversation


def had_by(engine: Engine, agent_id: int, team: str = "support") -> str:
    """A conversation that an agent has."""
    conversation = waiting(engine, team)
    give(engine, conversation, agent_id)
    return conversation


def told(engine: Engine, conversation: str) -> list[str]:
    """What the system told the customer."""
    return [each.text for each in messages(engine, conversation) if each.sender == "system"]


# Whose turn it is


def test_the_most_urgent_comes_first_and_of_those_the_one_that_has_waited_longest(engine: Engine) -> None:
    late, low, urgent, early = (
        waiting(engine, priority=priority) for priority in ("normal", "low", "urgent", "normal")
    )
    rows(
        engine,
        "update switchboard.handoffs set created_at = now() - interval '1 h' where conversation_id = :id",
        id=early,
    )
    hire(engine, "Sam", "support")

    assert [each.conversation_id for each in assign_all(engine)] == [urgent, early, late, low]


def test_a_team_does_not_wait_for_another(engine: Engine) -> None:
    waiting(engine, "billing", priority="urgent")
    ours = waiting(engine, "orders", priority="low")
    sam = hire(engine, "Sam", "orders")

    assert assign_next(engine) == Assigned(ours, sam, "orders")
    assert assign_next(engine) is None


def test_an_agent_of_two_teams_gets_the_more_urgent_first(engine: Engine) -> None:
    orders, billing = waiting(engine, "orders"), waiting(engine, "billing", priority="high")
    hire(engine, "Sam", "orders", "billing")

    assert [each.conversation_id for each in assign_all(engine)] == [billing, orders]


def test_the_least_busy_agent_gets_it(engine: Engine) -> None:
    sam, kim = hire(engine, "Sam", "support"), hire(engine, "Kim", "support", capacity=10)
    had_by(engine, sam)
    had_by(engine, kim)

    waiting(engine)

    assert assign_next(engine).agent_id == kim  # 1 of 10 is less than 1 of 5


def test_nobody_gets_more_than_they_can_have(engine: Engine) -> None:
    hire(engine, "Sam", "support", capacity=2)
    hire(engine, "Kim", "support", capacity=0)
    for _ in range(3):
        waiting(engine)

    assert len(assign_all(engine)) == 2


@pytest.mark.parametrize("where", ["busy", "away"])
def test_who_is_not_online_gets_nothing(engine: Engine, where: str) -> None:
    hire(engine, "Sam", "support", presence=where)
    hire(engine, "Kim", "billing")
    waiting(engine)

    assert assign_next(engine) is None


def test_skills_are_asked_for(engine: Engine) -> None:
    hire(engine, "Sam", "support")
    german, other = waiting(engine, skills=["german"]), waiting(engine)
    kim = hire(engine, "Kim", "support", skills=["german"], presence="away")

    assert [each.conversation_id for each in assign_all(engine)] == [other]
    go(engine, kim, "online")
    assert assign_next(engine) == Assigned(german, kim, "support")


def test_a_skill_that_nobody_in_the_team_has_is_not_waited_for(engine: Engine) -> None:
    sam = hire(engine, "Sam", "support", skills=["crisis"])
    hire(engine, "Kim", "support", skills=["german"], active=False, presence="away")
    hire(engine, "Jo", "billing", skills=["german"])
    waiting(engine, skills=["german", "crisis"])

    assert assign_next(engine).agent_id == sam


@pytest.mark.parametrize("promise", ["first_response", "next_response", "resolution"])
def test_whoever_has_waited_too_long_gets_anybody(engine: Engine, promise: str) -> None:
    sam = hire(engine, "Sam", "support")
    hire(engine, "Kim", "support", skills=["german"], presence="away")
    waiting(engine, skills=["german"])
    assert assign_next(engine) is None

    rows(
        engine,
        """insert into switchboard.sla_timers (handoff_id, kind, warn_at, due_at, breached_at)
           select handoff_id, :promise, now(), now(), now() from switchboard.handoffs""",
        promise=promise,
    )

    assert assign_next(engine).agent_id == sam


def test_a_promise_that_was_kept_late_asks_for_the_skill_again(engine: Engine) -> None:
    hire(engine, "Sam", "support")
    hire(engine, "Kim", "support", skills=["german"], presence="away")
    waiting(engine, skills=["german"])
    rows(
        engine,
        """insert into switchboard.sla_timers (handoff_id, kind, warn_at, due_at, breached_at, met_at)
           select handoff_id, 'first_response', now(), now(), now(), now() from switchboard.handoffs""",
    )

    assert assign_next(engine) is None


def test_whoever_gave_it_up_gets_it_back_last(engine: Engine) -> None:
    sam, kim = hire(engine, "Sam", "support"), hire(engine, "Kim", "support")
    had_by(engine, kim)
    conversation = had_by(engine, sam)
    transfer(engine, conversation, sam, team="support")

    assert assign_next(engine) == Assigned(conversation, kim, "support")
    transfer(engine, conversation, kim, team="support")
    go(engine, sam, "away")
    assert assign_next(engine) == Assigned(conversation, kim, "support")


def test_what_was_settled_meanwhile_is_not_assigned(engine: Engine) -> None:
    hire(engine, "Sam", "support")
    cancelled, back = waiting(engine), waiting(engine)
    with engine.begin() as connection:
        holder.close(connection, cancelled)
        holder.take_back(connection, back)

    assert assign_next(engine) is None


# At the same time


def test_two_agents_cannot_take_the_same(engine: Engine) -> None:
    agents = [hire(engine, name, "support") for name in ("Sam", "Kim", "Jo")]
    for _ in range(5):
        conversation = waiting(engine)
        taken = together(
            engine, [partial(assignment.take, conversation_id=conversation, agent_id=each) for each in agents]
        )

        assert sorted(map(str, taken)) == sorted(["None", *[str(NotYours())] * 2])
        assert len([each for each in told(engine, conversation) if "has joined" in each]) == 1


def test_one_agent_cannot_take_more_than_they_can_have_by_taking_quickly(engine: Engine) -> None:
    sam = hire(engine, "Sam", "support", capacity=1)
    conversations = [waiting(engine) for _ in range(4)]
    taken = together(engine, [partial(assignment.take, conversation_id=each, agent_id=sam) for each in conversations])

    assert sorted(map(str, taken)) == sorted(["None", *[str(AgentFull())] * 3])


def test_what_is_taken_in_the_middle_of_an_assignment_is_not_assigned(engine: Engine) -> None:
    sam, kim = hire(engine, "Sam", "support"), hire(engine, "Kim", "support", presence="busy")
    first, second = waiting(engine), waiting(engine)
    with ThreadPoolExecutor() as pool:
        with engine.begin() as connection:
            assignment.take(connection, first, kim)
            assigning = pool.submit(assign_next, engine)
            blocked(engine)
        assert assigning.result(10) == Assigned(second, sam, "support")


def test_an_agent_who_goes_away_in_the_middle_of_an_assignment_does_not_get_it(engine: Engine) -> None:
    sam = hire(engine, "Sam", "support")
    conversation = waiting(engine)
    with ThreadPoolExecutor() as pool:
        with engine.begin() as connection:
            presence.set_presence(connection, sam, "away")
            assigning = pool.submit(assign_next, engine)
            blocked(engine)
        assert assigning.result(10) is None
    assert state(engine, conversation).holder == "queue"


def test_going_away_does_not_wait_for_who_writes_and_what_was_left_comes_back_later(engine: Engine) -> None:
    sam = hire(engine, "Sam", "support")
    conversation, other = had_by(engine, sam), had_by(engine, sam)
    with engine.begin() as connection:
        holder.lock(connection, conversation)
        go(engine, sam, "away")

        assert (state(engine, conversation).holder, state(engine, other).holder) == ("agent", "queue")

    expire(engine)
    assert state(engine, conversation).holder == "queue"


def together(engine: Engine, steps: list[Callable[[Connection], None]]) -> list[SwitchboardError | None]:
    """How each ended, all begun at once."""
    with ThreadPoolExecutor(len(steps)) as pool:
        return list(pool.map(lambda step: ended(engine, step), steps))


def ended(engine: Engine, step: Callable[[Connection], None]) -> SwitchboardError | None:
    try:
        with engine.begin() as connection:
            step(connection)
    except SwitchboardError as error:
        return error
    return None


def blocked(engine: Engine) -> None:
    """Wait until a transaction waits for another's lock."""
    while not rows(engine, "select 1 from pg_locks where not granted"):
        pass


# Taking


def test_an_agent_takes_what_waits(engine: Engine) -> None:
    sam = hire(engine, "Sam", "support")
    conversation = waiting(engine)

    take(engine, conversation, sam)
    take(engine, conversation, sam)

    assert (state(engine, conversation).holder, state(engine, conversation).agent) == ("agent", "Sam")
    assert told(engine, conversation) == ["Sam from Customer support has joined the conversation."]
    assert rows(engine, "select agent_id, assigned_at = first_assigned_at from switchboard.handoffs") == [(sam, True)]


def test_an_agent_takes_over_from_the_bot(engine: Engine) -> None:
    sam = hire(engine, "Sam", "orders", "billing")
    conversation = start(engine)
    say(engine, conversation, "hello")
    worker(engine, turn("Hello!")).work_once()

    take(engine, conversation, sam)

    assert (state(engine, conversation).holder, state(engine, conversation).team) == ("agent", "billing")
    assert told(engine, conversation) == ["Sam from Billing has joined the conversation."]
    assert rows(engine, "select reason, seq, team from switchboard.handoffs") == [("taken_over", 2, "billing")]


def test_an_agent_of_no_team_takes_over_for_support(engine: Engine) -> None:
    conversation = start(engine)
    take(engine, conversation, hire(engine, "Sam"))
    assert state(engine, conversation).team == "support"


def test_only_a_supervisor_takes_what_another_has(engine: Engine) -> None:
    sam, kim, jo = hire(engine, "Sam"), hire(engine, "Kim"), hire(engine, "Jo", role="supervisor")
    conversation = had_by(engine, sam)

    with pytest.raises(NotYours):
        take(engine, conversation, kim)
    take(engine, conversation, jo)

    assert state(engine, conversation).agent == "Jo"


def test_what_cannot_be_taken(engine: Engine) -> None:
    sam, gone = hire(engine, "Sam", capacity=1), hire(engine, "Kim", active=False, presence="away")
    closed, conversation = start(engine), waiting(engine)
    with engine.begin() as connection:
        holder.close(connection, closed)

    for which, agent_id, error in [
        (NOBODY, sam, UnknownConversation),
        (closed, sam, ConversationClosed),
        (conversation, gone, Forbidden),
        (conversation, 0, Forbidden),
    ]:
        with pytest.raises(error):
            take(engine, which, agent_id)
    had_by(engine, sam)
    with pytest.raises(AgentFull):
        take(engine, conversation, sam)
    assert state(engine, conversation).holder == "queue"


def test_who_takes_one_is_there(engine: Engine) -> None:
    sam = hire(engine, "Sam", presence="away")
    conversation = waiting(engine)

    take(engine, conversation, sam)
    expire(engine)

    assert state(engine, conversation).holder == "agent"
    assert rows(engine, "select presence from switchboard.agents") == [("busy",)]


# Passing on


def test_a_conversation_is_passed_on_to_a_team_and_keeps_its_place(engine: Engine) -> None:
    sam = hire(engine, "Sam")
    conversation = had_by(engine, sam)
    waiting(engine, "billing")

    transfer(engine, conversation, sam, team="billing")

    assert (state(engine, conversation).holder, state(engine, conversation).team) == ("queue", "billing")
    assert "passed on to Billing" in told(engine, conversation)[-1]
    with engine.begin() as connection:
        assert waits.position(connection, conversation) == 1


def test_a_conversation_is_passed_on_to_an_agent(engine: Engine) -> None:
    sam, kim = hire(engine, "Sam"), hire(engine, "Kim", presence="busy")
    conversation = had_by(engine, sam)

    transfer(engine, conversation, sam, agent_id=kim)
    assert told(engine, conversation) == ["Kim from Customer support has joined the conversation."]
    transfer(engine, conversation, kim, team="billing", agent_id=sam)
    assert told(engine, conversation)[1:] == ["Sam from Billing has joined the conversation."]


def test_a_supervisor_passes_on_what_another_has_or_what_waits(engine: Engine) -> None:
    sam, jo = hire(engine, "Sam"), hire(engine, "Jo", role="admin")
    conversation = had_by(engine, sam)

    transfer(engine, conversation, jo, team="orders")
    transfer(engine, conversation, jo, agent_id=jo)

    assert state(engine, conversation).agent == "Jo"


def test_what_cannot_be_passed_on(engine: Engine) -> None:
    sam, kim, jo = hire(engine, "Sam"), hire(engine, "Kim", capacity=0), hire(engine, "Jo", presence="away")
    gone = hire(engine, "Alex", active=False, presence="away", role="admin")
    conversation, queued, bots = had_by(engine, sam), waiting(engine), start(engine)

    for which, by, to, error in [
        (conversation, kim, {"team": "billing"}, NotYours),
        (conversation, gone, {"team": "billing"}, NotYours),
        (queued, sam, {"team": "billing"}, NotYours),
        (bots, sam, {"team": "billing"}, NotYours),
        (conversation, sam, {"team": "nobody"}, BadRequest),
        (conversation, sam, {}, BadRequest),
        (conversation, sam, {"agent_id": kim}, AgentFull),
        (conversation, sam, {"agent_id": jo}, AgentAway),
        (conversation, sam, {"team": "billing", "agent_id": gone}, Forbidden),
    ]:
        with pytest.raises(error):
            transfer(engine, which, by, **to)
    assert (state(engine, conversation).team, state(engine, conversation).agent) == ("support", "Sam")


# Being there


def expire(engine: Engine, seconds: float = 60) -> list[int]:
    with engine.begin() as connection:
        return presence.expire(connection, seconds)


def silent(engine: Engine, agent_id: int) -> None:
    rows(engine, "update switchboard.agents set seen_at = now() - interval '1 h' where agent_id = :id", id=agent_id)


def test_who_goes_away_gives_up_everything_and_the_customers_are_told_once(engine: Engine) -> None:
    sam = hire(engine, "Sam", "support")
    mine, newer = [had_by(engine, sam) for _ in range(2)], waiting(engine)
    hire(engine, "Kim", "support")

    go(engine, sam, "away")
    go(engine, sam, "away")
    expire(engine)

    for conversation in mine:
        assert state(engine, conversation).holder == "queue"
        assert told(engine, conversation) == [
            "Sam had to step away. You keep your place, and somebody else will be with you as soon as possible."
        ]
    assert [each.conversation_id for each in assign_all(engine)] == [*mine, newer]


def test_who_is_busy_keeps_what_they_have(engine: Engine) -> None:
    sam = hire(engine, "Sam")
    conversation = had_by(engine, sam)

    go(engine, sam, "busy")
    expire(engine)

    assert state(engine, conversation).agent == "Sam"


def test_who_falls_silent_is_away(engine: Engine) -> None:
    sam, kim, jo = hire(engine, "Sam", presence="busy"), hire(engine, "Kim"), hire(engine, "Jo", seen_at=None)
    conversation = had_by(engine, sam)
    for agent_id in (sam, kim):
        silent(engine, agent_id)
    with engine.begin() as connection:
        presence.seen(connection, kim)

    assert expire(engine) == [sam]
    assert expire(engine) == []
    assert state(engine, conversation).holder == "queue"
    assert rows(engine, "select agent_id, presence from switchboard.agents order by 1") == [
        (sam, "away"),
        (kim, "online"),
        (jo, "online"),
    ]


def test_who_does_not_work_here_any_more_has_nothing(engine: Engine) -> None:
    sam = hire(engine, "Sam")
    conversation = had_by(engine, sam)
    rows(engine, "update switchboard.agents set active = false, presence = 'away'")

    expire(engine)

    assert state(engine, conversation).holder == "queue"
    with pytest.raises(Forbidden):
        go(engine, sam, "online")


def test_there_is_no_other_presence(engine: Engine) -> None:
    with pytest.raises(BadRequest):
        go(engine, hire(engine), "asleep")


# Waiting


def place(engine: Engine, conversation: str) -> int | None:
    with engine.begin() as connection:
        return waits.position(connection, conversation)


def pace(engine: Engine, team: str = "support") -> float | None:
    with engine.begin() as connection:
        return waits.read_flow(connection, team).seconds_a_place


def served(engine: Engine, *waited: float, team: str = "support", reason: str = "asked_for_a_person") -> None:
    """Conversations that came an hour ago, one a minute, and waited for so many seconds each."""
    for n, seconds in enumerate(waited):
        conversation = waiting(engine, team, reason=reason)
        with engine.begin() as connection:
            holder.close(connection, conversation)
        came = f"now() - interval '1 h' + interval '{n} min'"
        times = f"created_at = {came}, first_assigned_at = {came} + interval '{seconds} s'"
        rows(engine, f"update switchboard.handoffs set {times} where conversation_id = :id", id=conversation)


def test_the_place_counts_who_is_before_you(engine: Engine) -> None:
    waiting(engine, "billing")
    first, second = waiting(engine), waiting(engine)
    assert place(engine, second) == 2

    urgent, low = waiting(engine, priority="urgent"), waiting(engine, priority="low")
    assert [place(engine, each) for each in (urgent, first, second, low)] == [1, 2, 3, 4]
    take(engine, first, hire(engine))
    assert place(engine, second) == 2
    assert place(engine, first) is None
    assert place(engine, start(engine)) is None


def test_the_expected_wait_is_that_of_recent_customers_for_each_place(engine: Engine) -> None:
    hire(engine, "Sam", "support")
    served(engine, 30, 30, 30)  # one place each
    assert pace(engine) == pytest.approx(30)


def test_who_waited_longer_because_others_were_before_them_says_nothing_else(engine: Engine) -> None:
    hire(engine, "Sam", "support")
    served(engine, 180, 240, 300)  # the second came as the second, the third as the third

    assert pace(engine) == pytest.approx((180 + 240 + 300) / (1 + 2 + 3))


def test_nothing_is_said_that_is_not_known(engine: Engine) -> None:
    served(engine, 30, 30, 30)
    assert pace(engine) is None  # nobody is there

    hire(engine, "Sam", "support")
    assert pace(engine) is not None
    rows(engine, "update switchboard.handoffs set created_at = created_at - interval '9 h' where ended_at is not null")
    assert pace(engine) is None  # they waited over night
    served(engine, 0, 0, 0, reason="taken_over")
    assert pace(engine) is None
    served(engine, 30, 30, 30, team="billing")
    assert pace(engine) is None


QUEUE = """
    with waiting as (
        insert into switchboard.conversations (conversation_id, channel, token_hash, holder, team)
        select gen_random_uuid(), 'web', md5(n::text), 'queue', 'support' from generate_series(1, 1000) n
        returning conversation_id)
    insert into switchboard.handoffs (conversation_id, seq, team, reason, priority, created_at)
    select conversation_id, 1, 'support', 'asked_for_a_person', 1 + (random() > 0.9)::int, now() - random() * interval '1 h'
      from waiting
"""


def test_a_place_among_a_thousand_is_counted_in_the_index(engine: Engine) -> None:
    rows(engine, QUEUE)
    last = waiting(engine)
    asking = f"set local enable_seqscan = off; explain {waits.POSITION}"  # as if many more had been served before

    plan = "\n".join(line for (line,) in rows(engine, asking, conversation_id=last))
    _, *counts = plan.split("SubPlan")

    assert place(engine, last) == 1001
    assert ["handoffs_waiting_idx" in each and "Filter" not in each for each in counts] == [True, True]

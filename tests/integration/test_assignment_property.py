"""Assignment against what must always hold: in whatever order things happen, and with everybody at it at once."""

import random
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.engine import Connection, Engine

from switchboard.conversations import holder, saying
from switchboard.conversations.holder import PRIORITIES
from switchboard.database.engine import make_engine
from switchboard.errors import SwitchboardError
from switchboard.routing import assignment, presence
from switchboard.settings import Settings
from tests.talking import call, hire, rows, say, start

TEAMS, SKILLS = ("billing", "orders", "support"), ("crisis", "german")
THREADS, STEPS = 4, 60

LOG = """
    create table log (entry bigint generated always as identity, conversation_id uuid, before bigint, after bigint);
    create function log() returns trigger language plpgsql as $$
    begin
        insert into log (conversation_id, before, after) values (new.conversation_id, old.agent_id, new.agent_id);
        return null;
    end
    $$;
    create trigger log after update of agent_id on switchboard.conversations
        for each row when (old.agent_id is distinct from new.agent_id) execute function log();
"""
WAITING = text("""
    select h.handoff_id, h.conversation_id::text, h.team, h.priority, h.created_at, h.xmin::text, h.skills
      from switchboard.handoffs h where h.ended_at is null and h.assigned_at is null
""")
ASSIGNED = text("""
    select handoff_id, team, priority from switchboard.handoffs
     where conversation_id = cast(:conversation_id as uuid) and ended_at is null
""")


@dataclass(frozen=True)
class Agent:
    """One of the people; each has a name of their own."""

    name: str
    teams: tuple[str, ...]
    skills: tuple[str, ...]
    capacity: int
    presence: str = "online"


@dataclass(frozen=True)
class Waiting:
    """What waits, in this version of its row."""

    handoff_id: int
    conversation_id: str
    team: str
    priority: int
    created_at: object
    version: str
    skills: tuple[str, ...]

    @property
    def turn(self) -> tuple[object, ...]:
        return (-self.priority, self.created_at, self.handoff_id)


def suits(agent: Agent, agents: Sequence[Agent], wanted: Waiting) -> bool:
    """Whether this agent may get it by the rules: of its team, and able to do what somebody of the team can."""
    known = {skill for each in agents if wanted.team in each.teams for skill in each.skills}
    return wanted.team in agent.teams and {*wanted.skills} & known <= {*agent.skills}


def waiting(connection: Connection) -> list[Waiting]:
    found = [Waiting(*row[:6], skills=tuple(row.skills)) for row in connection.execute(WAITING)]
    return sorted(found, key=lambda each: each.turn)


def some(of: Sequence[str], least: int = 0) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(of), unique=True, min_size=least).map(tuple)


PEOPLE = st.lists(
    st.builds(
        Agent,
        name=st.uuids().map(lambda each: f"A{each.hex}"),
        teams=some(TEAMS, 1),
        skills=some(SKILLS),
        capacity=st.integers(0, 3),
        presence=st.sampled_from(["online", "online", "busy", "away"]),
    ),
    max_size=5,
)
CALLS = st.lists(st.tuples(st.sampled_from(TEAMS), st.sampled_from(PRIORITIES), some(SKILLS)), max_size=8)


@given(people=PEOPLE, calls=CALLS)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_it_is_always_the_first_in_turn_and_the_least_busy_who_suits(
    engine: Engine, people: list[Agent], calls: list[tuple[str, str, tuple[str, ...]]]
) -> None:
    rows(engine, "delete from switchboard.conversations")
    rows(engine, "delete from switchboard.agents")
    ids = {employ(engine, each): each for each in people}
    for team, priority, skills in calls:
        call(engine, start(engine), team, priority=priority, skills=skills)
    load: Counter[str] = Counter()

    while True:
        with engine.begin() as connection:
            before = waiting(connection)
            got = assignment.assign_next(connection)
        free = [each for each in people if each.presence == "online" and load[each.name] < each.capacity]
        servable = [each for each in before if any(suits(one, people, each) for one in free)]
        if got is None:
            assert not servable
            break
        assert got.conversation_id == servable[0].conversation_id
        chosen = ids[got.agent_id]
        least = min(load[each.name] / each.capacity for each in free if suits(each, people, servable[0]))
        assert chosen in free
        assert suits(chosen, people, servable[0])
        assert load[chosen.name] / chosen.capacity == least
        load[chosen.name] += 1


def employ(engine: Engine, agent: Agent) -> int:
    return hire(
        engine,
        agent.name,
        *agent.teams,
        skills=list(agent.skills),
        capacity=agent.capacity,
        presence=agent.presence,
    )


class Office:
    """A day at work: agents, customers and routers, each in a thread of their own.

    Args:
        seed: of what they do.
    """

    def __init__(self, engine: Engine, seed: int) -> None:
        self.engine, self.random = engine, random.Random(seed)
        people = [self._person(n) for n in range(4)] + [Agent("Max", TEAMS, (), 1)]
        self.people = {employ(engine, each): each for each in people}
        self.conversations = [start(engine) for _ in range(12)]
        rows(engine, LOG)

    def _person(self, n: int) -> Agent:
        some = self.random.sample
        return Agent(f"Agent{n}", tuple(some(TEAMS, 2)), tuple(some(SKILLS, self.random.randint(0, 2))), n % 3 + 1)

    def work(self, seed: int) -> None:
        """One thread's day."""
        chance = random.Random(seed)
        steps = (
            self.call,
            self.call,
            self.assign,
            self.assign,
            self.take,
            self.pass_on,
            self.move,
            self.end,
            self.write,
        )
        for _ in range(STEPS):
            with suppress(SwitchboardError):
                chance.choice(steps)(chance)

    def call(self, chance: random.Random) -> None:
        conversation = chance.choice(self.conversations)
        why = holder.Call(
            chance.choice(TEAMS),
            "asked_for_a_person",
            chance.choice(PRIORITIES),
            chance.sample(SKILLS, chance.randint(0, 1)),
        )
        with self.engine.begin() as connection:
            if holder.lock(connection, conversation)[0] == "bot":
                holder.hand_over(connection, conversation, 1, why)

    def assign(self, _: random.Random) -> None:
        """Nobody who waited already, and still does, was before the one that was chosen, and suited its agent."""
        with self.engine.begin() as connection:
            before = waiting(connection)
            got = assignment.assign_next(connection)
            if got is None:
                return
            after, agent = waiting(connection), self.people[got.agent_id]
            now = connection.execute(ASSIGNED, {"conversation_id": got.conversation_id}).one()
            mine = next((each for each in before if (each.handoff_id, each.team, each.priority) == tuple(now)), None)
            passed_over = [each for each in before if each in after and mine and each.turn < mine.turn]
            assert not [each for each in passed_over if suits(agent, [*self.people.values()], each)]

    def take(self, chance: random.Random) -> None:
        with self.engine.begin() as connection:
            assignment.take(connection, chance.choice(self.conversations), chance.choice([*self.people]))

    def pass_on(self, chance: random.Random) -> None:
        to = {"team": chance.choice(TEAMS)} if chance.random() < 0.5 else {"agent_id": chance.choice([*self.people])}
        with self.engine.begin() as connection:
            conversation, by = chance.choice(self.conversations), chance.choice([*self.people])
            assignment.transfer(connection, conversation, by, **to)

    def move(self, chance: random.Random) -> None:
        where = chance.choice(["online", "online", "busy", "away"])
        with self.engine.begin() as connection:
            presence.set_presence(connection, chance.choice([*self.people]), where)
        with self.engine.begin() as connection:
            presence.expire(connection, 60)

    def end(self, chance: random.Random) -> None:
        conversation = chance.choice(self.conversations)
        with self.engine.begin() as connection:
            if holder.lock(connection, conversation)[0] in ("queue", "agent"):
                holder.take_back(connection, conversation, "given_back")

    def write(self, chance: random.Random) -> None:
        conversation = chance.choice(self.conversations)
        if chance.random() < 0.5:
            say(self.engine, conversation, "hello?")
            return
        with self.engine.begin() as connection:
            holder.lock(connection, conversation)
            saying.say(connection, conversation, next(iter(self.people)), "Hello!", str(uuid4()))


@pytest.mark.parametrize("seed", range(3))
def test_with_everybody_at_it_at_once_nobody_is_served_twice_forgotten_or_overtaken(
    settings: Settings, engine: Engine, seed: int
) -> None:
    wide = make_engine(settings, pool_size=2 * THREADS)
    office = Office(wide, seed)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(office.work, range(100 * seed, 100 * seed + THREADS)))

    check_log(wide, office)
    serve_all(wide, office)
    wide.dispose()


def check_log(engine: Engine, office: Office) -> None:
    """By what the database wrote down: one assignee after the other, and nobody with more than they can have."""
    has: dict[str, int | None] = {}
    load: Counter[int] = Counter()
    log = rows(engine, "select conversation_id::text, before, after from log order by entry")
    for conversation, before, after in log:
        assert has.get(conversation) == before
        has[conversation] = after
        load[before] -= 1
        load[after] += 1
        assert after is None or load[after] <= office.people[after].capacity
    assert len([after for _, _, after in log if after]) > THREADS, "too little happened"
    joined = rows(engine, "select count(*) from switchboard.messages where text like '% has joined the conversation.'")
    assert joined == [(len([after for _, _, after in log if after]),)]


def serve_all(engine: Engine, office: Office) -> None:
    """Everybody who still waits is served when everybody is there."""
    for agent_id in office.people:
        with engine.begin() as connection:
            presence.set_presence(connection, agent_id, "online")
    left = [1]
    while left:
        with engine.begin() as connection:
            got = assignment.assign_next(connection)
        held = rows(engine, "select conversation_id::text from switchboard.conversations where holder = 'agent'")
        assert got or held, "somebody waits, nobody is busy, and nothing is assigned"
        for (conversation,) in held:
            with engine.begin() as connection:
                holder.take_back(connection, conversation, "given_back")
        left = rows(engine, "select 1 from switchboard.handoffs where ended_at is null")

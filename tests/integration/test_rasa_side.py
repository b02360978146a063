"""Our parts inside Rasa, with Rasa's own trackers: memory, locks, and the channel that runs a message once."""

import asyncio
import json
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, TimeoutError
from typing import Any

import msgspec
import pytest
from rasa.core.actions.action import RemoteAction
from rasa.core.lock_store import LockError
from rasa.core.tracker_store import FailSafeTrackerStore, SQLTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, BotUttered, Event, SessionStarted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig
from sqlalchemy import text
from sqlalchemy.engine import Engine

from switchboard.components import channel
from switchboard.components.lock_store import TURNS_AT_ONCE, PostgresLockStore
from switchboard.components.recorded_turn import recorded_turn
from switchboard.components.running_turn import RunningTurn, running_turn
from switchboard.components.tracker_store import PostgresTrackerStore, TwoWriters
from switchboard.settings import Settings
from switchboard.turns.rasa import Turn
from tests.servers import Server

pytestmark = pytest.mark.slow

DOMAIN = Domain.from_dict(
    {
        "version": "3.1",
        "intents": ["greet", "track_order"],
        "entities": ["order_number"],
        "slots": {
            "order_number": {
                "type": "text",
                "influence_conversation": False,
                "mappings": [{"type": "from_entity", "entity": "order_number"}],
            }
        },
        "responses": {"utter_greet": [{"text": "Hello!"}]},
        "actions": ["action_order_status"],
        "session_config": {"session_expiration_time": 60, "carry_over_slots_to_new_session": True},
    }
)
LISTEN = "action_listen"


@pytest.fixture
def store(settings: Settings) -> Iterator[PostgresTrackerStore]:
    store = PostgresTrackerStore(DOMAIN, settings.database)
    yield store
    store.engine.dispose()


@pytest.fixture
def locks(settings: Settings) -> Iterator[PostgresLockStore]:
    locks = PostgresLockStore(EndpointConfig(settings.database))
    yield locks
    locks.engine.dispose()


@pytest.fixture(autouse=True)
def no_turn() -> Iterator[None]:
    token = running_turn.set(None)
    yield
    running_turn.reset(token)


def session_start() -> list[Event]:
    return [ActionExecuted("action_session_start"), SessionStarted(), ActionExecuted(LISTEN)]


def heard(words: str, intent: str = "greet", message_id: str | None = "anna:1", **parse_data: Any) -> UserUttered:
    understood = {"name": intent, "confidence": 0.9}
    return UserUttered(words, understood, parse_data={"intent": understood, **parse_data}, message_id=message_id)


def greeting(number: int) -> list[Event]:
    return [
        heard(f"hello {number}", message_id=str(number)),
        SlotSet("order_number", str(number)),
        ActionExecuted("utter_greet"),
        BotUttered("Hello!", {"buttons": [{"title": "Yes", "payload": "/affirm"}]}, {"utter_action": "utter_greet"}),
        ActionExecuted(LISTEN),
    ]


async def go_on(store: SQLTrackerStore, events: list[Event]) -> DialogueStateTracker:
    """One turn as Rasa does it: fetch, add, save."""
    tracker = await store.get_or_create_tracker("anna", append_action_listen=False)
    for event in events:
        tracker.update(event)
    await store.save(tracker)
    return tracker


def stored(engine: Engine) -> list[str]:
    with engine.begin() as connection:
        return [
            json.loads(data)["event"]
            for (data,) in connection.execute(text("select data from rasa.events order by id"))
        ]


def seen(tracker: DialogueStateTracker | None) -> Any:
    return tracker and (
        [event.as_dict() for event in tracker.events],
        tracker.current_slot_values(),
        tracker.latest_message.text if tracker.latest_message else None,
        tracker.latest_action_name,
    )


# Memory


TURNS = [
    session_start(),
    greeting(1),
    greeting(2),
    session_start(),
    greeting(3),
    [
        ActionExecuted("action_session_start"),
        SessionStarted(),
        SlotSet("order_number", "3"),
        ActionExecuted(LISTEN),
        *greeting(4),
    ],
    greeting(5),
]


def test_what_is_read_back_is_what_rasas_own_store_reads(store: PostgresTrackerStore, settings: Settings) -> None:
    rasas = SQLTrackerStore(DOMAIN, dialect="sqlite", db=":memory:")
    another = PostgresTrackerStore(DOMAIN, settings.database)

    async def compare() -> None:
        for events in TURNS:
            for each in (store, rasas):
                await go_on(each, events)
            expected = seen(await rasas.retrieve("anna"))
            assert seen(await another.retrieve("anna")) == expected
            another.known.clear()

    asyncio.run(compare())
    assert asyncio.run(read(store)) == asyncio.run(read(rasas))
    another.engine.dispose()


async def read(store: SQLTrackerStore) -> Any:
    return seen(await store.retrieve("anna")), seen(await store.retrieve_full_tracker("anna"))


def test_every_event_is_stored_once(store: PostgresTrackerStore, engine: Engine) -> None:
    async def talk() -> None:
        for events in TURNS:
            await go_on(store, events)

    asyncio.run(talk())

    assert stored(engine) == [event.type_name for events in TURNS for event in events]


def test_replicas_make_the_table_one_after_the_other(engine: Engine, settings: Settings) -> None:
    lock = text("select pg_advisory_xact_lock(hashtextextended('rasa.events', 0))")
    with ThreadPoolExecutor(1) as replica:
        with engine.begin() as connection:
            connection.execute(lock)
            starting = replica.submit(PostgresTrackerStore, DOMAIN, settings.database)
            with pytest.raises(TimeoutError):
                starting.result(timeout=0.5)
        store = starting.result(timeout=10)

    assert asyncio.run(store.retrieve("anna")) is None
    store.engine.dispose()


def test_nobody_is_known_before_the_first_message(store: PostgresTrackerStore) -> None:
    assert asyncio.run(read(store)) == (None, None)


def test_a_turn_that_failed_leaves_nothing(store: PostgresTrackerStore, engine: Engine) -> None:
    async def talk() -> Any:
        await go_on(store, [*session_start(), *greeting(1)])
        before = seen(await PostgresTrackerStore.retrieve(store, "anna"))
        running_turn.set(RunningTurn(keep=True, failures=["KeyError: 1"]))
        await go_on(store, greeting(2))
        running_turn.set(None)
        return before, seen(await store.retrieve("anna"))

    before, after = asyncio.run(talk())

    assert after == before
    assert "hello 2" not in str(after)
    assert len(stored(engine)) == 8


def test_a_turn_that_says_nothing_has_failed_and_leaves_nothing(store: PostgresTrackerStore, engine: Engine) -> None:
    turn = RunningTurn(keep=True)

    async def talk() -> None:
        running_turn.set(turn)
        await go_on(store, [*session_start(), heard("hello"), ActionExecuted(LISTEN)])

    asyncio.run(talk())

    assert turn.failures == ["The assistant said nothing."]
    assert stored(engine) == []


def test_a_single_question_is_not_kept(store: PostgresTrackerStore, engine: Engine) -> None:
    turn = RunningTurn(keep=False)

    async def ask() -> None:
        running_turn.set(turn)
        await go_on(store, [*session_start(), *greeting(1)])

    asyncio.run(ask())

    assert stored(engine) == []
    assert turn.tracker.latest_message.text == "hello 1"


def test_two_writers_are_an_error_instead_of_lost_events(
    store: PostgresTrackerStore, settings: Settings, engine: Engine
) -> None:
    another = PostgresTrackerStore(DOMAIN, settings.database)

    async def talk() -> None:
        await go_on(store, [*session_start(), *greeting(1)])
        mine, theirs = await store.retrieve("anna"), await another.retrieve("anna")
        for tracker in (mine, theirs):
            tracker.update_with_events(greeting(2), DOMAIN)
        await store.save(mine)
        with pytest.raises(TwoWriters):
            await another.save(theirs)

    asyncio.run(talk())
    another.engine.dispose()
    assert len(stored(engine)) == 13


def test_what_another_replica_wrote_is_seen(store: PostgresTrackerStore, settings: Settings) -> None:
    another = PostgresTrackerStore(DOMAIN, settings.database)

    async def talk() -> Any:
        await go_on(store, [*session_start(), *greeting(1)])
        await go_on(another, greeting(2))
        return (await store.retrieve("anna")).latest_message.text

    assert asyncio.run(talk()) == "hello 2"
    another.engine.dispose()


# Locks


def test_a_conversation_is_locked_for_one_and_free_for_others(locks: PostgresLockStore, settings: Settings) -> None:
    order: list[str] = []

    async def turn(replica: PostgresLockStore, conversation: str, name: str) -> None:
        async with replica.lock(conversation):
            order.append(name)

    async def both() -> None:
        async with locks.lock("anna"):
            second = asyncio.create_task(turn(another, "anna", "second"))
            await turn(another, "ben", "other")
            done, _ = await asyncio.wait([second], timeout=0.5)
            assert not done
            order.append("first")
        await second

    another = PostgresLockStore(EndpointConfig(settings.database))
    asyncio.run(both())
    another.engine.dispose()
    assert order == ["other", "first", "second"]


def test_a_lock_is_free_when_its_holder_dies(locks: PostgresLockStore, settings: Settings, engine: Engine) -> None:
    another = PostgresLockStore(EndpointConfig(settings.database))

    async def wait() -> bool:
        async with another.lock("anna"):
            return True

    holder = locks._acquire("anna")
    with engine.begin() as connection:
        connection.execute(text("select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'"))

    assert asyncio.run(asyncio.wait_for(wait(), 5))
    holder.invalidate()
    another.engine.dispose()


def test_more_turns_than_places_wait_for_each_other_and_all_come_to_their_end(locks: PostgresLockStore) -> None:
    async def turn(number: int) -> int:
        async with locks.lock(f"conversation {number}"):
            await asyncio.sleep(0.05)
        return number

    async def all_at_once() -> list[int]:
        return await asyncio.wait_for(asyncio.gather(*(turn(number) for number in range(3 * TURNS_AT_ONCE))), 8)

    assert asyncio.run(all_at_once()) == list(range(3 * TURNS_AT_ONCE))


def test_a_lock_is_free_after_an_error(locks: PostgresLockStore) -> None:
    async def turn() -> None:
        with pytest.raises(KeyError):
            async with locks.lock("anna"):
                raise KeyError
        async with locks.lock("anna"):
            pass

    asyncio.run(asyncio.wait_for(turn(), 5))


def test_without_the_database_nothing_is_locked() -> None:
    locks = PostgresLockStore(EndpointConfig("postgresql://nobody@127.0.0.1:1/nothing"))

    async def turn() -> None:
        async with locks.lock("anna"):
            pass

    with pytest.raises(LockError):
        asyncio.run(turn())


# What a turn was


def turn_of(*events: Event) -> Turn:
    """The latest turn as the worker reads it."""
    tracker = DialogueStateTracker.from_events("anna", list(events), DOMAIN.slots)
    return msgspec.convert(recorded_turn(tracker), Turn)


def test_a_recorded_turn_has_what_was_understood_said_and_done() -> None:
    turn = turn_of(
        *greeting(1),
        heard("where is 12345", "track_order", stage="sparse"),
        ActionExecuted("action_order_status"),
        BotUttered("It is on its way."),
        BotUttered("Anything else?", {"buttons": [{"title": "No", "payload": "/deny"}]}),
        ActionExecuted(LISTEN),
    )

    assert [reply.text for reply in turn.replies] == ["It is on its way.", "Anything else?"]
    assert [(each.title, each.payload) for each in turn.replies[1].buttons] == [("No", "/deny")]
    assert (turn.intent, turn.confidence, turn.stage) == ("track_order", 0.9, "sparse")
    assert (turn.actions, turn.handoff, turn.sources) == (["action_order_status"], None, [])


def test_decisions_are_read_from_custom_payloads() -> None:
    source = {"slug": "fees", "title": "Fees", "version": 2}
    turn = turn_of(
        heard("a person"),
        BotUttered("I will connect you."),
        BotUttered(None, {"custom": {"handoff": {"team": "billing", "reason": "asked_for_a_person"}}}),
        BotUttered(None, {"custom": {"sources": [source]}}),
    )

    assert [reply.text for reply in turn.replies] == ["I will connect you."]
    assert (turn.handoff.team, turn.handoff.reason) == ("billing", "asked_for_a_person")
    assert turn.sources[0].slug == "fees"


def test_a_turn_can_ask_for_a_person_without_a_word() -> None:
    turn = turn_of(heard("a person"), BotUttered(None, {"custom": {"handoff": {"reason": "asked_for_a_person"}}}))

    assert turn.replies == []
    assert (turn.handoff.team, turn.handoff.reason) == (None, "asked_for_a_person")


def test_the_fallback_does_not_hide_what_was_understood() -> None:
    ranking = [{"name": "nlu_fallback", "confidence": 0.6}, {"name": "track_order", "confidence": 0.41}]
    turn = turn_of(heard("hm", "nlu_fallback", intent_ranking=ranking), BotUttered("Pardon?"))

    assert (turn.intent, turn.confidence) == ("track_order", 0.41)


def test_a_rounding_error_is_no_confidence_above_one() -> None:
    message = UserUttered("hi", parse_data={"intent": {"name": "greet", "confidence": 1.0000001}}, message_id="anna:1")

    assert turn_of(message, BotUttered("Hi")).confidence == 1.0


def test_a_further_request_that_an_action_took_up_is_part_of_the_turn() -> None:
    turn = turn_of(
        heard("track it, and hello", "track_order"),
        BotUttered("It is on its way."),
        heard("hello", "greet", message_id=None),
        BotUttered("Hello!"),
    )

    assert turn.intent == "track_order"
    assert [reply.text for reply in turn.replies] == ["It is on its way.", "Hello!"]


def test_nothing_said_is_no_turn() -> None:
    with pytest.raises(LookupError):
        turn_of(*session_start())


# The channel


class Processor:
    """Stands for Rasa's: answers every message, or fails in one of the ways that Rasa's does."""

    def __init__(self, store: PostgresTrackerStore) -> None:
        self.tracker_store = FailSafeTrackerStore(store)
        self.domain = DOMAIN
        self.says: str | None = "Hello!"
        self.dies_of: Exception | None = None
        self.calls: RemoteAction | None = None
        self.asked = 0

    async def handle_message(self, message: Any) -> None:
        self.asked += 1
        if self.dies_of:
            raise self.dies_of
        tracker = await self.tracker_store.get_or_create_tracker(message.sender_id)
        said = heard(message.text, message_id=message.message_id)
        said.metadata = message.metadata
        tracker.update(said)
        if self.calls:
            await self._call(tracker)
        if self.says:
            tracker.update(BotUttered(f"{self.says} ({self.asked})"))
        tracker.update(ActionExecuted(LISTEN))
        await self.tracker_store.save(tracker)

    async def _call(self, tracker: DialogueStateTracker) -> None:
        """As Rasa runs an action: what it dies of goes to the log only."""
        try:
            await self.calls.run(None, None, tracker, DOMAIN)
        except Exception:
            logging.getLogger("rasa.core.processor").exception("Encountered an exception while running an action.")


class Agent:
    """As much of Rasa's agent as the channel uses."""

    def __init__(self, store: PostgresTrackerStore, locks: PostgresLockStore) -> None:
        self.processor, self.lock_store = Processor(store), locks


@pytest.fixture
def agent(store: PostgresTrackerStore, locks: PostgresLockStore) -> Agent:
    return Agent(store, locks)


def post(
    agent: Agent, message_id: str = "anna:1", keep: bool = True, attempt: int = 1, resume: Any = None
) -> tuple[int, Any]:
    """Status and body of the channel's answer."""
    message = {"conversation_id": "anna", "message_id": message_id, "text": "hello", "keep": keep}
    body = message | {"attempt": attempt, "resume": resume}
    response = asyncio.run(channel.answer(agent, body))
    return response.status, json.loads(response.body)


def test_what_comes_with_a_message_reaches_those_who_read_it() -> None:
    body = {"conversation_id": "anna", "message_id": "anna:1", "text": "yes", "attempt": 3, "early": True}
    message = channel.user_message(body)
    assert message.metadata == {"message_id": "anna:1", "attempt": 3, "early": True}


def test_a_message_is_run_and_answered(agent: Agent) -> None:
    status, turn = post(agent)

    assert (status, turn["replies"]) == (200, [{"text": "Hello! (1)", "buttons": []}])


def test_a_message_that_has_run_is_not_run_again(agent: Agent) -> None:
    first, second = post(agent), post(agent)

    assert first == second
    assert agent.processor.asked == 1
    assert post(agent, "anna:2")[1]["replies"][0]["text"] == "Hello! (2)"


def test_a_worker_that_comes_back_after_its_lease_runs_nothing(agent: Agent) -> None:
    post(agent, "anna:1", attempt=2)
    post(agent, "anna:2", attempt=3)

    late = post(agent, "anna:1", attempt=1)

    assert late == (502, {"error": {"code": "turn_failed", "message": "A later attempt has been here already."}})
    assert agent.processor.asked == 2
    assert post(agent, "anna:1", attempt=4)[0] == 200


def test_after_a_person_the_assistant_begins_anew_with_what_is_known(agent: Agent) -> None:
    post(agent)
    tracker = memory(agent)
    tracker.update_with_events([ActiveLoop("order_status_form"), SlotSet("requested_slot", "order_number")], DOMAIN)
    asyncio.run(agent.processor.tracker_store.save(tracker))

    told = {"slots": {"order_number": "12345", "of_an_older_model": 1}}
    status, _ = post(agent, "anna:2", resume=told)

    tracker = memory(agent)
    assert status == 200
    assert (tracker.active_loop_name, tracker.get_slot("requested_slot")) == (None, None)
    assert tracker.get_slot("order_number") == "12345"
    assert [e.text for e in tracker.applied_events() if isinstance(e, UserUttered)] == ["hello"]
    assert tracker.events[-2].text == "Hello! (2)"


def test_who_only_talked_to_a_person_so_far_is_resumed_too(agent: Agent) -> None:
    assert post(agent, resume={"slots": {"order_number": "12345"}})[0] == 200
    assert memory(agent).get_slot("order_number") == "12345"


def memory(agent: Agent) -> DialogueStateTracker:
    """What Rasa knows of the conversation, read anew."""
    running_turn.set(None)
    return asyncio.run(agent.processor.tracker_store.retrieve("anna"))


def test_a_message_that_comes_twice_at_once_is_run_once(agent: Agent) -> None:
    body = {"conversation_id": "anna", "message_id": "anna:1", "text": "hello", "keep": True}

    async def twice() -> None:
        await asyncio.gather(*(asyncio.create_task(channel.answer(agent, body)) for _ in range(4)))

    asyncio.run(twice())

    assert agent.processor.asked == 1


def test_a_turn_that_dies_is_told_and_can_be_run_again(agent: Agent, engine: Engine) -> None:
    agent.processor.dies_of = KeyError("slot")
    assert post(agent) == (502, {"error": {"code": "turn_failed", "message": "KeyError in the turn"}})

    agent.processor.dies_of = None

    assert post(agent)[0] == 200
    assert stored(engine).count("user") == 1


@pytest.fixture
def action_server() -> Iterator[Server]:
    channel.note_failed_actions()
    with Server({"error": "KeyError"}, 500) as server:
        yield server


def test_an_exception_in_an_action_is_told_and_leaves_nothing(
    agent: Agent, engine: Engine, action_server: Server
) -> None:
    agent.processor.calls = RemoteAction("action_order_status", EndpointConfig(action_server.url))

    assert post(agent)[0] == 502
    assert "user" not in stored(engine)


def test_an_action_server_that_is_away_is_no_fault_of_the_message(
    agent: Agent, engine: Engine, action_server: Server
) -> None:
    agent.processor.calls = RemoteAction("action_order_status", EndpointConfig("http://127.0.0.1:1/webhook"))

    assert post(agent)[0] == 503
    assert "user" not in stored(engine)


def test_a_silent_turn_is_told_and_leaves_nothing(agent: Agent, engine: Engine) -> None:
    agent.processor.says = None

    assert post(agent)[0] == 502
    assert "user" not in stored(engine)


def test_a_memory_that_fails_is_told_although_rasa_goes_on_without_it(agent: Agent, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("alter table rasa.events rename to lost"))

    status, body = post(agent)

    assert status == 503
    assert "memory failed" in body["error"]["message"]


def test_a_lock_that_fails_is_told(store: PostgresTrackerStore) -> None:
    away = PostgresLockStore(EndpointConfig("postgresql://nobody@127.0.0.1:1/nothing"))

    assert post(Agent(store, away))[0] == 503


def test_a_single_question_leaves_no_trace(agent: Agent, engine: Engine) -> None:
    assert post(agent, keep=False)[0] == 200
    assert stored(engine) == []

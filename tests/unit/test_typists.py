"""Who is typing, as a web process has heard."""

import json
import sys
import threading
from collections.abc import Iterator

import pytest

from switchboard.web.changes import Changes
from switchboard.web.typists import LAPSE_SECONDS, Typists


def told(**values: object) -> str:
    return json.dumps({"conversation_id": "one", "who": "agent", "name": "Sam", "typing": True, **values})


def test_a_typing_agent_is_known_by_name_in_their_conversation_only() -> None:
    typists = Typists(Changes())
    typists.heard(told())

    assert typists.name("one") == "Sam"
    assert typists.name("two") is None


def test_the_sign_goes_out_at_once_when_they_stop_or_send() -> None:
    typists = Typists(Changes())
    typists.heard(told())
    typists.heard(told(typing=False))
    assert typists.name("one") is None

    typists.heard(told())
    typists.stopped("one")
    assert typists.name("one") is None


def test_the_sign_goes_out_by_itself() -> None:
    typists = Typists(Changes())
    assert typists.lapses_in("one") is None

    typists.heard(told())

    assert 0 < (typists.lapses_in("one") or 0) <= LAPSE_SECONDS


def test_signs_come_and_go_in_several_threads_at_once(quick_switches: None) -> None:
    typists, ended = Typists(Changes()), threading.Event()
    numbers = [str(n) for n in range(2_000)]

    def read() -> None:
        while not ended.is_set():
            for each in numbers:
                typists.stopped(each)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for each in numbers:
            typists.heard(told(conversation_id=each))
    finally:
        ended.set()
        reader.join()


@pytest.fixture
def quick_switches() -> Iterator[None]:
    """Threads take turns so often that what can go wrong between them does."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_customers_and_reconnects_are_no_agents() -> None:
    typists = Typists(Changes())
    typists.heard(told(who="customer"))
    typists.heard("")

    assert typists.name("one") is None

"""What answers of tasks are taken for: how many, which version, how it is paid; on the real shop."""

from dataclasses import replace

import pytest
from sqlalchemy.engine import Engine

from switchboard.settings import Settings
from tests.chatting import HANNAH, OLIVIA, Chat, place


@pytest.fixture
def chat(engine: Engine, settings: Settings) -> Chat:
    return Chat(engine, replace(settings, link_secret="secret")).known("12345", OLIVIA)


# How many


@pytest.mark.parametrize("text", ["return one of the mugs from order 77002", "return just one from order 77002"])
def test_how_many_of_the_only_item_is_not_lost(chat: Chat, text: str) -> None:
    place(chat.engine, "77002", mugs=3, delivered=True)
    assert "the return of 1 × Dune mug (sand)" in chat.begin("return_items", text).said


def test_how_many_of_the_only_item_are_changed_is_not_lost(chat: Chat) -> None:
    place(chat.engine, "77003", mugs=3)
    said = chat.begin("change_items", "change one mug of order 77003 to ink").said
    assert "1 × Dune mug (sand) → ink" in said


@pytest.mark.parametrize("text", ["just one of them", "no, only one"])
def test_how_many_can_be_corrected_at_the_preview(chat: Chat, text: str) -> None:
    place(chat.engine, "77002", mugs=3, delivered=True)
    assert "the return of 3 × Dune mug" in chat.begin("return_items", "return order 77002").said
    assert "the return of 1 × Dune mug" in chat.say(text).said


def test_how_many_of_one_item_among_several_can_be_corrected_too(chat: Chat) -> None:
    chat = Chat(chat.engine, chat.identity.settings)
    chat.begin("return_items", f"return from order 78901, {HANNAH}")
    assert "the return of 2 × Dune mug" in chat.say("the mugs").said
    assert "the return of 1 × Dune mug" in chat.say("just one of them").said


def test_items_left_out_that_can_not_be_told_are_asked_for(chat: Chat) -> None:
    place(chat.engine, "77002", mugs=3, delivered=True)
    assert "Which items" in chat.begin("return_items", "return all mugs of order 77002 except one").said
    assert "the return of 2 × Dune mug" in chat.say("two").said
    assert "can't tell which items" in chat.say("no, all but one").said

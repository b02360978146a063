"""A desk with one agent, Ada, and a conversation that is hers."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext
from sqlalchemy.engine import Engine

from switchboard.settings import Settings
from tests.browser.desk_page import WIDE, DeskPage, hire_signed
from tests.servers import Web
from tests.talking import call, give, rows, say, start

ANSWERED = """
    update switchboard.messages set outcome = 'answered', intent = 'complaint', confidence = 0.61, stage = 'both'
     where conversation_id = :id and seq = 1
"""


@pytest.fixture
def ada(engine: Engine) -> int:
    return hire_signed(engine, "Ada", "support", "orders", role="admin")


@pytest.fixture
def conversation(engine: Engine, ada: int) -> str:
    """Ada's: the bot took its first message for a complaint."""
    its = start(engine)
    say(engine, its, "The jar arrived cracked")
    rows(engine, ANSWERED, id=its)
    call(engine, its)
    give(engine, its, ada)
    return its


@pytest.fixture
def web(settings: Settings, ada: int) -> Iterator[Web]:
    with Web(settings) as web:
        yield web


@pytest.fixture
def desk(open_context: Callable[..., BrowserContext], web: Web) -> Iterator[DeskPage]:
    desk = DeskPage(open_context(WIDE), web.url).sign_in("Ada")
    yield desk
    desk.page.close()
    assert desk.problems == []

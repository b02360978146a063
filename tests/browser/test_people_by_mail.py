"""Outside hours: the customer leaves an address, the answer comes by mail, and its link leads back into the chat.

Browser, web process, worker, router, mails and database are real; only Rasa is replaced, at the wire.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy.engine import Engine

from switchboard.mail.postman import Postman
from switchboard.routing.router import Router
from switchboard.settings import Settings
from tests.browser.chat_page import ChatPage
from tests.browser.conftest import OpenChat, OpenContext
from tests.browser.desk_page import SOON_MS
from tests.browser.people_fixtures import *  # noqa: F403
from tests.browser.people_fixtures import OpenDesk, asks_for_a_person, said, takes
from tests.servers import Web
from tests.system import free_ports
from tests.talking import rows, running, turn, wait_until, worker
from tests.teams import teams_of

pytestmark = pytest.mark.slow

CALLS = turn("One moment.", handoff={"team": "support", "reason": "asked_for_a_person"})

AN_HOUR_LATER = """
    update switchboard.visits set seen_at = seen_at - interval '1 h';
    update switchboard.messages set created_at = created_at - interval '1 h'
"""


@dataclass
class Shop:
    """A system whose teams are away for three days."""

    url: str
    settings: Settings
    engine: Engine

    def mails(self) -> list[str]:
        """What has been mailed, oldest first."""
        files = sorted(Path(self.settings.mail_folder).glob("*.eml"), key=lambda file: int(file.stem))
        read = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]
        return [f"{mail['To']}: {mail['Subject']}\n{mail.get_content()}" for mail in read]


@pytest.fixture
def system(settings: Settings, engine: Engine, tmp_path: Path) -> Iterator[Shop]:
    (port,) = free_ports(1)
    back = datetime.now(timezone.utc) + timedelta(days=3)
    teams = tmp_path / "teams.yml"
    teams.write_text(teams_of([f"{back:%A}".lower()]))
    settings = replace(
        settings, port=port, teams_file=str(teams), link_secret="a secret for links", mail="file",
        mail_folder=str(tmp_path / "mails"), public_url=f"http://127.0.0.1:{port}",
    )  # fmt: skip
    with Web(settings, port) as web, running(worker(engine, CALLS, worker_threads=1), settings):
        threads = [Router(settings, engine), Postman(settings, engine)]
        for thread in threads:
            thread.start()
        yield Shop(web.url, settings, engine)
        for thread in threads:
            thread.stop()


def leaves_an_address(chat: ChatPage) -> str:
    """Returns the reference."""
    chat.dialog.get_by_label("Your e-mail address").fill("olivia@example.com")
    chat.dialog.get_by_label("What is it about?").fill("Where is my kettle?")
    chat.dialog.get_by_role("button", name="Save").click()
    told = chat.dialog.get_by_text(re.compile(r"Your reference is H\d+\. If you leave, the answer goes to o…@"))
    expect(told).to_be_visible(timeout=SOON_MS)
    return re.search(r"H\d+", told.inner_text())[0]


def test_who_comes_outside_hours_gets_the_answer_by_mail_and_comes_back_by_its_link(
    open_chat: OpenChat, open_context: OpenContext, open_desk: OpenDesk, system: Shop
) -> None:
    chat = open_chat()
    conversation = asks_for_a_person(chat, "I want to talk to a person")
    expect(said(chat, "system", "Customer support is closed right now.")).to_have_count(1, timeout=SOON_MS)
    reference = leaves_an_address(chat)
    wait_until(lambda: len(system.mails()) == 1, seconds=20)
    assert f"we have your request {reference}" in system.mails()[0]
    chat.page.close()

    desk = open_desk("Ada", "support")
    takes(desk.open(conversation, "waiting"))
    expect(desk.entry("Where is my kettle?")).to_have_count(1)
    desk.write("Your kettle arrives on Monday.")
    expect(desk.entry("Your kettle arrives on Monday.")).to_have_count(1, timeout=SOON_MS)
    rows(system.engine, AN_HOUR_LATER)

    wait_until(lambda: len(system.mails()) == 2, seconds=20)
    mail = system.mails()[1]
    assert mail.startswith(f"olivia@example.com: Larkspur: Ada has answered your request {reference}")
    assert "Your kettle arrives on Monday." in mail
    elsewhere = ChatPage(open_context().new_page(), re.search(r"http\S+#chat=\S+", mail)[0]).visit()
    expect(said(elsewhere, "agent", "Your kettle arrives on Monday.")).to_have_count(1, timeout=SOON_MS)
    expect(elsewhere.sent("Where is my kettle?")).to_have_count(1)
    elsewhere.say("Thank you!")
    expect(desk.entry("Thank you!")).to_have_count(1, timeout=SOON_MS)
    assert "chat=" not in elsewhere.page.url

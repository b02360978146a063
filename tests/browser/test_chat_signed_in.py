"""The chat on a site where people sign in, in a browser that several of them use.

Browser, web process and database are real; Rasa answers one sentence to everything.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import jwt
import pytest
from playwright.sync_api import Route, expect
from sqlalchemy.engine import Engine

from switchboard.conversations.links import sign
from switchboard.settings import Settings
from tests.browser.chat_page import ChatPage
from tests.browser.conftest import OpenContext
from tests.browser.people_fixtures import conversation_of
from tests.servers import Web
from tests.talking import call, rows, running, turn, wait_until, worker

SECRET = "shared with the shop's own site, and long enough"
LINKS = "a secret for links"

ANSWER = "I can help with that."
WORDS = "My invoice is wrong."

OLIVIA, ANOTHER = "1", "2"
"""Customers of the shop."""

PAGE = """<!doctype html><title>Larkspur</title>
<script src="/widget.js" data-title="Larkspur" {attribute} defer></script><h1>Larkspur</h1>"""

IDENTITY = "**/identity"


def token(customer: str, seconds: int = 300) -> str:
    """The site's word for its customer; with negative `seconds` it has run out."""
    now = int(time.time()) - 600
    return jwt.encode({"sub": customer, "aud": "switchboard", "iat": now, "exp": now + 600 + seconds}, SECRET, "HS256")


class Site(ChatPage):
    """A page of the shop, in which somebody is signed in or nobody."""

    def visit_as(self, identity: str = "") -> "Site":
        """Loads the page anew, with this token."""
        attribute = f'data-identity-token="{identity}"' if identity else ""
        self.page.unroute("**/site")
        self.page.route(
            "**/site",
            lambda route: route.fulfill(body=PAGE.format(attribute=attribute), content_type="text/html; charset=utf-8"),
        )
        self.visit()
        if self.launcher.is_visible():
            self.open()
        return self

    def becomes(self, identity: str) -> None:
        """Somebody signs in or out without leaving the page."""
        self.page.evaluate("(token) => { document.querySelector('script').dataset.identityToken = token; }", identity)

    def talk(self, words: str = WORDS) -> str:
        """Says something and is answered; returns the conversation's id."""
        self.say(words)
        expect(self.answers.filter(has_text=ANSWER).last).to_be_visible()
        self.expect_handled(words)
        return conversation_of(self)

    def expect_empty(self) -> None:
        expect(self.dialog).to_be_visible()
        expect(self.log.locator(".message:not(:first-child)")).to_have_count(0)
        self.page.wait_for_function("localStorage.length === 0")

    def expect_continued(self, conversation: str) -> None:
        expect(self.sent(WORDS)).to_have_count(1)
        assert conversation_of(self) == conversation


@pytest.fixture
def site(open_context: OpenContext, settings: Settings, engine: Engine) -> Iterator[Site]:
    settings = replace(settings, identity_secret=SECRET, link_secret=LINKS)
    with Web(settings) as web, running(worker(engine, turn(ANSWER), worker_threads=1), settings):
        yield Site(open_context().new_page(), f"{web.url}/site")


def customer(engine: Engine, conversation: str) -> tuple[str | None, int]:
    query = "select external_id, identity_level from switchboard.conversations where conversation_id = :c"
    return tuple(rows(engine, query, c=conversation)[0])


def test_who_signs_in_again_goes_on(site: Site, engine: Engine) -> None:
    conversation = site.visit_as(token(OLIVIA)).talk()
    assert customer(engine, conversation) == (OLIVIA, 2)

    site.visit_as(token(OLIVIA, 200))

    site.expect_continued(conversation)
    assert site.talk("And my address too.") == conversation


def test_who_signs_out_leaves_nothing_behind(site: Site, engine: Engine) -> None:
    hers = site.visit_as(token(OLIVIA)).talk()

    site.visit_as()

    site.expect_empty()
    fresh = site.talk("Hello")
    assert fresh != hers
    assert customer(engine, fresh) == (None, 0)
    expect(site.sent(WORDS)).to_have_count(0)


def test_the_next_to_sign_in_begins_their_own(site: Site, engine: Engine) -> None:
    hers = site.visit_as(token(OLIVIA)).talk()

    with site.page.expect_response(IDENTITY):
        site.visit_as(token(ANOTHER))

    site.expect_empty()
    theirs = site.talk("Hello")
    assert customer(engine, theirs) == (ANOTHER, 2)
    assert customer(engine, hers) == (OLIVIA, 2)
    expect(site.sent(WORDS)).to_have_count(0)


def test_nothing_is_shown_before_it_is_known_whose_it_is(site: Site) -> None:
    conversation = site.visit_as(token(OLIVIA)).talk()
    site.page.route(IDENTITY, lambda route: route.abort())

    site.visit_as(token(OLIVIA))

    expect(site.dialog.get_by_text("Reconnecting…")).to_be_visible()
    expect(site.sent(WORDS)).to_have_count(0)
    site.page.unroute(IDENTITY)
    site.expect_continued(conversation)


def test_what_is_written_before_that_reaches_nobody_elses_conversation(site: Site, engine: Engine) -> None:
    hers = site.visit_as(token(OLIVIA)).talk()
    held: list[Route] = []
    site.page.route(IDENTITY, lambda route: held.append(route))
    with site.page.expect_request(IDENTITY):
        site.visit_as(token(ANOTHER))
    site.say("Hello")
    expect(site.sent("Hello")).to_have_count(1)

    site.page.unroute(IDENTITY)
    for route in held:
        route.continue_()

    site.expect_handled("Hello")
    theirs = conversation_of(site)
    assert customer(engine, theirs) == (ANOTHER, 2)
    assert "Hello" not in said_in(engine, hers)
    assert "Hello" in said_in(engine, theirs)


def test_what_was_not_sent_is_not_offered_to_the_next(site: Site) -> None:
    site.visit_as(token(OLIVIA)).talk()
    site.page.route("**/messages", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    site.say("It is number 4711.")
    expect(site.dialog.get_by_role("button", name="Try again")).to_be_visible(timeout=20_000)
    site.page.unroute("**/messages")

    with site.page.expect_response(IDENTITY):
        site.visit_as(token(ANOTHER))

    site.expect_empty()
    assert site.page.evaluate("Object.values(sessionStorage).join()").find("4711") == -1


def test_signing_in_in_mid_chat_makes_the_conversation_theirs(site: Site, engine: Engine) -> None:
    conversation = site.visit_as().talk()
    assert customer(engine, conversation) == (None, 0)

    site.visit_as(token(OLIVIA))

    site.expect_continued(conversation)
    wait_until(lambda: customer(engine, conversation) == (OLIVIA, 2))
    site.visit_as()
    site.expect_empty()


def test_who_signs_in_while_it_cannot_be_looked_up_goes_on_and_is_known_later(site: Site, engine: Engine) -> None:
    conversation = site.visit_as().talk()
    site.page.route(IDENTITY, lambda route: route.fulfill(status=503, json={}))
    site.visit_as(token(OLIVIA))
    site.expect_continued(conversation)
    assert site.talk("Still me.") == conversation
    site.page.unroute(IDENTITY)

    assert site.talk("And my address too.") == conversation

    assert customer(engine, conversation) == (OLIVIA, 2)


def test_who_never_signs_in_goes_on(site: Site) -> None:
    conversation = site.visit_as().talk()

    site.visit_as()

    site.expect_continued(conversation)


@pytest.mark.parametrize(
    "made",
    [lambda: token(OLIVIA, -60), lambda: "no token", lambda: token("999999")],
    ids=["expired", "none", "unknown"],
)
def test_a_token_that_is_no_good_proves_nothing_and_stops_nobody(
    site: Site, engine: Engine, made: Callable[[], str]
) -> None:
    bad = made()
    hers = site.visit_as(token(OLIVIA)).talk()

    with site.page.expect_response(IDENTITY):
        site.visit_as(bad)

    site.expect_empty()
    fresh = site.talk("Hello")
    assert fresh != hers
    assert customer(engine, fresh) == (None, 0)
    expect(site.dialog.get_by_role("alert")).to_have_count(0)
    site.visit_as(bad)
    expect(site.sent("Hello")).to_have_count(1)
    assert conversation_of(site) == fresh


def test_without_leaving_the_page_one_signs_in_and_out(site: Site, engine: Engine) -> None:
    conversation = site.visit_as().talk()

    site.becomes(token(OLIVIA))
    wait_until(lambda: customer(engine, conversation) == (OLIVIA, 2))
    site.expect_continued(conversation)
    assert site.talk("And my address too.") == conversation
    site.becomes(token(OLIVIA, 200))
    assert site.talk("And my name.") == conversation

    site.becomes("")
    site.expect_empty()

    theirs = site.talk("Hello")
    site.becomes(token(ANOTHER))
    wait_until(lambda: customer(engine, theirs) == (ANOTHER, 2))
    site.becomes(token(OLIVIA))
    site.expect_empty()


def test_an_address_that_was_typed_is_not_left_in_the_form(site: Site, engine: Engine) -> None:
    address = site.dialog.get_by_label("Your e-mail address")
    leave = site.dialog.get_by_role("button", name="Leave my e-mail")
    call(engine, site.visit_as(token(OLIVIA)).talk())
    leave.click()
    address.fill("olivia@example.com")

    site.becomes("")

    call(engine, site.talk("Hello"))
    leave.click()
    expect(address).to_have_value("")


def test_signing_out_in_one_tab_clears_the_other(site: Site) -> None:
    site.visit_as(token(OLIVIA)).talk()
    other = Site(site.page.context.new_page(), site.url)

    other.visit_as()

    other.expect_empty()
    site.expect_empty()


def test_a_tab_from_before_the_sign_in_takes_nothing_away(site: Site) -> None:
    site.visit_as()
    signed_in = Site(site.page.context.new_page(), site.url).visit_as(token(OLIVIA))

    conversation = signed_in.talk()

    expect(site.sent(WORDS)).to_have_count(1)
    signed_in.expect_continued(conversation)
    signed_in.visit_as(token(OLIVIA))
    signed_in.expect_continued(conversation)


def test_a_mails_link_opens_also_for_who_has_signed_out(site: Site) -> None:
    conversation = site.visit_as(token(OLIVIA)).talk()
    site.url += f"#chat={sign(LINKS, conversation)}"
    site.page.goto("about:blank")

    site.visit_as()

    site.expect_continued(conversation)


def test_a_mails_link_signs_nobody_in(site: Site, open_context: OpenContext, engine: Engine) -> None:
    """Whoever began the conversation, and everybody with the link, would have what is the visitor's."""
    conversation = site.visit_as().talk()
    elsewhere = Site(open_context().new_page(), f"{site.url}#chat={sign(LINKS, conversation)}")

    elsewhere.visit_as(token(OLIVIA))
    expect(elsewhere.sent(WORDS)).to_have_count(1)
    elsewhere.talk("It’s me")

    assert rows(engine, "select external_id, identity_level from switchboard.conversations") == [(None, 0)]


def said_in(engine: Engine, conversation: str) -> list[str]:
    return [
        words
        for (words,) in rows(engine, "select text from switchboard.messages where conversation_id = :c", c=conversation)
    ]

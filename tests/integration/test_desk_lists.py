"""What waits and what is whose: the lists of the desk."""

import pytest

from switchboard.desk import inbox
from switchboard.desk.views import VIEWS
from tests.deskwork import waiting, with_sam
from tests.talking import give, rows, say, start, turn, worker


def test_who_waits_longest_of_the_most_urgent_is_first(engine, desk):
    normal, later, urgent = waiting(engine), waiting(engine), waiting(engine, priority="urgent")
    assert desk.inbox("waiting") == [urgent, normal, later]


def test_lists_and_counts_are_of_ones_own_teams(engine, desk, sam):
    ours, others, bots = waiting(engine), waiting(engine, team="billing"), start(engine)
    say(engine, bots, "hello")
    mine = with_sam(engine, sam)
    seen = {view: set(desk.inbox(view)) for view in VIEWS}
    assert seen == {
        "waiting": {ours},
        "mine": {mine},
        "team": {ours, mine},
        "bot": {bots},
        "all": {ours, mine, bots},
        "resolved": set(),
    }
    assert desk.get("/desk/api/inbox/mine").json()["counts"] == {"waiting": 1, "mine": 1, "team": 2, "bot": 1, "all": 3}
    assert desk.get(f"/desk/api/conversations/{others}").status_code == 404


def test_supervisors_see_every_teams(engine, dana, sam):
    conversations = {waiting(engine, team="billing"), waiting(engine), with_sam(engine, sam)}
    assert set(dana.inbox("all")) == conversations
    assert dana.get("/desk/api/inbox/all").json()["counts"] == {"waiting": 2, "mine": 0, "team": 0, "bot": 0, "all": 3}


def test_a_conversation_that_one_has_is_seen_whichever_team_it_is(engine, desk, sam):
    conversation = waiting(engine, team="billing")
    give(engine, conversation, sam)
    assert desk.inbox("mine") == [conversation]
    assert desk.look(conversation)["state"]["holder"] == "agent"


def test_a_list_comes_in_pages(engine, desk):
    conversations = [waiting(engine) for _ in range(51)]
    first = desk.get("/desk/api/inbox/waiting").json()
    second = desk.get("/desk/api/inbox/waiting?page=2").json()
    assert [item["conversation_id"] for item in first["items"] + second["items"]] == conversations
    assert (first["more"], second["more"]) == (True, False)


@pytest.mark.parametrize("number", ["0", "-1", "x", "1e3", "٣", "1000000"])
def test_a_page_is_a_number(desk, number):
    assert desk.get(f"/desk/api/inbox/waiting?page={number}").status_code == 400


@pytest.mark.parametrize("view", VIEWS)
def test_every_list_is_a_page(engine, desk, sam, view):
    waiting(engine), with_sam(engine, sam)
    response = desk.get(f"/desk/inbox/{view}")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/html")
    assert desk.get(f"/desk/fragments/inbox/{view}").status_code == 200


def test_there_is_no_other_list(desk):
    assert desk.get("/desk/inbox/secrets").status_code == 404


CLOSED = """
    insert into switchboard.conversations (conversation_id, channel, token_hash, holder, team, last_seq, updated_at)
    select gen_random_uuid(), 'web', md5(n::text), 'closed', (array['billing', 'billing', 'support', null])[1 + n % 4], 1,
           now() - n * interval '1 min' from generate_series(1, 400) n
"""

NEWEST_CLOSED = """
    select conversation_id::text from switchboard.conversations where holder = 'closed' and (team = 'support' or team is null)
     order by updated_at desc limit 50 offset :offset
"""


def test_what_has_ended_is_listed_newest_first_without_reading_other_teams(engine, desk, sam):
    rows(engine, CLOSED)
    for number in (1, 2):
        page = desk.get(f"/desk/api/inbox/resolved?page={number}").json()
        shown = [item["conversation_id"] for item in page["items"]]
        assert shown == [its for (its,) in rows(engine, NEWEST_CLOSED, offset=50 * (number - 1))]
    values = {"theirs": ["support"], "last": 51, "most": 51}
    asking = f"set local enable_seqscan = off; explain select * from ({inbox.VIEWS['resolved']}) held limit :most"
    plan = "\n".join(line for (line,) in rows(engine, asking, **values))
    assert "conversations_closed_idx" in plan
    assert "conversations_closed_by_bot_idx" in plan


def test_what_a_customer_wrote_is_unread_until_it_is_seen(engine, desk, sam):
    conversation = with_sam(engine, sam)

    def unread() -> bool:
        return desk.get("/desk/api/inbox/mine").json()["items"][0]["unread"]

    assert unread()
    desk.do(conversation, "read", seq=1)
    assert not unread()
    say(engine, conversation, "Hello?")
    assert unread()


def test_a_message_is_news_when_it_comes_and_not_again_when_it_is_passed_on(engine, desk, sam):
    conversation = with_sam(engine, sam)
    worker(engine, turn("unasked")).work_once()

    def at() -> str:
        return desk.get("/desk/api/inbox/mine").json()["items"][0]["at"]

    before = at()
    say(engine, conversation, "Hello?")
    came = at()
    assert worker(engine, turn("unasked")).work_once()

    assert before < came == at()


def test_nobody_has_read_what_is_not_written_yet(engine, desk, sam):
    conversation = with_sam(engine, sam)
    desk.do(conversation, "read", seq=2_000_000_000)
    assert rows(engine, "select read_seq from switchboard.handoffs") == [(1,)]

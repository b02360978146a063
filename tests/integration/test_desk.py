"""An open desk: whether its agent is there, and what a browser keeps of it."""

from tests.deskwork import Desk
from tests.talking import rows


def test_presence_is_one_of_three(engine, desk):
    assert desk.post("/desk/api/presence", json={"presence": "busy"}).status_code == 200
    assert desk.post("/desk/api/presence", json={"presence": "asleep"}).status_code == 400
    assert rows(engine, "select presence from switchboard.agents") == [("busy",)]


def test_an_open_desk_is_a_sign_of_life(engine, desk):
    rows(engine, "update switchboard.agents set seen_at = now() - interval '1 hour'")
    desk.post("/desk/api/alive", json={})
    assert rows(engine, "select seen_at > now() - interval '1 minute' from switchboard.agents") == [(True,)]


def test_a_desk_that_was_silent_hears_that_its_agent_is_away(engine, desk):
    rows(engine, "update switchboard.agents set presence = 'away'")
    assert desk.post("/desk/api/alive", json={}).json() == {"presence": "away"}


def test_scripts_are_kept_by_browsers_and_asked_for_again_pages_are_not_kept(desk):
    script = desk.get("/desk/static/desk.js")
    assert script.headers["Cache-Control"] == "no-cache"
    again = desk.get("/desk/static/desk.js", headers={"If-None-Match": script.headers["ETag"]})
    assert (again.status_code, again.headers["Cache-Control"]) == (304, "no-cache")
    assert desk.get("/desk/inbox/mine").headers["Cache-Control"] == "no-store"


def test_who_tried_to_sign_in_too_often_need_not_wait_an_hour(web, sam):
    tries = [Desk(web.url).sign_in(password="wrong") for _ in range(6)]
    assert tries[-1].status_code == 429
    assert "tried too often" in tries[-1].text
    assert "hour" not in tries[-1].text

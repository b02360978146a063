"""Who works in the desk: the page about them, the command for the first admin, and the demo's agents."""

import argparse
from dataclasses import replace

import pytest
from sqlalchemy.engine import Engine

from switchboard.desk.command import run
from switchboard.desk.demo import DEMO, hire
from switchboard.errors import BadAddress
from switchboard.settings import Settings
from tests.deskwork import Desk, hire_with_password, signed_in
from tests.servers import Web
from tests.talking import call, give, rows, say, start, state


@pytest.fixture
def dana_id(engine: Engine) -> int:
    return hire_with_password(engine, "Dana", role="admin")


@pytest.fixture
def dana(web: Web, dana_id: int) -> Desk:
    """An admin."""
    return signed_in(web.url, "Dana")


KIM = {"email": "kim@larkspur.example", "name": "Kim", "teams": ["billing"], "capacity": 3, "skills": ["german"]}


def change(desk: Desk, **person: object):
    return desk.post("/desk/api/people", json=person)


def test_an_admin_adds_somebody_who_can_sign_in_at_once(web, engine, dana):
    answer = change(dana, **KIM).json()
    assert Desk(web.url).sign_in("kim", answer["password"]).status_code == 303
    stored = rows(
        engine, "select role, capacity, skills from switchboard.agents where agent_id = :it", it=answer["agent_id"]
    )
    assert stored == [("agent", 3, ["german"])]
    assert rows(engine, "select team, agent_id from switchboard.team_members") == [("billing", answer["agent_id"])]


def test_who_leaves_is_signed_out_and_their_conversations_wait_again(web, engine, dana):
    sam, conversation = hire_with_password(engine, "Sam", "support"), start(engine)
    say(engine, conversation, "I want a person")
    call(engine, conversation)
    give(engine, conversation, sam)
    desk = signed_in(web.url)
    gone = {"agent_id": sam, "email": "sam@larkspur.example", "name": "Sam", "active": False}
    assert change(dana, **gone).status_code == 200
    assert state(engine, conversation).holder == "queue"
    assert desk.get("/desk/api/inbox/mine").status_code == 401


def test_a_new_password_is_told_once_and_ends_all_sessions(web, engine, dana):
    sam = hire_with_password(engine, "Sam", "support")
    desk, same = signed_in(web.url), {"agent_id": sam, "email": "sam@larkspur.example", "name": "Sam"}
    assert change(dana, **same).json() == {"agent_id": sam}
    assert desk.get("/desk/api/inbox/mine").status_code == 200
    password = change(dana, **same, new_password=True).json()["password"]
    assert desk.get("/desk/api/inbox/mine").status_code == 401
    assert Desk(web.url).sign_in("sam", password).status_code == 303


@pytest.mark.parametrize(
    "wrong",
    [
        {"email": "DANA@larkspur.example"},
        {"email": "no address"},
        {"teams": ["cooks"]},
        {"role": "owner"},
        {"capacity": -1},
        {"name": " "},
        {"name": "Kim\0"},
    ],
)
def test_what_can_not_be_is_refused(engine, dana, wrong):
    assert change(dana, **{**KIM, **wrong}).status_code == 400
    assert rows(engine, "select name from switchboard.agents") == [("Dana",)]


def test_nobody_changes_somebody_who_is_not_there(dana):
    assert change(dana, **KIM, agent_id=4711).status_code == 404


def test_admins_can_not_lock_themselves_out(dana, dana_id):
    me = {"agent_id": dana_id, "email": "dana@larkspur.example", "name": "Dana"}
    assert change(dana, **me, role="agent").status_code == 400
    assert change(dana, **me, role="admin", active=False).status_code == 400


@pytest.mark.parametrize(("role", "page", "call"), [("agent", 403, 403), ("supervisor", 200, 403), ("admin", 200, 200)])
def test_supervisors_see_people_and_admins_change_them(web, engine, role, page, call):
    hire_with_password(engine, "Sam", "support", role=role)
    desk = signed_in(web.url)
    assert desk.get("/desk/people").status_code == page
    assert change(desk, **KIM).status_code == call


def add_admin(settings: Settings, email: str, name: str | None = None) -> int:
    return run(settings, argparse.Namespace(email=email, name=name))


def test_the_first_admin_comes_from_the_command_line(web, settings, engine, capsys):
    assert add_admin(settings, "sam@larkspur.example", "Sam") == 0
    said = capsys.readouterr().out
    password = said.split("Password: ")[1].strip()
    assert Desk(web.url).sign_in("sam", password).status_code == 303
    assert rows(engine, "select count(*) from switchboard.team_members") == rows(
        engine, "select count(*) from switchboard.teams"
    )


def test_the_same_command_helps_who_has_lost_their_password(web, settings, engine, capsys):
    hire_with_password(engine, "Sam", "support", capacity=7)
    desk = signed_in(web.url)
    add_admin(settings, "SAM@larkspur.example")
    assert desk.get("/desk/api/inbox/mine").status_code == 401
    assert rows(engine, "select name, role, capacity from switchboard.agents") == [("Sam", "admin", 7)]
    assert rows(engine, "select team from switchboard.team_members") == [("support",)]


def test_an_admin_has_an_address(settings):
    with pytest.raises(BadAddress):
        add_admin(settings, "sam")


def hire_demo(engine: Engine, settings: Settings, **changes: str) -> list[tuple[object, ...]]:
    """Who is there after a start with these settings."""
    with engine.begin() as connection:
        hire(connection, replace(settings, **{"desk_demo_password": "a demo password", **changes}))
    return rows(engine, "select email, role, active from switchboard.agents order by agent_id")


THERE = [(email, role, True) for email, (_, role) in DEMO.items()]
GONE = [(email, role, False) for email, (_, role) in DEMO.items()]


def test_the_demos_agents_are_there_once_and_sign_in(web, settings, engine):
    assert hire_demo(engine, settings) == THERE
    assert hire_demo(engine, settings) == THERE
    assert Desk(web.url).sign_in("demo", "a demo password").status_code == 303


def test_a_new_demo_password_counts_at_once(web, settings, engine):
    hire_demo(engine, settings)
    hire_demo(engine, settings, desk_demo_password="another password")
    assert Desk(web.url).sign_in("sam", "a demo password").status_code == 401
    assert Desk(web.url).sign_in("sam", "another password").status_code == 303


@pytest.mark.parametrize("changes", [{"host": "0.0.0.0"}, {"host": "203.0.113.7"}, {"desk_demo_password": ""}])
def test_there_are_no_demo_agents_where_others_can_reach_the_desk(settings, engine, changes):
    assert hire_demo(engine, settings, **changes) == []
    hire_demo(engine, settings)
    assert hire_demo(engine, settings, **changes) == GONE


def test_a_demo_agent_takes_nobodys_place(settings, engine):
    hire_with_password(engine, "Sam", "support", role="supervisor")
    hire_demo(engine, settings)
    assert rows(engine, "select role, demo from switchboard.agents where name = 'Sam'") == [("supervisor", False)]

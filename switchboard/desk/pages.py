"""The desk's pages, and the parts of them that scripts read again."""

import msgspec
from sqlalchemy import text
from sqlalchemy.engine import Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from switchboard.conversations.contacts import valid_address
from switchboard.desk import guards
from switchboard.desk.conversation import read_conversation
from switchboard.desk.counts import read_tally
from switchboard.desk.entries import NEWEST, Lines
from switchboard.desk.inbox import item, read_page
from switchboard.desk.parts import desk
from switchboard.desk.render import render
from switchboard.desk.views import VIEWS, Agent, Colleague, Conversation, Page, Team, View
from switchboard.errors import BadRequest, NotFound
from switchboard.web.context import context
from switchboard.web.conversations import after, conversation
from switchboard.web.http import answer, read

COLLEAGUES = text("""
    select a.agent_id, a.name, a.presence, count(c.conversation_id) as load, a.capacity,
           array(select team from switchboard.team_members m where m.agent_id = a.agent_id order by team) as teams
      from switchboard.agents a
      left join switchboard.conversations c on c.agent_id = a.agent_id and c.holder = 'agent'
     where a.active group by a.agent_id order by a.name, a.agent_id
""")

MOST_PAGES = 99_999

PARTS = {
    "entries": "_entries.html",
    "head": "_head.html",
    "side": "_side.html",
    "foot": "_foot.html",
    "why": "_why.html",
}


class LookUp(msgspec.Struct):
    email: str


async def home(_: Request, agent: Agent) -> Response:
    """Where an agent's work is."""
    return RedirectResponse("/desk/inbox/mine" if agent.presence == "online" else "/desk/inbox/waiting", 303)


async def inbox(request: Request, agent: Agent) -> Response:
    """A list."""
    return render("desk.html", await run_in_threadpool(_page, request, agent, view_of(request)))


async def one(request: Request, agent: Agent) -> Response:
    """A conversation, the list beside it."""
    opened = await _open(request, agent)
    return render(
        "desk.html", await run_in_threadpool(_page, request, agent, _view_beside(request, agent, opened), opened)
    )


async def items(request: Request, agent: Agent) -> Response:
    """A list's rows alone."""
    return render("_items.html", await run_in_threadpool(_page, request, agent, view_of(request)))


async def part(request: Request, agent: Agent) -> Response:
    """A part of a conversation's page."""
    template = PARTS.get(request.path_params["part"])
    if template is None:
        raise NotFound
    opened = await _open(request, agent, with_card=template == PARTS["side"])
    return render(template, await run_in_threadpool(_around, request, agent, opened))


async def look_up(request: Request, agent: Agent) -> Response:
    """The card of whoever has an e-mail address; posted, since addresses of pages end up in logs."""
    asked = await read(request, LookUp)
    opened = await _open(request, agent, with_card=True, email=valid_address(asked.email))
    return render(PARTS["side"], await run_in_threadpool(_around, request, agent, opened))


async def inbox_data(request: Request, agent: Agent) -> Response:
    """A list as JSON."""
    page = await run_in_threadpool(_page, request, agent, view_of(request))
    return answer({"counts": page.counts, "items": page.items, "page": page.number, "more": page.more})


async def conversation_data(request: Request, agent: Agent) -> Response:
    """A conversation as JSON."""
    opened = await _open(request, agent)
    state = {"holder": opened.holder, "team": opened.team, "agent": opened.agent, "agent_id": opened.agent_id}
    return answer(
        {"entries": opened.entries, "state": {**state, "can": sorted(opened.can)}, "last_seq": opened.last_seq}
    )


def view_of(request: Request) -> View:
    """The view that the path names.

    Raises:
        NotFound: there is none of this name.
    """
    named = next((view for view in VIEWS if view == request.path_params["view"]), None)
    if named is None:
        raise NotFound("There is no such list.")
    return named


def _view_beside(request: Request, agent: Agent, opened: Conversation) -> View:
    """The list that the conversation was opened from, or else one that it is in."""
    named = next((view for view in VIEWS if view == request.query_params.get("view")), None)
    if opened.holder == "agent":
        return named or ("mine" if opened.agent_id == agent.agent_id else "all")
    return named or {"queue": "waiting", "bot": "bot", "closed": "resolved"}[opened.holder]  # type: ignore[return-value]


def _number(request: Request, name: str = "page", default: int = 1, most: int = MOST_PAGES) -> int:
    number = request.query_params.get(name, str(default))
    if not (number.isascii() and number.isdigit() and len(number) <= len(str(most)) and 0 < int(number) <= most):
        raise BadRequest(f"`{name}` must be a number from 1.")
    return int(number)


async def _open(request: Request, agent: Agent, with_card: bool = False, email: str | None = None) -> Conversation:
    engine, lines = context(request).engine, Lines(after(request), _number(request, "before", NEWEST, NEWEST))
    its = agent, conversation(request), lines, with_card, email
    return await run_in_threadpool(read_conversation, engine, desk(request), *its)


def _page(request: Request, agent: Agent, view: View, opened: Conversation | None = None) -> Page:
    """Everything a whole page shows."""
    parts, number = context(request), _number(request)
    with parts.engine.begin() as connection:
        rows, more = read_page(connection, agent, list(parts.teams), view, number)
        counts = read_tally(connection).of(agent)
        agents = colleagues(connection) if opened else []
    return Page(
        agent=agent,
        csrf=guards.csrf_of(request),
        counts=counts,
        view=view,
        items=[item(row, desk(request).names) for row in rows],
        conversation=opened,
        teams=teams_of(request),
        agents=agents,
        intents=desk(request).intents,
        number=number,
        more=more,
    )


def _around(request: Request, agent: Agent, opened: Conversation) -> Page:
    """A page of which only the conversation is shown."""
    csrf, view = guards.csrf_of(request), _view_beside(request, agent, opened)
    return Page(agent, csrf, {}, view, [], opened, teams_of(request), [], desk(request).intents)


def teams_of(request: Request) -> list[Team]:
    """Every team."""
    return [Team(name, team.title) for name, team in context(request).teams.items()]


def colleagues(connection: Connection) -> list[Colleague]:
    """Everybody who works here."""
    return [Colleague(**{**row._mapping, "teams": tuple(row.teams)}) for row in connection.execute(COLLEAGUES)]

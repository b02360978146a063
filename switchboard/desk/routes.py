"""The desk's addresses, and who may use them."""

from pathlib import Path

from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from switchboard.desk import api, events, pages, people_calls, signing_in
from switchboard.desk.guards import change, page, reading
from switchboard.desk.headers import SecureHeaders

STATIC = Path(__file__).parent / "static"

CONVERSATION = "/conversations/{conversation_id}"

SUPERVISORS = ("supervisor", "admin")
ADMINS = ("admin",)

PAGES: list[BaseRoute] = [
    Route("/sign-in", signing_in.form, methods=["GET"]),
    Route("/sign-in", signing_in.sign_in, methods=["POST"]),
    Route("/", page(pages.home), methods=["GET"]),
    Route("/inbox/{view}", page(pages.inbox), methods=["GET"]),
    Route(CONVERSATION, page(pages.one), methods=["GET"]),
    Route("/people", page(people_calls.people, SUPERVISORS), methods=["GET"]),
]

READING: list[BaseRoute] = [
    Route("/events", reading(events.events), methods=["GET"]),
    Route("/fragments/inbox/{view}", reading(pages.items), methods=["GET"]),
    Route(f"/fragments{CONVERSATION}/{{part}}", reading(pages.part), methods=["GET"]),
    Route(f"/fragments{CONVERSATION}/side", change(pages.look_up), methods=["POST"]),
    Route("/api/inbox/{view}", reading(pages.inbox_data), methods=["GET"]),
    Route(f"/api{CONVERSATION}", reading(pages.conversation_data), methods=["GET"]),
]

OF_CONVERSATION = {
    "take": api.take,
    "messages": api.send,
    "notes": api.note,
    "transfer": api.transfer,
    "resolve": api.resolve,
    "give-back": api.give_back,
    "read": api.has_read,
    "corrections": api.correction,
    "typing": api.typing,
}

CHANGES: list[BaseRoute] = [
    *(Route(f"/api{CONVERSATION}/{name}", change(call), methods=["POST"]) for name, call in OF_CONVERSATION.items()),
    Route("/api/presence", change(api.presence), methods=["POST"]),
    Route("/api/alive", change(api.alive), methods=["POST"]),
    Route("/api/sign-out", change(api.sign_out), methods=["POST"]),
    Route("/api/people", change(people_calls.change, ADMINS), methods=["POST"]),
]

routes: list[BaseRoute] = [
    Route("/desk", page(pages.home), methods=["GET"]),
    Mount(
        "/desk",
        routes=[*PAGES, *READING, *CHANGES, Mount("/static", StaticFiles(directory=STATIC))],
        middleware=[Middleware(SecureHeaders)],
    ),
]

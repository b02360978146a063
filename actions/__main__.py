"""The action server: rasa_sdk's, on loopback by default, with a token."""

import sys
from hmac import compare_digest

from rasa_sdk.endpoint import create_app
from sanic import response
from sanic.request import Request
from sanic.response import HTTPResponse

from switchboard.settings import Settings

OPEN = "/health"


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    settings = Settings.load()
    if not settings.actions_token:
        sys.exit("ACTIONS_TOKEN is not set: the action server would act for everybody. `make run` makes one.")
    app = create_app("actions", cors_origins="")

    @app.middleware("request")
    async def check_token(request: Request) -> HTTPResponse | None:
        given = request.headers.get("X-Switchboard-Token", "")
        if request.path == OPEN or compare_digest(given.encode(), settings.actions_token.encode()):
            return None
        return response.json({"error": "The token is missing or wrong."}, 401)

    @app.middleware("response")
    async def keep_customers_words(request: Request, answer: HTTPResponse) -> HTTPResponse | None:
        """rasa_sdk's answer to an exception repeats the whole conversation, and Rasa writes it into its log."""
        return (
            response.json({"error": "The action failed; the log of the action server says why."}, 500)
            if answer.status == 500
            else None
        )

    app.run(settings.internal_host, settings.actions_port, access_log=False)


if __name__ == "__main__":
    main()

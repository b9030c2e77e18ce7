"""The built site and the endpoint on one origin, as a web server in front of both would put them.

For the demonstration and the tests: it needs no root and no nginx.
"""

from pathlib import Path

from starlette.applications import Starlette
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from booking_endpoint.headers import headers_of_pages


class Site(StaticFiles):
    """Static pages with the headers they are served with; `/x/` is `/x/index.html`."""

    def __init__(self, folder: Path, endpoint: str = "") -> None:
        """`endpoint` is its origin, where pages of this site send to another."""
        super().__init__(directory=folder, html=True)
        self._headers = headers_of_pages(endpoint)

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers.update(self._headers)
        response.headers["Cache-Control"] = "no-cache"
        return response


def one_origin(endpoint: ASGIApp, prefix: str, site: Path) -> ASGIApp:
    """Everything under the prefix goes to the endpoint, all else to the files of the site."""
    pages = Site(site)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        mine = scope["type"] == "lifespan" or scope["path"].startswith(f"{prefix}/")
        await (endpoint if mine else static)(scope, receive, send)

    static = Starlette()
    static.mount("/", pages)
    return app

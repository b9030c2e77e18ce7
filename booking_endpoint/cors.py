"""The one other origin whose scripts may read the answers (CORS): the site's, where it is another.

Without credentials, since there are none; never for any other origin, never for other paths.
"""

from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

REMEMBERED = 7200
"""Seconds for which a browser need not ask again whether it may post; none keeps it longer."""


class FromSite:
    """Around the endpoint: says on the answers of its routes who may read them.

    The same words whoever asks, so that an answer that was kept is right for everybody.
    """

    def __init__(self, app: ASGIApp, site: str, reads: Collection[str], posts: Collection[str]):
        self._app, self._site = app, site
        self._posts, self._routes = frozenset(posts), frozenset([*reads, *posts])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] not in self._routes:
            await self._app(scope, receive, send)
        elif scope["method"] != "OPTIONS":
            await self._app(scope, receive, self._naming(send))
        elif self._may_post(scope):
            await self._leave()(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _naming(self, send: Send) -> Send:
        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                allowed = (b"access-control-allow-origin", self._site.encode())
                message = {**message, "headers": [*message["headers"], allowed]}
            await send(message)

        return named

    def _may_post(self, scope: Scope) -> bool:
        """Whether a browser asks beforehand (preflight), for the site, if it may post here."""
        headers = Headers(scope=scope)
        asked = headers.get("access-control-request-method")
        known = scope["path"] in self._posts and asked == "POST"
        return known and headers.get("origin") == self._site

    def _leave(self) -> Response:
        return Response(
            status_code=204,
            headers={
                "Access-Control-Allow-Origin": self._site,
                "Access-Control-Allow-Methods": "POST",
                "Access-Control-Allow-Headers": "Content-Type",
                "Access-Control-Max-Age": str(REMEMBERED),
                "Vary": "Origin",
            },
        )

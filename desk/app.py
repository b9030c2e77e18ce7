"""The doctor's local page: the agenda of a day and of a week. Identities live in memory alone."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from secrets import compare_digest
from typing import Any
from urllib.parse import parse_qsl

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Route

from booking_endpoint.envelope import BadKey, PrivateKey, fingerprint, public_text, unlock_key
from booking_endpoint.markup import FILTERS, say
from booking_endpoint.practice import Practice
from booking_endpoint.web import HEADERS
from booking_endpoint.words import read_language
from desk.agenda import day_of, next_day_with_entries, week_of
from desk.opening import Opened, open_line
from desk.server import Server, Unreachable

HERE = Path(__file__).parent
Clock = Callable[[], float]


class Desk:
    """One doctor at one desk: locked until the passphrase came, then holding what was opened."""

    def __init__(
        self, practice: Practice, server: Server, pem: bytes, token: str, clock: Clock
    ) -> None:
        self._practice, self._server, self._pem = practice, server, pem
        self._token, self._clock = token, clock
        self._key: PrivateKey | None = None
        self._bookings: list[Opened] = []
        self._language = read_language(practice.languages[0], HERE / "translations")
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters.update(FILTERS)

    # --- the routes --------------------------------------------------------------------------

    async def agenda(self, request: Request) -> Response:
        """The week or the day asked for; from the next day on which somebody comes."""
        if self._key is None:
            return self._page("locked.html", wrong=False)
        trouble = await self._collect()
        today = datetime.fromtimestamp(self._clock(), UTC).astimezone(self._practice.zone).date()
        day = read_day(request.query_params.get("day", ""))
        day = day or next_day_with_entries(today, self._bookings, self._practice)
        code = self._language.code
        one_day = request.query_params.get("view") == "day"
        days = (
            [day_of(day, self._bookings, self._practice, code, today)]
            if one_day
            else week_of(day, self._bookings, self._practice, code, today)
        )
        step = timedelta(days=1 if one_day else 7)
        return self._page(
            "agenda.html",
            503 if trouble else 200,
            days=days,
            day=day,
            view="day" if one_day else "week",
            today=today,
            before=day - step,
            after=day + step,
            trouble=trouble,
            fingerprint=fingerprint(public_text(self._key)),
        )

    async def unlock(self, request: Request) -> Response:
        fields = await read_form(request)
        try:
            self._key = unlock_key(self._pem, fields.get("passphrase", ""))
        except BadKey:
            return self._page("locked.html", 403, wrong=True)
        return self._back({})

    async def lock(self, request: Request) -> Response:
        """Forget the key and everything that was opened with it."""
        self._key, self._bookings = None, []
        return self._back({})

    async def change(self, request: Request) -> Response:
        """Cancel a booking, or accept one that was requested."""
        if self._key is None:
            return self._back({})
        fields = await read_form(request)
        act = self._server.accept if fields.get("act") == "accept" else self._server.cancel
        try:
            await asyncio.to_thread(act, fields.get("id", ""))
        except Unreachable:
            return self._page("trouble.html", 503)
        return self._back(fields)

    # --- what they share ---------------------------------------------------------------------

    async def _collect(self) -> bool:
        """Fetch and open what the server has; True when it could not be reached."""
        key = self._key
        try:
            lines = await asyncio.to_thread(self._server.export)
        except Unreachable:
            return True
        self._bookings = [open_line(line, [key] if key else []) for line in lines]
        return False

    def _page(self, template: str, status: int = 200, **told: Any) -> Response:
        text = self._templates.get_template(template).render(
            _=lambda message, **values: say(self._language, message, **values),
            language=self._language,
            practice=self._practice,
            base=f"/{self._token}",
            **told,
        )
        return Response(text, status, media_type="text/html")

    def _back(self, fields: dict[str, str]) -> Response:
        day, view = read_day(fields.get("day", "")), fields.get("view")
        question = f"?day={day}&view={'day' if view == 'day' else 'week'}" if day else ""
        return RedirectResponse(f"/{self._token}/{question}", 303)


def create_app(desk: Desk, token: str, port: int) -> Starlette:
    """The desk as an ASGI application that answers to its own token, host and pages alone."""

    def guarded(handler: Callable[[Request], Awaitable[Response]]) -> Any:
        async def endpoint(request: Request) -> Response:
            response = await handler(request) if mine(request) else Response(status_code=404)
            response.headers.update(HEADERS)
            response.headers["Cache-Control"] = "no-store"
            return response

        return endpoint

    def mine(request: Request) -> bool:
        """Not another web page (fetch metadata), not a rebound name (Host), not a guess (token)."""
        return (
            compare_digest(request.path_params["token"].encode(), token.encode())
            and request.headers.get("host") == f"127.0.0.1:{port}"
            and request.headers.get("sec-fetch-site", "none") in ("none", "same-origin")
        )

    async def style(request: Request) -> Response:
        return FileResponse(HERE / "static" / "desk.css")

    return Starlette(
        routes=[
            Route("/{token}/", guarded(desk.agenda)),
            Route("/{token}/desk.css", guarded(style)),
            Route("/{token}/unlock", guarded(desk.unlock), methods=["POST"]),
            Route("/{token}/lock", guarded(desk.lock), methods=["POST"]),
            Route("/{token}/change", guarded(desk.change), methods=["POST"]),
        ]
    )


def read_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


async def read_form(request: Request) -> dict[str, str]:
    return dict(parse_qsl((await request.body()).decode("utf-8", "replace")))

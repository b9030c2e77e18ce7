"""The doctor's local page: the agenda of a day and of a week. Identities live in memory alone."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from secrets import compare_digest
from typing import Any
from urllib.parse import parse_qsl

from babel import Locale
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Route

from booking_endpoint.envelope import BadKey, PrivateKey, fingerprint, public_text
from booking_endpoint.markup import say, templates
from booking_endpoint.practice import Practice
from booking_endpoint.web import HEADERS, log_failure
from booking_endpoint.words import read_language
from desk.agenda import (
    day_of,
    entry_of,
    next_day_with_entries,
    read_date,
    waiting_days,
    week_of,
)
from desk.keyring import unlock_all
from desk.opening import Opened, open_all, plain
from desk.server import Server, Unreachable

HERE = Path(__file__).parent
REFRESH = 120
"""Seconds after which an agenda that lies open is fetched anew."""

FORGET = '"cache"'
"""Chromium keeps a page that was left for its Back button, `no-store` or not; this empties that.

The page that is being left is kept only once the next has come, so the style of the
locked page must say it too: a locked desk says it in every answer.
"""

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True, repr=False)
class Known:
    """What the server said last, opened."""

    bookings: list[Opened]
    strange: int
    """Lines that no `export` of ours printed."""
    at: datetime | None


NOTHING = Known([], 0, None)


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Ring:
    """The keys that one passphrase opened, and how many files it did not."""

    keys: list[PrivateKey]
    closed: int

    @property
    def fingerprints(self) -> list[str]:
        return [fingerprint(public_text(key)) for key in self.keys]


class Desk:
    """One doctor at one desk: locked until the passphrase came, then holding what was opened."""

    def __init__(
        self, practice: Practice, server: Server, pems: list[bytes], token: str, clock: Clock
    ) -> None:
        self._practice, self._server, self._pems = practice, server, pems
        self._token, self._clock = token, clock
        self._ring: Ring | None = None
        self._known = NOTHING
        self._paused = False
        self._published = {fingerprint(one.key) for one in practice.recipients}
        self._language = read_language(practice.languages[0], HERE / "translations")
        self._templates = templates(HERE / "templates")

    # --- the routes --------------------------------------------------------------------------

    async def agenda(self, request: Request) -> Response:
        """The week or the day asked for; from the next day on which somebody comes."""
        ring = self._ring
        trouble = await self._collect(ring) if ring else ""
        if ring is None or self._ring is not ring:  # locked, perhaps while the server was asked
            return self._page("locked.html", wrong=False)
        view, today = read_view(request.query_params), self._now().date()
        known, practice = self._known, self._practice
        asked = read_day(request.query_params.get("day", ""))
        day = asked or next_day_with_entries(today, known.bookings, practice) or today
        step = timedelta(days=1 if view == "day" else 7)
        days = (
            [day_of(day, known.bookings, practice, self._language.code, today)]
            if view == "day"
            else week_of(day, known.bookings, practice, self._language.code, today)
        )
        next_one = days[-1].date + timedelta(days=1)
        response = self._page(
            "agenda.html",
            503 if trouble else 200,
            days=days,
            day=day,
            view=view,
            today=today,
            before=day - step,
            after=day + step,
            upcoming=next_day_with_entries(next_one, known.bookings, practice),
            waiting=waiting_days(known.bookings, practice, today),
            known=known,
            trouble=trouble,
            paused=self._paused,
            foreign=sum(booking.error == "foreign" for booking in known.bookings),
            ring=ring,
            named=[one for one in ring.fingerprints if one in self._published],
        )
        if not self._paused:
            response.headers["Refresh"] = str(REFRESH)
        return response

    async def unlock(self, request: Request) -> Response:
        fields = await read_form(request)
        try:
            self._ring = Ring(*unlock_all(self._pems, fields.get("passphrase", "")))
        except BadKey:
            return self._page("locked.html", 403, wrong=True)
        return self._back({})

    async def lock(self, request: Request) -> Response:
        """Forget the key and everything that was opened with it."""
        self._ring, self._known = None, NOTHING
        return self._back({})

    async def pause(self, request: Request) -> Response:
        """Stop fetching anew by itself, or begin again: who reads slowly decides (WCAG 2.2.2)."""
        fields = await read_form(request)
        self._paused = fields.get("act") == "pause"
        return self._back(fields)

    async def ask(self, request: Request) -> Response:
        """Before a booking is cancelled: who it is, and that nobody else will tell them."""
        asked = dict(request.query_params)
        booking = self._standing(asked)
        if booking is None:
            return self._back(asked)
        entry = entry_of(booking, self._practice, self._language.code)
        day = str(read_day(asked.get("day", "")) or entry.start.date())
        view = read_view(asked)
        back = read_place({"day": day, "view": view})
        return self._page("cancel.html", it=entry, day=day, view=view, back=back)

    async def change(self, request: Request) -> Response:
        """Cancel a booking, or accept one that was requested."""
        fields = await read_form(request)
        acts = {"cancel": self._server.cancel, "accept": self._server.accept}
        act, booking = acts.get(fields.get("act", "")), self._standing(fields)
        if act and booking:
            try:
                await asyncio.to_thread(act, booking.id)
            except Unreachable as error:
                return self._page(
                    "trouble.html", 503, said=plain(str(error)), back=read_place(fields)
                )
        return self._back(fields)

    @property
    def locked(self) -> bool:
        return self._ring is None

    # --- what they share ---------------------------------------------------------------------

    async def _collect(self, ring: Ring) -> str:
        """Fetch and open what the server has; its last words when it could not be reached."""
        try:
            lines = await asyncio.to_thread(self._server.export)
        except Unreachable as error:
            return plain(str(error)) or "?"
        bookings, strange = await asyncio.to_thread(open_all, lines, ring.keys)
        if self._ring is ring:  # else the desk was locked meanwhile, and must know nothing
            self._known = Known(bookings, strange, self._now())
        return ""

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC).astimezone(self._practice.zone)

    def _standing(self, fields: Mapping[str, str]) -> Opened | None:
        """The booking asked for, if it is known here and not cancelled."""
        return next(
            (
                booking
                for booking in self._known.bookings
                if booking.id == fields.get("id") and booking.state != "cancelled"
            ),
            None,
        )

    def _page(self, template: str, status: int = 200, **told: Any) -> Response:
        text = self._templates.get_template(template).render(
            _=lambda message, **values: say(self._language, message, **values),
            language=self._language,
            names=Locale(self._language.code).languages,
            practice=self._practice,
            base=f"/{self._token}",
            now=self._now(),
            **told,
        )
        return Response(text, status, media_type="text/html")

    def _back(self, fields: Mapping[str, str]) -> Response:
        return RedirectResponse(f"/{self._token}/{read_place(fields)}", 303)


def create_app(desk: Desk, token: str, port: int) -> Starlette:
    """The desk as an ASGI application that answers to its own token, host and pages alone."""

    def guarded(handler: Callable[[Request], Awaitable[Response]]) -> Any:
        async def endpoint(request: Request) -> Response:
            try:
                response = await handler(request) if mine(request) else Response(status_code=404)
            except Exception as error:
                log_failure(error)  # its class and place: its message may hold a name
                response = Response(status_code=500)
            response.headers.update(HEADERS)
            response.headers["Cache-Control"] = "no-store"
            if desk.locked:
                response.headers["Clear-Site-Data"] = FORGET
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

    app = Starlette(
        routes=[
            Route("/{token}/", guarded(desk.agenda)),
            Route("/{token}/desk.css", guarded(style)),
            Route("/{token}/unlock", guarded(desk.unlock), methods=["POST"]),
            Route("/{token}/lock", guarded(desk.lock), methods=["POST"]),
            Route("/{token}/pause", guarded(desk.pause), methods=["POST"]),
            Route("/{token}/cancel", guarded(desk.ask)),
            Route("/{token}/change", guarded(desk.change), methods=["POST"]),
        ]
    )
    app.router.redirect_slashes = False  # it would answer to any token and any host
    return app


def read_day(text: str) -> date | None:
    """A day with a week on either side of it; None for any other text."""
    day = read_date(text)
    return day if day and 2000 < day.year < 3000 else None


def read_view(fields: Mapping[str, str]) -> str:
    return "day" if fields.get("view") == "day" else "week"


def read_place(fields: Mapping[str, str]) -> str:
    """Where in the agenda a form was, as the query of an address: a day and a view, or nothing."""
    day = read_day(fields.get("day", ""))
    return f"?day={day}&view={read_view(fields)}" if day else ""


async def read_form(request: Request) -> dict[str, str]:
    return dict(parse_qsl((await request.body()).decode("utf-8", "replace")))

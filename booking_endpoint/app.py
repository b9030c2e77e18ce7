"""HTTP in, rooms called in order, HTTP out. Each route is a sentence; errors are one table."""

import asyncio
import hashlib
import logging
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from booking_endpoint import availability as calendar
from booking_endpoint.audit import CLOCK, append
from booking_endpoint.booking import mark as _
from booking_endpoint.config import Config
from booking_endpoint.cors import FromSite
from booking_endpoint.envelope import BadEnvelope
from booking_endpoint.headers import HEADERS
from booking_endpoint.instants import DAY, HOUR, rfc3339
from booking_endpoint.limits import TooMany
from booking_endpoint.pages import Pages
from booking_endpoint.plain import Plain
from booking_endpoint.rooms import Asked, Clock, Randomness, Rooms, Taken
from booking_endpoint.shelf import Kept, Shelf
from booking_endpoint.sqlite_file import Moved, Unsound
from booking_endpoint.store import Booking, Store
from booking_endpoint.tickets import BadProof, BadTicket, EarlyTicket, OldTicket, Tickets
from booking_endpoint.web import (
    Guard,
    Problem,
    check_origin,
    language_of,
    log_failure,
    read_fields,
    wants_page,
)

LISTED_SECONDS = 15
"""How long a list of free times may be kept: a booking always looks again."""

READS = {"/availability": "get_availability"}
POSTS = {
    "/tickets": "post_ticket",
    "/bookings": "post_booking",
    "/bookings/show": "show_booking",
    "/bookings/cancel": "cancel_booking",
    "/bookings/move": "move_booking",
}
"""Every address below the prefix, and what answers there."""

Answer = Callable[[Asked], Awaitable[Response]]

log = logging.getLogger("booking_endpoint")

PROBLEMS: list[tuple[type[Exception], Problem]] = [
    (OldTicket, Problem(410, "old", _("This page was open for too long. Please start again."))),
    (EarlyTicket, Problem(403, "early", _("That was very fast. Wait a moment, then try again."))),
    (BadProof, Problem(403, "proof", _("Please try again, or call {phone}."))),
    (BadTicket, Problem(422, "ticket", _("Please start again, or call {phone}."), "ticket")),
    (BadEnvelope, Problem(422, "envelope", _("Please start again, or call {phone}."), "envelope")),
]
"""What each exception is answered with; the first that fits."""

UNWELL = Problem(
    503, "unwell", _("Online booking does not work just now. Please call {phone}."), retry=60
)
ENOUGH = _("Too much was asked for from your connection. Please call {phone}, or try again later.")
FULL = _("No more visits can be booked online today. Please call {phone}, or try again tomorrow.")
FAULTS = (sqlite3.Error, OSError, Unsound, Moved)
"""What passes: the endpoint answers 503 meanwhile, and goes on when it can."""


class Api:
    """The endpoint's answers to a program: JSON in, JSON out."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    async def get_availability(self, asked: Asked) -> Response:
        """The free starts of each day asked for, and the next day after them that has any."""
        practice, visit = self._rooms.practice, self._rooms.visit(asked)
        days, busy = self._rooms.window(asked), await self._rooms.busy(asked.now)
        found = calendar.open_days(days, practice, visit, busy, asked.now)
        later = calendar.next_free_day(days[-1], practice, visit, busy, asked.now)
        return JSONResponse(
            {
                "visit": visit.id,
                "zone": practice.zone.key,
                "minutes": visit.minutes,
                "days": [
                    {"date": day.isoformat(), "starts": [rfc3339(slot.start) for slot in slots]}
                    for day, slots in found.items()
                ],
                "next": later.isoformat() if later else None,
            },
            headers={"Cache-Control": f"public, max-age={LISTED_SECONDS}"},
        )

    async def post_ticket(self, asked: Asked) -> Response:
        return private(self._rooms.script_ticket(asked))

    async def post_booking(self, asked: Asked) -> Response:
        booked = await self._rooms.book(asked, need_proof(asked))
        if isinstance(booked, Taken):
            raise taken(booked)
        more = {"manage": self._rooms.tickets.manage(booked.booking.id), "code": booked.code}
        return private({**facts(booked.booking), **more}, 201 if booked.new else 200)

    async def show_booking(self, asked: Asked) -> Response:
        return private(facts(await self._rooms.booking(asked)))

    async def cancel_booking(self, asked: Asked) -> Response:
        booking = await self._rooms.booking(asked)
        return private(facts(await self._rooms.cancel(booking, asked.now)))

    async def move_booking(self, asked: Asked) -> Response:
        booking = await self._rooms.booking(asked)
        self._rooms.check_change(booking, asked.now)
        moved = await self._rooms.move(asked, booking, need_proof(asked))
        if isinstance(moved, Taken):
            raise taken(moved)
        return private(facts(moved))


class Door:
    """Reads what is asked, chooses who answers, and turns every error into an answer."""

    def __init__(self, config: Config, rooms: Rooms, pages: Pages, clock: Clock) -> None:
        self._config, self._pages, self._clock = config, pages, clock
        self._limits = rooms.limits
        self._plain = Plain(rooms, pages, config.prefix)
        self._api = Api(rooms)
        self._shelf = Shelf(rooms.store.version, clock)

    def route(self, path: str, name: str) -> Route:
        """One address, answered by the method of this name: JSON, or a page where one is asked."""
        method = "GET" if name.startswith("get_") else "POST"

        async def endpoint(request: Request) -> Response:
            program, person = getattr(self._api, name), getattr(self._plain, name)
            return await self._answer(request, program, person)

        async def listed(request: Request) -> Response:
            scope = request.scope
            found = self._shelf.find(scope["query_string"], scope["headers"])
            return found or await self._shelve(request, endpoint)

        answer = listed if method == "GET" else endpoint
        return Route(path, answer, methods=[method])

    async def _shelve(
        self, request: Request, endpoint: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        """Work out a list of free times, and keep it while it is true."""
        state = self._shelf.state()
        response = await endpoint(request)
        if response.status_code == 200 and response.media_type == JSONResponse.media_type:
            tag = response.headers["ETag"].encode()
            kept = Kept(response, unchanged(response), tag)
            self._shelf.keep(request.scope["query_string"], kept, state)
        return response

    async def unknown(self, request: Request, error: Exception) -> Response:
        """404 and 405: everything that is not an address of ours."""
        status, headers = getattr(error, "status_code", 404), getattr(error, "headers", None)
        asked = Asked({}, self._language(request, {}), 0)
        problem = Problem(status, "unknown", _("There is nothing here."))
        response = self._refuse(asked, problem, page=False)
        response.headers.update(headers or {})
        return finished(request, response)

    async def _answer(self, request: Request, program: Answer, person: Answer) -> Response:
        page = wants_page(request)
        now = int(self._clock())
        network = self._limits.network(self._address(request), now)
        asked = Asked({}, self._language(request, {}), now, network)
        try:
            fields = dict(request.query_params)
            if request.method == "POST":
                check_origin(request, self._config.origin, self._config.site)
                fields = await read_fields(request)
            asked = Asked(fields, self._language(request, fields), now, network)
            response = await (person if page else program)(asked)
        except Problem as problem:
            response = self._refuse(asked, problem, page)
        except Exception as error:
            response = self._refuse(asked, problem_of(error), page)
        return finished(request, response)

    def last_resort(self) -> Response:
        """The answer where even the refusal failed; needs nothing that could fail, too."""
        message = UNWELL.message.format(phone=self._pages.practice.phone)
        response = private({"error": UNWELL.error, "message": message}, UNWELL.status)
        response.headers["Retry-After"] = str(UNWELL.retry)
        response.raw_headers += ALWAYS
        return response

    def _refuse(self, asked: Asked, problem: Problem, page: bool) -> Response:
        headers = {"Retry-After": str(problem.retry)} if problem.retry else {}
        if page:
            response = self._plain.refuse(asked, problem)
            response.headers.update(headers)
            return response
        phone = self._pages.practice.phone
        message = self._pages.say(asked.language, problem.message, phone=phone)
        body = {"error": problem.error, "message": message, **problem.more}
        if problem.field:
            body["field"] = problem.field
        return JSONResponse(body, problem.status, {**headers, "Cache-Control": "no-store"})

    def _address(self, request: Request) -> str:
        """Who calls, as our own proxy says, or as the connection does without one."""
        if self._config.client_header:
            return request.headers.get(self._config.client_header, "")
        return request.client.host if request.client else ""

    def _language(self, request: Request, fields: dict[str, str]) -> str:
        return language_of(request, fields, self._pages.practice.languages)


def create_app(config: Config, clock: Clock, randomness: Randomness) -> Starlette:
    """The endpoint as an ASGI application; `clock` gives UTC seconds, `randomness` n bytes."""
    pages = Pages(config.practice, config.prefix, config.shells)
    store = Store(config.database)
    rooms = Rooms(config.practice, Tickets(config.secrets), store, randomness)
    door = Door(config, rooms, pages, clock)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        try:
            await store.open()
        except FAULTS as error:  # it answers 503 until the database can be used
            log_failure(error)
        purging = asyncio.create_task(keep_hourly(rooms, clock, config.audit))
        try:
            yield
        finally:
            purging.cancel()
            with suppress(asyncio.CancelledError):
                await purging
            try:
                await store.rewrite()
            except FAULTS as error:  # the next start does it
                log_failure(error)
            await store.close()

    reads, posts = (
        {config.prefix + path: name for path, name in named.items()} for named in (READS, POSTS)
    )
    elsewhere = [Middleware(FromSite, config.site, reads, posts)] if config.site else []
    app = Starlette(
        routes=[door.route(path, name) for path, name in (reads | posts).items()],
        middleware=[*elsewhere, Middleware(Guard, door.last_resort)],
        exception_handlers={404: door.unknown, 405: door.unknown},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    return app


async def keep_hourly(rooms: Rooms, clock: Clock, audit: Path) -> None:
    """Look for damage, forget what is too old, and rewrite the file: now, and every hour."""
    while True:
        now = int(clock())
        rooms.limits.turn_day(now)
        try:
            await rooms.store.check()
            gone = await rooms.store.purge(now - rooms.practice.rules.retention_days * DAY)
            if gone:
                log.info("purged %d bookings", gone)
                await asyncio.to_thread(append, audit, CLOCK, "purge", now)
        except FAULTS as error:
            log_failure(error)
        await asyncio.sleep(HOUR)


def problem_of(error: Exception) -> Problem:
    """The table, and at its end what nobody foresaw: logged without its message."""
    if isinstance(error, TooMany):
        return Problem(429, "many", FULL if error.everybody else ENOUGH, retry=error.retry)
    for kind, problem in PROBLEMS:
        if isinstance(error, kind):
            return problem
    log_failure(error)
    return UNWELL


def need_proof(asked: Asked) -> str:
    """The proof of work: without one, a program's request would pass for a form's."""
    if not asked.get("proof"):
        raise BadProof
    return asked.get("proof")


def taken(gone: Taken) -> Problem:
    nearest = [rfc3339(slot.start) for slot in gone.nearest]
    message = _("This time has just been taken. Choose another, or call {phone}.")
    return Problem(409, "taken", message, nearest=nearest)


def facts(booking: Booking) -> dict[str, Any]:
    """All the server knows of a booking."""
    start, end = rfc3339(booking.slot.start), rfc3339(booking.slot.end)
    return {"start": start, "end": end, "state": booking.state.value}


def private(answer: dict[str, Any], status: int = 200) -> Response:
    return JSONResponse(answer, status, headers={"Cache-Control": "no-store"})


ALWAYS = [
    (name.lower().encode(), value.encode())
    for name, value in {**HEADERS, "Vary": "Accept, Accept-Language"}.items()
]


def finished(request: Request, response: Response) -> Response:
    """The headers of every answer; 304 when the asker has this list of times already."""
    response.raw_headers += ALWAYS
    if response.status_code in (408, 413):  # the rest of the body is not waited for
        response.headers["Connection"] = "close"
    if request.method != "POST" and response.status_code == 200:
        tag = f'"{hashlib.blake2b(bytes(response.body), digest_size=9).hexdigest()}"'
        response.headers["ETag"] = tag
        if tag in request.headers.get("if-none-match", ""):
            return unchanged(response)
    return response


def unchanged(response: Response) -> Response:
    """304 for whoever has this list already."""
    names = ("cache-control", "etag", "vary", *(name.lower() for name in HEADERS))
    return Response(status_code=304, headers={name: response.headers[name] for name in names})

"""The doctor's local page: who is let in, and which address leads to which room."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from secrets import compare_digest
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from booking_endpoint.booking import mark
from booking_endpoint.envelope import BadKey
from booking_endpoint.web import HEADERS, log_failure
from desk import (
    act_rooms,
    agenda_room,
    calendar_room,
    call_room,
    hour_rooms,
    paper_room,
    remind_room,
    time_rooms,
)
from desk.drawer import StaysClosed
from desk.pages import HERE, Desk, read_form
from desk.session import Session

_ = mark

FORGET = '"cache"'
"""Chromium keeps a page that was left for its Back button, `no-store` or not; this empties that.

The page that is being left is kept only once the next has come, so the style of the
locked page must say it too: a locked desk says it in every answer.
"""

LOOK = 5.0
"""Seconds between two looks at whether somebody is still there."""

Room = Callable[[Desk, Session, Request], Awaitable[Response]]

LOOKS: dict[str, Room] = {
    "": agenda_room.look,
    "changes": agenda_room.changes,
    "cancel": act_rooms.ask,
    "move": time_rooms.ask_move,
    "book": time_rooms.ask_book,
    "close": hour_rooms.ask_close,
    "offer": hour_rooms.ask_offer,
    "together": act_rooms.ask_together,
    "done": act_rooms.history,
    "calls": call_room.look,
    "sheet": paper_room.sheet,
    "numbers": paper_room.numbers,
    "reminders": remind_room.look,
    "account": remind_room.ask_account,
    "calendars": calendar_room.look,
    "progress": remind_room.progress,
}
"""What an unlocked desk shows, by address; none of these changes anything."""

DEEDS: dict[str, Room] = {
    "pause": agenda_room.pause,
    "letters": agenda_room.letters,
    "seen": agenda_room.seen,
    "change": act_rooms.change,
    "release": act_rooms.release,
    "undo": act_rooms.undo,
    "read": act_rooms.read,
    "reopen": act_rooms.reopen,
    "absent": act_rooms.absent,
    "put": time_rooms.move,
    "take": time_rooms.book,
    "shut": hour_rooms.close,
    "offered": hour_rooms.offer,
    "withdraw": hour_rooms.withdraw,
    "called": call_room.check,
    "remind": remind_room.send,
    "keep": remind_room.keep_account,
    "pull": calendar_room.pull,
    "add": calendar_room.add,
    "forget": calendar_room.forget,
    "export": calendar_room.export,
}
"""What is done at an unlocked desk, by POST alone."""

STATIC = ("desk.css", "desk.js", "sheet.css", "evening.js")


def create_app(desk: Desk, port: int) -> Starlette:
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
            if desk.session is None:
                response.headers["Clear-Site-Data"] = FORGET
            return response

        return endpoint

    def mine(request: Request) -> bool:
        """Not another web page (fetch metadata), not a rebound name (Host), not a guess (token)."""
        return (
            compare_digest(request.path_params["token"].encode(), desk.token.encode())
            and request.headers.get("host") == f"127.0.0.1:{port}"
            and request.headers.get("sec-fetch-site", "none") in ("none", "same-origin")
        )

    def unlocked(room: Room) -> Any:
        """A room that a locked desk does not enter, nor leave with anything."""

        async def handler(request: Request) -> Response:
            session = desk.sitting()
            if session is None:
                return desk.locked_page() if request.method == "GET" else desk.back({})
            if "by" not in request.query_params:
                desk.touch()
            try:
                response = await room(desk, session, request)
            except StaysClosed as drawer:
                response = desk.page("closed.html", 503, file=drawer)
            except TimeoutError:  # of `take_turn`
                response = desk.wait_page(_("Another program on this machine is at it. Try again."))
            return response if desk.session is session else desk.locked_page()

        return guarded(handler)

    async def unlock(request: Request) -> Response:
        try:
            desk.unlock((await read_form(request)).get("passphrase", ""))
        except BadKey:
            return desk.locked_page(403)
        if session := desk.session:
            session.rounds.look()
            await session.collect(0)
        return desk.back({})

    async def lock(_request: Request) -> Response:
        desk.lock()
        return desk.back({})

    def static(name: str) -> Any:
        async def handler(_request: Request) -> Response:
            return FileResponse(HERE / "static" / name)

        return guarded(handler)

    async def watch_for_nobody() -> None:
        """Lock in time also where no page asks any more; until then, read the calendars in time."""
        while True:
            await asyncio.sleep(LOOK)
            if session := desk.sitting():
                session.rounds.look()

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        watching = asyncio.create_task(watch_for_nobody())
        yield
        watching.cancel()
        desk.lock()
        desk.place.server.end()

    post = ["POST"]
    app = Starlette(
        routes=[
            Route("/{token}/unlock", guarded(unlock), methods=post),
            Route("/{token}/lock", guarded(lock), methods=post),
            *(Route(f"/{{token}}/{name}", static(name)) for name in STATIC),
            *(Route(f"/{{token}}/{name}", unlocked(room)) for name, room in LOOKS.items()),
            *(
                Route(f"/{{token}}/{name}", unlocked(room), methods=post)
                for name, room in DEEDS.items()
            ),
        ],
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False  # it would answer to any token and any host
    return app

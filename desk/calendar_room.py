"""The doctor's other calendars, and a calendar of the bookings to take away."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from booking_endpoint.booking import mark
from desk.agenda_room import PATIENCE
from desk.calendar_command import WARNING
from desk.calendar_in import Unreadable
from desk.calendar_web import Login, Unread
from desk.calendars import NameTaken, why
from desk.pages import Desk, read_form
from desk.session import Session

_ = mark

NAME = "agenda.ics"
"""Of the file that is taken away: it tells nothing."""


async def look(desk: Desk, session: Session, request: Request) -> Response:
    """Which calendars are read, how that went, and the forms to add, forget and take away."""
    return calendars_page(desk, session, dict(request.query_params))


def calendars_page(
    desk: Desk, session: Session, fields: Mapping[str, str], status: int = 200, **errors: Any
) -> Response:
    known = session.calendars().sources() or []
    chosen = fields.get("forget", "")
    asked = known[int(chosen)] if chosen in map(str, range(len(known))) else None
    return desk.page(
        "calendars.html",
        status,
        known=known,
        asked=asked,
        rounds=session.rounds,
        at=desk.clock_of(session.rounds.at),
        failed={
            label: why(error)
            for label, error in (session.rounds.last.failed if session.rounds.last else {}).items()
        },
        values=defaultdict(str, fields),
        errors=errors,
        warning=WARNING,
    )


async def add(desk: Desk, session: Session, request: Request) -> Response:
    """Read a calendar once; remember it where that went well, and close its busy times."""
    fields = {name: text.strip() for name, text in (await read_form(request)).items()}
    label, address, user = (fields.get(name, "") for name in ("label", "address", "user"))
    login = Login(user, fields.get("password", "")) if user and "://" in address else None
    try:
        await asyncio.to_thread(session.calendars().add, label, address, login)
    except NameTaken:
        told = (_("Give it a name that no other calendar here has."), dict[str, object]())
        return calendars_page(desk, session, fields, 422, label=told)
    except (Unread, Unreadable) as error:
        return calendars_page(desk, session, fields, 422, address=why(error))
    return read_anew(desk, session)


async def forget(desk: Desk, session: Session, request: Request) -> Response:
    """Read a calendar no more, and open what it closed."""
    label = (await read_form(request)).get("label", "")
    await asyncio.to_thread(session.calendars().remove, label)
    return read_anew(desk, session)


async def pull(desk: Desk, session: Session, _request: Request) -> Response:
    """Read all calendars now."""
    return read_anew(desk, session)


def read_anew(desk: Desk, session: Session) -> Response:
    session.rounds.look(at_once=True)
    return RedirectResponse(f"/{desk.token}/calendars", 303)


async def export(desk: Desk, session: Session, request: Request) -> Response:
    """The bookings as a calendar: busy; or with names, where the warning was ticked."""
    fields = await read_form(request)
    names = fields.get("what") == "names"
    if names and not fields.get("sure"):
        told = (_("Tick that you have read what such a file tells."), dict[str, object]())
        return calendars_page(desk, session, fields, 422, sure=told)
    await session.collect(PATIENCE)
    if not session.current:
        return desk.wait_page(session.why_not)
    bookings = session.listing.bookings
    content = session.calendars().export(bookings, desk.language, names=names)
    saved = {"Content-Disposition": f'attachment; filename="{NAME}"'}
    return Response(content, media_type="text/calendar; charset=utf-8", headers=saved)

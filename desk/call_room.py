"""Whom to call when the doctor is late, or sends today home: in order, ticked when told."""

from datetime import datetime, time, timedelta

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from desk.pages import Desk, read_form
from desk.people import to_call
from desk.session import Session

WHY = ("late", "home")


async def look(desk: Desk, session: Session, request: Request) -> Response:
    """Who is still expected today; ticks are this desk's own."""
    why = request.query_params.get("why", "")
    if why not in WHY:
        return desk.back({})
    now = desk.place.now()
    midnight = datetime.combine(now.date() + timedelta(days=1), time.min, desk.practice.zone)
    expected = to_call(session.listing.bookings, now, midnight)
    return desk.page(
        "calls.html",
        why=why,
        entries=[desk.entry(booking) for booking in expected],
        called={one.id for one in expected if f"{why}:{one.id}" in session.memory.called},
    )


async def check(desk: Desk, session: Session, request: Request) -> Response:
    """Told, or not told after all."""
    fields = await read_form(request)
    why, booking = fields.get("why", ""), desk.find(fields)
    if why not in WHY or booking is None:
        return desk.back({})
    session.memory.called ^= {f"{why}:{booking.id}"}
    await session.keep()
    return RedirectResponse(f"/{desk.token}/calls?why={why}#c{booking.id}", 303)

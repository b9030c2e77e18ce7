"""A day, a week, whom to call, the numbers: each as a sheet to print, kept by nobody."""

from datetime import date

from starlette.requests import Request
from starlette.responses import Response

from desk.agenda import day_of, week_of
from desk.agenda_room import PATIENCE
from desk.counts import charts_of
from desk.pages import Desk, read_day, read_place, read_view
from desk.remind_room import to_call
from desk.session import Session
from desk.sheets import Sheets


def sheets(desk: Desk, session: Session, back: str) -> Sheets:
    """Each sheet says when the server told what is on it."""
    base = f"/{desk.token}/{back}"
    return Sheets(desk.practice, desk.language, session.book.at or desk.place.now(), base)


def printed(page: str) -> Response:
    return Response(page, media_type="text/html")


async def sheet(desk: Desk, session: Session, request: Request) -> Response:
    """Who comes on a day or in a week; or whom to call before a day (`calls`).

    Without the server it says what was known: a line that is down is when paper is wanted. While
    a booking may be missing there is none.
    """
    asked = request.query_params
    day = read_day(asked.get("calls") or asked.get("day", "")) or desk.place.now().date()
    await session.collect(PATIENCE)
    if session.partial:
        return desk.wait_page(session.why_not)
    base = f"/{desk.token}"
    if "calls" in asked:
        calls = to_call(session, day)
        back = f"reminders?for={day}"
        return printed(sheets(desk, session, back).calls(calls, base)) if calls else desk.back({})
    paper = sheets(desk, session, read_place({**asked, "day": str(day)}))
    told = (day, session.listing.bookings, desk.practice, desk.language.code, today(desk))
    if read_view(asked) == "day":
        return printed(paper.day(day_of(*told), base))
    return printed(paper.week(week_of(*told), base))


async def numbers(desk: Desk, session: Session, request: Request) -> Response:
    """How many bookings of each kind; no person."""
    await session.collect(PATIENCE)
    if session.partial:
        return desk.wait_page(session.why_not)
    charts = charts_of(session.listing.bookings, desk.practice, desk.language)
    paper = sheets(desk, session, read_place(dict(request.query_params)))
    return printed(paper.numbers(charts, f"/{desk.token}"))


def today(desk: Desk) -> date:
    return desk.place.now().date()

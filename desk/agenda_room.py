"""The agenda of a day, a week or a month; what is new in it, and what changes meanwhile."""

from datetime import date, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from desk.acts import kind
from desk.agenda import (
    Day,
    date_of,
    day_of,
    extra_of,
    hours_on,
    month_of,
    next_day_with_entries,
    step,
    waiting_days,
    week_of,
)
from desk.opening import Listing
from desk.pages import Desk, read_day, read_form, read_view
from desk.people import together
from desk.server import refusal
from desk.session import Session

REFRESH = 120
"""Seconds after which an agenda that lies open is fetched anew, where no script does better."""

WHILE_OPENING = 1
"""The same while envelopes are still being opened."""

PATIENCE, AT_ONCE = 2.0, 0.2
"""Seconds that a page waits for the server: where nothing is known, and where something is."""


async def look(desk: Desk, session: Session, request: Request) -> Response:
    """The days asked for; from the next day on which somebody comes."""
    await session.collect(AT_ONCE if session.book.at else PATIENCE)
    listing, practice = session.listing, desk.practice
    view, today = read_view(request.query_params), desk.place.now().date()
    asked = read_day(request.query_params.get("day", ""))
    day = asked or next_day_with_entries(today, listing.bookings, practice) or today
    days = days_of(desk, listing, view, day, today)
    extra = extra_of(listing.offered)
    done, of = session.book.progress
    opening = session.book.opening and done < of
    asking = session.book.at is None and not session.trouble
    response = desk.page(
        "agenda.html",
        503 if session.trouble else 200,
        view=view,
        day=day,
        days=days,
        month=month_of(day, listing.bookings, practice, today, extra) if view == "month" else [],
        closed={one.date: hours_on(one.date, listing.closed, practice) for one in days},
        offered={one.date: hours_on(one.date, listing.offered, practice) for one in days},
        today=today,
        before=step(day, view, -1),
        after=step(day, view, 1),
        upcoming=next_day_with_entries(
            days[-1].date + timedelta(days=1), listing.bookings, practice
        ),
        waiting=waiting_days(listing.bookings, practice, today),
        together=together(listing.bookings, desk.place.now()),
        at=session.book.at,
        strange=listing.strange,
        opening=(done, of) if opening else None,
        asking=asking,
        paused=desk.paused,
        foreign=sum(booking.error == "foreign" for booking in listing.bookings),
        ring=session.ring,
        named=[one for one in session.ring.fingerprints if one in desk.published],
        did=session.memory.deed(request.query_params.get("did", "")),
        **marks(desk, session, listing),
    )
    if opening or asking:
        response.headers["Refresh"] = str(WHILE_OPENING)
    return response


def days_of(desk: Desk, listing: Listing, view: str, day: date, today: date) -> list[Day]:
    make = day_of if view == "day" else week_of
    extra = extra_of(listing.offered)
    made = make(day, listing.bookings, desk.practice, desk.language.code, today, extra)
    return [made] if isinstance(made, Day) else made


def marks(desk: Desk, session: Session, listing: Listing) -> dict[str, Any]:
    """What this desk alone knows, beside the bookings; and what it has to say of its deeds."""
    memory, fresh = session.memory, session.fresh
    new = (one for one in listing.bookings if one.id in fresh and one.state != "cancelled")
    return {
        "memory": memory,
        "fresh": fresh,
        "new_days": sorted({date_of(booking, desk.practice) for booking in new}),
        "pending": {act["id"] for act in memory.waiting if "id" in act},
        "unsent": [deed for deed in memory.deeds if deed.waiting],
        "refused": [deed for deed in memory.deeds if deed.failed and not deed.read],
        "trouble": session.trouble,
        "unkept": session.unkept,
        "outdated": session.outdated,
        "refusal": refusal(session.trouble),
        "version": session.version,
        "rounds": session.rounds,
        "read_at": desk.clock_of(session.rounds.at),
        "kind": kind,
        "who": lambda act: desk.who(session, act),
        "times": desk.times,
        "standing": lambda act: desk.standing(listing, act),
    }


async def changes(desk: Desk, session: Session, _request: Request) -> Response:
    """A text that is another one whenever the agenda would be."""
    await session.collect(0)
    return PlainTextResponse("" if desk.paused else session.version)


async def pause(desk: Desk, _session: Session, request: Request) -> Response:
    """Stop fetching anew by itself, or begin again: who reads slowly decides (WCAG 2.2.2)."""
    fields = await read_form(request)
    desk.paused = fields.get("act") == "pause"
    return desk.back(fields)


async def letters(desk: Desk, session: Session, request: Request) -> Response:
    """Take single letters as commands, or no longer (WCAG 2.1.4)."""
    fields = await read_form(request)
    session.memory.letters = fields.get("act") == "on"
    await session.keep()
    return desk.back(fields)


async def seen(desk: Desk, session: Session, request: Request) -> Response:
    """Nothing is new any more."""
    session.memory.seen = session.book.ids
    await session.keep()
    return desk.back(await read_form(request))
